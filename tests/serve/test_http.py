from __future__ import annotations

import asyncio
import urllib.error
import urllib.request

import pytest

from mto.errors import UsageError
from mto.serve.http import serving
from mto.serve.metrics import Metrics


def asked(path: str, *, problem: str = "") -> tuple[int, str]:
    def get(address: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    async def main() -> tuple[int, str]:
        metrics = Metrics()
        metrics.turns.labels("changed").inc()
        async with serving(
            "127.0.0.1:0", healthy=lambda: "", ready=lambda: problem, metrics=metrics
        ) as address:
            return await asyncio.to_thread(get, address)

    return asyncio.run(main())


def test_a_living_service_is_healthy_and_ready() -> None:
    assert asked("/healthz") == (200, "ok")
    assert asked("/readyz") == (200, "ok")


def test_what_is_not_ready_says_why() -> None:
    assert asked("/readyz", problem="not everything has been seen yet") == (
        503,
        "not everything has been seen yet",
    )


def test_prometheus_can_read_the_metrics() -> None:
    code, text = asked("/metrics")
    assert code == 200
    assert 'mto_updates_total{result="changed"} 1.0' in text
    assert 'mto_build_info{version="' in text


def fail(address: str) -> str:
    async def main() -> None:
        async with serving(address, healthy=str, ready=str, metrics=Metrics()):
            raise AssertionError("it listens")

    with pytest.raises(UsageError) as error:
        asyncio.run(main())
    return str(error.value)


def test_an_address_without_a_port_is_an_error() -> None:
    assert fail("9464") == "--listen 9464: HOST:PORT is needed, for example 127.0.0.1:9464"


def test_an_address_that_can_t_be_had_is_an_error() -> None:
    assert fail("192.0.2.1:9464").startswith("--listen 192.0.2.1:9464: ")
