"""Servers that hang, go away or answer nonsense, and what may have been done all the same."""

from __future__ import annotations

import asyncio
import socket
from itertools import count
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection, Issued, fixed
from mto.cluster.errors import (
    AlreadyExists,
    NotKubernetes,
    ServerBusy,
    Timeout,
    Unreachable,
)
from tests.support.apiserver import HANG, RESET, Reply, fail, refused, talk
from tests.support.calls import CONFIG, REF, SOON, append, apply, create, read


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
