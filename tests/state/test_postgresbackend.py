"""State in a real PostgreSQL: the layout of Pulumi's CLI, and who may write when."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mto.state.checkpoint import Checkpoint, Manifest, parse
from mto.state.errors import StateLocked, StateUnreadable, StateUnsupported, StateUnwritable
from mto.state.postgresbackend import PostgresBackend
from tests.support.postgres import PASSWORD, Server

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIXTURE = Path(__file__).parents[1] / "fixtures" / "checkpoints" / "checkpoint-2-updated.json"
BLUE = parse(FIXTURE.read_bytes(), source="fixture")


@pytest.fixture
def backend(database: Server) -> Iterator[PostgresBackend]:
    one = PostgresBackend(database.url(), clock=lambda: NOON)
    yield one
    one.close()


def rows(database: Server) -> dict[str, bytes]:
    """What the table holds, by key without the database's name in front."""
    found = database.run("SELECT key, data FROM pulumi_state")
    prefix = f"{database.database}/"
    assert all(key.startswith(prefix) and [*data] == ["data"] for key, data in found)
    return {key.removeprefix(prefix): b64decode(data["data"]) for key, data in found}


def put(database: Server, key: str, content: bytes) -> None:
    """As the CLI writes."""
    value = json.dumps({"data": b64encode(content).decode()})
    database.run(
        "INSERT INTO pulumi_state (key, data) VALUES (%s, %s)", f"{database.database}/{key}", value
    )


def test_what_is_saved_is_loaded_with_our_stamp(backend: PostgresBackend) -> None:
    backend.save(BLUE)

    assert backend.load("dev.blue") == replace(
        BLUE, manifest=Manifest("2026-11-21T12:00:00.000000Z")
    )


def test_table_keys_and_values_are_pulumi_s(backend: PostgresBackend, database: Server) -> None:
    backend.save(BLUE)

    found = rows(database)
    assert set(found) == {".pulumi/meta.yaml", ".pulumi/stacks/mto/dev.blue.json"}
    assert found[".pulumi/meta.yaml"] == b"version: 1\n"
    assert json.loads(found[".pulumi/stacks/mto/dev.blue.json"])["version"] == 3
    assert database.run(
        "SELECT column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_name = 'pulumi_state' ORDER BY 1"
    ) == [
        ("data", "json", "NO", None),
        ("key", "text", "NO", None),
        ("updated_at", "timestamp with time zone", "NO", "now()"),
    ]
    assert database.run(
        "SELECT indexname FROM pg_indexes WHERE tablename = 'pulumi_state' ORDER BY 1"
    ) == [("pulumi_state_key_prefix_idx",), ("pulumi_state_pkey",)]


def test_a_table_of_another_name_is_made_as_an_unquoted_name_means(database: Server) -> None:
    backend = PostgresBackend(database.url("sslmode=disable&table=My_State"))
    backend.save(BLUE)
    backend.close()

    assert database.run("SELECT count(*) FROM my_state") == [(2,)]


def test_reading_makes_nothing(backend: PostgresBackend, database: Server) -> None:
    assert backend.load("dev.blue") is None
    assert backend.stacks() == []
    backend.remove("dev.blue")
    assert database.run("SELECT to_regclass('pulumi_state')") == [(None,)]


def test_what_another_wrote_in_between_is_seen(backend: PostgresBackend, database: Server) -> None:
    another = PostgresBackend(database.url())
    backend.save(Checkpoint("dev.blue"))
    assert backend.load("dev.blue") is backend.load("dev.blue")
    another.save(Checkpoint("dev.blue", metadata={"by": "another"}))
    another.close()

    found = backend.load("dev.blue")
    assert found is not None
    assert found.metadata == {"by": "another"}


def test_stacks_are_listed_and_a_removed_one_is_gone(
    backend: PostgresBackend, database: Server
) -> None:
    for stack in ("prod", "dev", "dev.blue"):
        backend.save(Checkpoint(stack))
    put(database, ".pulumi/stacks/mto/dev.blue.json.bak", b"")

    assert backend.stacks() == ["dev", "dev.blue", "prod"]
    backend.remove("dev.blue")
    assert backend.stacks() == ["dev", "prod"]


