from __future__ import annotations

import io

import pytest
from typing_extensions import override

from mto.local.progress import Progress, clock


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_tick_is_replaced_by_what_follows() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress.tick("building etcd (1 of 7, 0:01)", elapsed=1)
    progress.tick("building etcd (1 of 7, 0:02)", elapsed=2)
    progress.say("built etcd in 0:02")
    progress.say("next")
    assert stream.getvalue() == (
        "\r\x1b[Kbuilding etcd (1 of 7, 0:01)\r\x1b[Kbuilding etcd (1 of 7, 0:02)"
        "\r\x1b[Kbuilt etcd in 0:02\nnext\n"
    )


def test_elsewhere_a_tick_is_a_plain_line_now_and_then() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for second in (1, 29, 30, 31, 59, 60):
        progress.tick(f"{second}", elapsed=second)
    progress.say("done")
    assert stream.getvalue() == "30\n60\ndone\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.9, "0:59"), (247, "4:07"), (3600, "60:00")]
)
def test_elapsed_time_is_minutes_and_seconds(seconds: float, text: str) -> None:
    assert clock(seconds) == text
