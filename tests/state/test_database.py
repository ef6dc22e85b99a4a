"""What a postgres:// URL means, and what is said where it leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mto.errors import StateError
from mto.state.backend import open_backend
from mto.state.checkpoint import Checkpoint
from mto.state.database import address
from mto.state.errors import BackendMalformed, StateUnreachable
from tests.support.postgres import PASSWORD, Running, Server, running

BLUE = Checkpoint("dev.blue")


def test_a_url_s_parts_are_decoded_and_the_database_stands_before_every_key() -> None:
    found = address("postgres://anna:p%40ss%2Fw@db.local:6432/my%20state?table=Mine", {})

    assert found.parameters.items() >= {
        ("host", "db.local"),
        ("port", "6432"),
        ("user", "anna"),
        ("password", "p@ss/w"),
        ("dbname", "my state"),
    }
    assert (found.prefix, found.table) == ("my state/", "mine")
    assert found.place == "postgres://db.local:6432/my state"
    assert "p@ss" not in repr(found)


def test_without_a_database_in_the_path_nothing_stands_before_the_keys() -> None:
    found = address("postgres://", {"PGDATABASE": "state"})

    assert found.prefix == ""
    assert "dbname" not in found.parameters
    assert found.table == "pulumi_state"


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        pytest.param("postgres://db/s", {}, "require", id="required unless told otherwise"),
        pytest.param("postgres://db/s?sslmode=disable", {}, "disable", id="the URL"),
        pytest.param("postgres://db/s", {"PGSSLMODE": "prefer"}, None, id="left to libpq"),
    ],
)
def test_encryption_is_asked_for_as_the_cli_does(
    url: str, environ: dict[str, str], expected: str | None
) -> None:
    assert address(url, environ).parameters.get("sslmode") == expected


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        pytest.param("postgres:///s", {}, "localhost", id="never a socket unasked"),
        pytest.param("postgres:///s?host=/run/pg", {}, "/run/pg", id="a socket"),
        pytest.param("postgres:///s", {"PGHOST": "db"}, "db", id="the environment"),
        pytest.param("postgres://[::1]/s", {"PGHOST": "db"}, "::1", id="an address"),
    ],
)
def test_the_host_is_the_cli_s(url: str, environ: dict[str, str], expected: str) -> None:
    assert address(url, environ).parameters["host"] == expected


def test_settings_of_the_session_are_handed_to_the_server() -> None:
    url = (
        "postgres://db/s?search_path=a,b%20c&timezone=UTC&binary_parameters=yes&application_name=x"
    )
    found = address(url, {}).parameters

    assert found["options"] == "-c search_path=a,b\\ c -c timezone=UTC"
    assert found["application_name"] == "x"
    assert "binary_parameters" not in found


FORM = (
    "Its form is postgres://user@host:5432/database?sslmode=require&table=pulumi_state; a password "
    "with special characters is percent-encoded, or given in PGPASSWORD"
)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgres://u:hunter2@db:54x/s", "host, port or parameters can't be told apart"),
        ("postgres://u:hunter2@db:99999/s", "host, port or parameters can't be told apart"),
        ("postgres://u:hunter2@[::1/s", "host, port or parameters can't be told apart"),
        ("postgres://db/s?sslmode", "host, port or parameters can't be told apart"),
        ("postgres://u:hunter2@db/s#x", "it holds a character that must be percent-encoded"),
        ("postgres://u:1/hunter2@db/s", "it holds a character that must be percent-encoded"),
        ("postgres://db/s?table=a;b", "a table's name is letters, digits and '_', 63 at most"),
        ("postgres://db/s?table=other.t", "a table's name is letters, digits and '_', 63 at most"),
    ],
)
def test_a_url_that_says_something_impossible_is_refused_without_being_quoted(
    url: str, reason: str
) -> None:
    with pytest.raises(BackendMalformed) as caught:
        open_backend(url)
    assert str(caught.value) == (
        f"the postgres:// URL in PULUMI_BACKEND_URL can't be used: {reason}. {FORM}"
    )
    assert caught.value.exit_code == 2


def refused(url: str) -> str:
    """What is said, without the password."""
    backend = open_backend(url)
    with pytest.raises(StateError) as caught:
        backend.load("dev.blue")
    backend.close()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


ADVICE = (
    "Check PULUMI_BACKEND_URL, and that the server runs; what is there is whole, and the next run "
    "goes on from it"
)


def test_a_wrong_password_is_said_at_once(database: Server) -> None:
    url = database.url().replace(":hunter2", ":wrong")
    assert refused(url) == (
        f"the state at postgres://127.0.0.1:{database.port}/{database.database} can't be reached: "
        f'connection failed: connection to server at "127.0.0.1", port {database.port} failed: '
        f'FATAL: password authentication failed for user "postgres". {ADVICE}'
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(("/state_", "/none_"), 'FATAL: database "none_', id="no such database"),
        pytest.param(("sslmode=disable", ""), "server does not support SSL", id="no encryption"),
        pytest.param(("127.0.0.1", "nowhere.invalid"), "nowhere.invalid", id="no such host"),
        pytest.param(("disable", "no"), 'invalid sslmode value: "no"', id="no such mode"),
    ],
)
def test_whatever_keeps_us_out_is_said(
    database: Server, change: tuple[str, str], reason: str
) -> None:
    said = refused(database.url().replace(*change))
    assert "can't be reached: " in said
    assert reason in said


def test_a_server_that_does_not_run_is_said_at_once(database: Server) -> None:
    assert "Connection refused" in refused(database.url().replace(f":{database.port}/", ":9/"))


@pytest.fixture(scope="module")
def own() -> Iterator[Running]:
    with running() as one:
        yield one


def test_a_server_that_is_restarted_costs_nobody_anything(own: Running) -> None:
    backend = open_backend(own.server.url())
    backend.save(BLUE)
    own.stop()
    own.start()

    assert backend.stacks() == ["dev.blue"]
    own.stop()
    own.start()
    backend.save(BLUE)
    backend.close()


def test_a_server_that_stays_away_is_given_up(
    own: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mto.state.database.PAUSES", (0.01, 0.01))
    backend = open_backend(own.server.url())
    backend.save(BLUE)
    own.stop()
    try:
        with pytest.raises(StateUnreachable, match="Connection refused"):
            backend.save(BLUE)
    finally:
        own.start()
    backend.save(BLUE)
    backend.close()
