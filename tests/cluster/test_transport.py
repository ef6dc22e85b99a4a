"""Retries, deadlines and lost connections, against a scripted server."""

from __future__ import annotations

import asyncio
import socket
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection, Issued, fixed
from mto.cluster.errors import (
    AlreadyExists,
    Call,
    Conflict,
    Forbidden,
    Invalid,
    NotKubernetes,
    ServerBusy,
    ServerError,
    Timeout,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from mto.cluster.ref import Ref
from mto.cluster.transport import LONGEST_PAUSE, _Course, _pause_before_next
from tests.cluster.fake import HANG, RESET, Reply, fail, refused, talk

CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "blue-dev"},
    "data": {"colour": "blue"},
}
REF = Ref.of(CONFIG)
MADE = Reply(201, CONFIG)
SOON = 0.1


async def apply(cluster: Cluster) -> Any:
    return await cluster.apply(CONFIG)


async def create(cluster: Cluster) -> Any:
    return await cluster.apply(CONFIG, create_only=True)


async def read(cluster: Cluster) -> Any:
    return await cluster.get(REF)


async def append(cluster: Cluster) -> Any:
    return await cluster.patch(REF, [{"op": "add", "path": "/data/list/-", "value": "x"}])


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(refused(429, "TooManyRequests"), id="throttled"),
        pytest.param(refused(503, "ServiceUnavailable"), id="unavailable"),
        pytest.param(refused(504, "Timeout"), id="the server's own time-out"),
        pytest.param(refused(500, "ServerTimeout"), id="a time-out with code 500"),
        pytest.param(refused(500, "InternalError"), id="internal error"),
        pytest.param(Reply(502, b"<html>bad gateway</html>"), id="a proxy's bad gateway"),
        pytest.param(RESET, id="connection lost"),
    ],
)
def test_a_passing_trouble_is_repeated_until_it_passes(trouble: Reply) -> None:
    answer, server = talk([trouble, trouble, MADE], apply)

    assert answer == CONFIG
    assert len(server.seen) == 3
    assert len(server.pauses) == 2


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        pytest.param(refused(403, "Forbidden"), Forbidden, id="forbidden"),
        pytest.param(refused(422, "Invalid"), Invalid, id="invalid"),
        pytest.param(refused(401, "Unauthorized"), Unauthorized, id="a fixed token refused"),
        pytest.param(refused(409, "Conflict", name="settings"), Conflict, id="conflict"),
        pytest.param(Reply(307, b"", {"Location": "/elsewhere"}), NotKubernetes, id="redirect"),
    ],
)
def test_a_refusal_is_not_repeated(trouble: Reply, kind: type[Exception]) -> None:
    error, server = fail([trouble], apply)

    assert type(error) is kind
    assert len(server.seen) == 1


def test_a_pause_is_at_least_what_the_server_asks_for() -> None:
    busy = Reply(429, b"slow down", {"Retry-After": "3"})

    _, server = talk([busy, MADE], apply)

    assert server.pauses == [3.0]


def test_a_throttled_request_ends_with_its_deadline() -> None:
    busy = refused(429, "TooManyRequests", "too many requests, please try again later.")
    busy.headers = {"Retry-After": "60"}

    error, server = fail([busy], apply, deadline=30.0)

    assert isinstance(error, TooManyRequests)
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: too many requests, please try again later; "
        "try again later, or with fewer requests at once"
    )
    assert not error.maybe_done
    assert len(server.seen) == 1


def test_a_lasting_internal_error_is_repeated_three_times_only() -> None:
    error, server = fail([refused(500, "InternalError", "failed calling webhook")], apply)

    assert type(error) is ServerError
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: failed calling webhook; "
        "look into the server's log"
    )
    assert len(server.seen) == 4


def test_a_value_of_the_wrong_type_is_the_authors_error_although_the_server_says_500() -> None:
    said = (
        "failed to create typed patch object (blue-dev/settings; /v1, Kind=ConfigMap): "
        ".data.colour: expected string, got &value.valueUnstructured{Value:1}"
    )

    error, server = fail([refused(500, "", said)], apply)

    assert type(error) is Invalid
    assert str(error) == f"can't apply ConfigMap blue-dev/settings: {said}; correct the manifest"
    assert len(server.seen) == 1


def test_contention_for_a_quota_is_no_conflict_of_ours() -> None:
    said = 'Operation cannot be fulfilled on resourcequotas "mto": the object has been modified'
    contended = refused(409, "Conflict", said, name="mto", kind="resourcequotas")

    answer, server = talk([contended, MADE], create)

    assert answer == CONFIG
    assert len(server.seen) == 2


def test_a_server_that_hangs_is_a_time_out_that_may_have_done_the_work() -> None:
    error, server = fail([HANG], apply, deadline=SOON)

    assert type(error) is Timeout
    assert str(error) == (
        f"can't apply ConfigMap blue-dev/settings: {server.url} did not answer within 0.1 s; "
        "look at the server's health, or allow more time"
    )
    assert error.maybe_done


def test_a_read_is_never_maybe_done() -> None:
    error, _ = fail([HANG], read, deadline=SOON)

    assert type(error) is Timeout
    assert not error.maybe_done


def test_a_queue_before_a_silent_server_expires_together() -> None:
    async def many(cluster: Cluster) -> list[BaseException | Any]:
        calls = (cluster.get(REF) for _ in range(20))
        return await asyncio.gather(*calls, return_exceptions=True)

    answers, server = talk([HANG], many, limit=2, deadline=SOON)

    assert [type(one) for one in answers] == [Timeout] * 20
    assert len(server.seen) <= 4