def test_a_newer_layout_is_refused(backend: PostgresBackend, database: Server) -> None:
    backend.save(BLUE)
    backend.close()
    value = json.dumps({"data": b64encode(b"version: 2\n").decode()})
    database.run("UPDATE pulumi_state SET data = %s WHERE key LIKE '%%meta.yaml'", value)

    another = PostgresBackend(database.url())
    with pytest.raises(StateUnsupported) as caught:
        another.load("dev.blue")
    another.close()
    assert str(caught.value).startswith(
        f"{database.database}/.pulumi/meta.yaml in table pulumi_state of "
        f"postgres://127.0.0.1:{database.port}/{database.database} names layout 2, "
    )


def test_a_value_that_is_no_base64_is_unreadable(
    backend: PostgresBackend, database: Server
) -> None:
    backend.save(BLUE)
    database.run("UPDATE pulumi_state SET data = '{\"data\": \"*\"}' WHERE key LIKE '%.json'")

    with pytest.raises(StateUnreadable, match=r"can't be read: it is no base64"):
        backend.load("dev.blue")


READER = "reader"


@pytest.fixture
def reader(database: Server) -> Iterator[PostgresBackend]:
    """Connects as somebody who may read the state and nothing else."""
    database.run(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
    one = PostgresBackend(replace(database, user=READER).url())
    yield one
    one.close()
    database.run(f"DROP OWNED BY {READER}; DROP ROLE {READER}")


def test_whoever_may_not_write_reads_and_is_told(
    backend: PostgresBackend, database: Server, reader: PostgresBackend
) -> None:
    backend.save(BLUE)
    with pytest.raises(StateUnreadable, match="permission denied for table pulumi_state"):
        reader.load("dev.blue")
    database.run(f"GRANT SELECT ON pulumi_state TO {READER}")

    assert reader.load("dev.blue") is not None
    with pytest.raises(StateUnwritable) as caught:
        reader.save(BLUE)
    assert str(caught.value) == (
        f"{database.database}/.pulumi/stacks/mto/dev.blue.json in table pulumi_state of "
        f"postgres://127.0.0.1:{database.port}/{database.database} can't be written: permission "
        "denied for table pulumi_state; what is there is whole, nothing is half written. Mend the "
        "cause and run again: the next run goes on from there"
    )


def test_whoever_may_not_make_a_table_is_told(reader: PostgresBackend) -> None:
    with pytest.raises(StateUnwritable, match="permission denied for schema public"):
        reader.save(BLUE)


def test_whoever_may_not_make_a_table_uses_one_that_is_there(
    backend: PostgresBackend, database: Server, reader: PostgresBackend
) -> None:
    backend.save(Checkpoint("dev"))
    database.run(f"GRANT ALL ON pulumi_state TO {READER}")

    with reader.lock("dev.blue"):
        reader.save(BLUE)
    assert reader.stacks() == ["dev", "dev.blue"]


def test_a_lock_of_the_cli_stops_us_and_ours_is_a_row_that_the_cli_understands(
    backend: PostgresBackend, database: Server
) -> None:
    with backend.lock("dev.blue"):
        (key,) = [key for key in rows(database) if "/locks/" in key]
        content = json.loads(rows(database)[key])
    assert key.startswith(".pulumi/locks/organization/mto/dev.blue/")
    assert {"pid", "username", "hostname", "timestamp"} < content.keys()
    assert [key for key in rows(database) if "/locks/" in key] == []

    put(
        database,
        ".pulumi/locks/organization/mto/dev.blue/0.json",
        b'{"pid":7,"username":"anna","hostname":"vm","timestamp":"2026-11-21T02:35:05Z"}',
    )
    with (
        pytest.raises(StateLocked, match=r"is locked by anna@vm \(pid 7\) since"),
        backend.lock("dev.blue"),
    ):
        pass


COMPETE = """
import sys
from datetime import UTC, datetime
from mto.state.lock import hold
from mto.state.database import reachable
from mto.state.shelf import Shelf
from mto.state.table import Table

table = Table(reachable(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    with hold(Shelf(table, stack="dev.blue", clock=lambda: datetime.now(UTC)), patience=60):
        assert table.read("inside") is None
        table.write("inside", b"")
        table.remove("inside")
table.close()
"""


def test_of_real_processes_one_holds_it_at_a_time_and_all_get_it(database: Server) -> None:
    command = [sys.executable, "-c", COMPETE, database.url()]
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()

    assert [child.returncode for child in children] == [0] * 4
    assert rows(database) == {}
