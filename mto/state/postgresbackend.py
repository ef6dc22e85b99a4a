"""State in PostgreSQL: ``postgres://user@host:5432/database?sslmode=…&table=…``."""

from __future__ import annotations

from typing_extensions import override

from mto.state.database import reachable
from mto.state.keeper import Clock, Keeper, utc_now
from mto.state.table import Table


class PostgresBackend(Keeper):
    """Connects when it is first used."""

    def __init__(self, url: str, *, clock: Clock = utc_now) -> None:
        database = reachable(url)
        self._place = database.address.place
        super().__init__(Table(database), clock=clock)

    @override
    def __repr__(self) -> str:
        return f"PostgresBackend({self._place!r})"