def test_a_queue_before_a_healthy_server_is_no_time_out() -> None:
    async def many(cluster: Cluster) -> int:
        return len(await asyncio.gather(*(cluster.get(REF) for _ in range(400))))

    answered, _ = talk([Reply(200, CONFIG)], many, limit=1, deadline=SOON)

    assert answered == 400


def test_a_create_whose_first_attempt_was_lost_says_that_it_may_be_ours() -> None:
    exists = refused(409, "Conflict", "the object has been modified", name="settings")

    error, server = fail([RESET, exists], create)

    assert type(error) is AlreadyExists
    assert str(error) == (
        "can't create ConfigMap blue-dev/settings: it exists already; "
        "read it to see whose it is, then adopt it, or use another name"
    )
    assert error.maybe_done
    assert len(server.seen) == 2


def test_a_create_that_meets_an_object_at_once_is_not_ours() -> None:
    error, _ = fail([refused(409, "Conflict", name="settings")], create)

    assert type(error) is AlreadyExists
    assert not error.maybe_done


def test_a_json_patch_whose_connection_is_lost_is_not_sent_again() -> None:
    error, server = fail([RESET], append)

    assert type(error) is Unreachable
    assert str(error) == (
        f"can't patch ConfigMap blue-dev/settings: {server.url} broke off the connection before "
        "it answered: Server disconnected; check that the server runs, and that kubeconfig and "
        "context are the right ones"
    )
    assert error.maybe_done
    assert len(server.seen) == 1


def test_a_deletion_found_done_after_a_lost_attempt_is_a_success() -> None:
    async def delete(cluster: Cluster) -> bool:
        return await cluster.delete(REF)

    gone = refused(404, "NotFound", 'configmaps "settings" not found', name="settings")

    assert talk([RESET, gone], delete)[0] is True
    assert talk([gone], delete)[0] is False


def test_a_server_that_goes_away_is_unreachable_after_the_deadline() -> None:
    error, server = fail([RESET], apply, deadline=SOON)

    assert type(error) is Unreachable
    assert "broke off the connection" in str(error)
    assert len(server.seen) > 1


def test_a_server_that_never_answered_is_given_up_sooner() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        clock = count(step=1.0)

        async def main() -> str:
            loop = asyncio.get_running_loop()
            loop.time = lambda: next(clock)  # type: ignore[method-assign]
            connection = Connection(url, fixed(Issued()))
            async with Cluster(connection, pause=lambda _: asyncio.sleep(0)) as cluster:
                with pytest.raises(Unreachable) as caught:
                    await apply(cluster)
            return str(caught.value)

        assert asyncio.run(main()) == (
            f"can't apply ConfigMap blue-dev/settings: no connection to {url} within 5 s: "
            "Connection refused; check that the server runs, and that kubeconfig and context are "
            "the right ones"
        )


def test_an_answer_that_is_not_json_is_no_kubernetes() -> None:
    error, server = fail([Reply(200, b"<html>log in</html>")], read)

    assert type(error) is NotKubernetes
    assert str(error) == (
        f"can't get ConfigMap blue-dev/settings: {server.url} answered with something that is not "
        "JSON; check the server's address, and any proxy before it"
    )


def test_an_error_page_is_not_shown() -> None:
    error, _ = fail([Reply(503, b"<html>password=hunter2</html>")], read, deadline=SOON)

    assert type(error) is ServerBusy
    assert str(error) == (
        "can't get ConfigMap blue-dev/settings: status 503 without an explanation; "
        "try again when the server is healthy"
    )


def test_a_refused_token_is_renewed_once() -> None:
    tokens = count(1)

    async def issue() -> Issued:
        return Issued(f"Bearer {next(tokens)}", seconds=1000)

    answer, server = talk([refused(401, "Unauthorized"), MADE], apply, issue=issue)

    assert answer == CONFIG
    assert [one.headers["Authorization"] for one in server.seen] == ["Bearer 1", "Bearer 2"]


def test_credentials_that_are_refused_twice_are_an_error() -> None:
    async def issue() -> Issued:
        return Issued("Bearer old", seconds=1000)

    error, server = fail([refused(401, "Unauthorized", "Unauthorized")], apply, issue=issue)

    assert type(error) is Unauthorized
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: Unauthorized; "
        "log in again, or renew the credentials of this context"
    )
    assert len(server.seen) == 2


def test_credentials_are_asked_for_once_by_many_requests() -> None:
    asked = count()

    async def issue() -> Issued:
        await asyncio.sleep(0)
        return Issued(f"Bearer {next(asked)}", seconds=1000)

    async def many(cluster: Cluster) -> None:
        await asyncio.gather(*(cluster.get(REF) for _ in range(20)))

    talk([Reply(200, CONFIG)], many, issue=issue)

    assert next(asked) == 1


@given(attempts=st.integers(0, 10_000), asked=st.none() | st.floats(0, 100))
def test_a_pause_is_bounded_and_never_shorter_than_asked(
    attempts: int, asked: float | None
) -> None:
    error = ServerBusy(Call("get", REF), "busy")
    error.retry_after = asked

    pause = _pause_before_next(error, _Course(ends=0, seconds=0, attempts=attempts))

    assert pause >= (asked or 0)
    assert 0 < pause <= max(LONGEST_PAUSE, asked or 0)
