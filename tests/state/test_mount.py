"""Which file systems may show another machine's lock too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from mto.state import mount
from mto.state.filebackend import FileBackend

TABLE = r"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv/nfs rw,relatime shared:1 master:2 - nfs4 box:/a rw,vers=4.2,local_lock=none
31 22 0:41 / /srv/loose rw,relatime - nfs box:/b rw,vers=3,nocto,nolock
32 22 0:42 / /srv/with\040space rw,relatime - cifs //box/c rw,actimeo=1
33 22 0:43 / /srv/ssh rw,relatime - fuse.sshfs anna@box: rw
34 30 0:44 / /srv/nfs/inner rw,relatime - ext4 /dev/vdb rw
35 22 0:45 / /srv/twice rw - ext4 /dev/vdc rw
36 35 0:46 / /srv/twice rw - 9p share rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/srv/nfsx", "ext4"),
        ("/srv/nfs/deep/state", "nfs4"),
        ("/srv/nfs/inner", "ext4"),
        ("/srv/with space/x", "cifs"),
        ("/srv/twice", "9p"),
    ],
)
def test_the_innermost_mount_counts_and_of_two_the_later(folder: str, kind: str) -> None:
    found = mount.mount_of(Path(folder), TABLE)
    assert found is not None
    assert found.kind == kind


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE)
    monkeypatch.setattr(mount, "_MOUNTS", path)
    return path


ADVICE = (
    "where one machine may see another's lock too late: let one machine at a time work with it, or "
    "keep the state in PostgreSQL"
)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("folder", "where"),
    [
        ("/srv/loose/state", "nfs, mounted at /srv/loose with nocto"),
        ("/srv/with space", "cifs, mounted at /srv/with space"),
        ("/srv/ssh", "fuse.sshfs, mounted at /srv/ssh"),
    ],
)
def test_a_file_system_that_shows_things_late_is_remarked_on(folder: str, where: str) -> None:
    said = f"the state lies on {where}, {ADVICE}"
    assert FileBackend(f"file://{folder}").remarks() == (said,)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("folder", ["/srv", "/srv/nfs/state"])
def test_others_are_not(folder: str) -> None:
    assert FileBackend(f"file://{folder}").remarks() == ()


def test_where_there_is_no_such_table_nothing_is_said(table: Path) -> None:
    table.unlink()
    assert mount.remark(Path("/srv/ssh")) is None
