from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.pulumi import StandIn


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with closing(StandIn(tmp_path)) as one:
        yield one
