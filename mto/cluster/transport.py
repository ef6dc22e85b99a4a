"""Requests to one API server, with a deadline and with retries.

What is repeated: everything after 429 and after a connection that could not be made; after 5xx
and after a connection lost underway only what may be done twice. An error after an attempt that
may have been carried out says so (``maybe_done``).

The deadline of a request begins when a connection is free for it, so that a long queue before a
healthy server is no error; before a silent server the queue expires together.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import aiohttp
import orjson
from multidict import CIMultiDict

from mto.cluster.connection import Connection
from mto.cluster.errors import (
    Call,
    Conflict,
    NotKubernetes,
    RequestFailed,
    ServerBusy,
    ServerError,
    Timeout,
    TooManyRequests,
    Unauthorized,
)
from mto.cluster.session import Session
from mto.cluster.silence import silence
from mto.cluster.status import refusal, warning

JSON: Final = CIMultiDict({"Content-Type": "application/json"})
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0
# A server that never answered yet is more likely misspelt than restarting.
FIRST_CONTACT = 5.0
ERRORS_REPEATED = 3
# A handshake costs as much as two requests: 48 objects take 62 ms over 8 fresh connections, 90 ms
# over 32, while thousands go best over 16 to 32. So another is opened after each few answers.
FIRST_CONNECTIONS = 8
ANSWERS_A_CONNECTION = 16

NO_ANSWER: Final = "none"
"""Instead of a status, in ``Transport.answers``."""
READS: Final = frozenset({"get", "list", "watch"})
VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

Pause = Callable[[float], Awaitable[None]]


class Request(NamedTuple):
    """One request. ``repeatable``: doing it twice comes to the same as doing it once."""

    call: Call
    method: str
    path: str
    body: bytes | None = None
    headers: CIMultiDict[str] = JSON
    repeatable: bool = True


@dataclass(slots=True)
class _Course:
    """How one request fares; times are the event loop's."""

    ends: float
    seconds: float
    attempts: int = 0
    maybe_done: bool = False
    repeat: bool = False
    warnings: tuple[str, ...] = ()


class Transport:
    """At most ``limit`` connections; ``deadline`` in seconds for each request.

    ``answers`` counts by verb and status, each attempt for itself.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        limit: int = 32,
        deadline: float = 30.0,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.connection = connection
        self.deadline = deadline
        self._pause = pause
        self._slots = asyncio.Semaphore(min(limit, FIRST_CONNECTIONS))
        self._answers_to_widen = max(0, limit - FIRST_CONNECTIONS) * ANSWERS_A_CONNECTION
        self._session = Session(connection, limit)
        self._heard = 0.0
        self.answers: Counter[tuple[str, str]] = Counter()

    async def close(self) -> None:
        await self._session.close()

    async def send(self, request: Request) -> Any:
        """The answer as JSON.

        Raises:
            RequestFailed: the server said no, or nothing, for as long as the deadline allows.
        """
        outcome, _ = await self.ask(request)
        if isinstance(outcome, RequestFailed):
            raise outcome
        return outcome

    async def ask(self, request: Request) -> tuple[Any, tuple[str, ...]]:
        """The answer as JSON or the error, and the warnings that came with it."""
        clock = asyncio.get_running_loop().time
        await self._session.ready()
        queued = clock()
        async with self._slots:
            # Waiting counts only while the server was silent.
            started = clock() if self._heard >= queued else queued
            course = _Course(started + self.deadline, self.deadline)
            while True:
                outcome = await self._attempt(request, course)
                if not isinstance(outcome, RequestFailed):
                    return outcome, course.warnings
                wait = _pause_before_next(outcome, course)
                if not course.repeat or clock() + wait >= course.ends:
                    outcome.maybe_done = course.maybe_done and request.method != "GET"
                    return outcome, course.warnings
                await self._pause(wait)
                await self._session.ready()

    @asynccontextmanager
    async def lines(
        self, request: Request, *, silent: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of an answer that does not end, one attempt only.

        Raises:
            RequestFailed: the server refused, or the connection broke (also while reading).
        """
        try:
            async with self._session.stream(
                request.path, headers=request.headers, silent=silent
            ) as response:
                self._heard = asyncio.get_running_loop().time()
                self.answers[_verb(request), str(response.status)] += 1
                if response.status >= 300:  # noqa: PLR2004
                    raise await self._refused(request.call, response)
                yield _split(response.content.iter_any())
        except (aiohttp.ClientError, OSError) as error:
            server = self.connection.server
            raise silence(error, call=request.call, server=server, seconds=silent).error from error

    async def _refused(self, call: Call, response: aiohttp.ClientResponse) -> RequestFailed:
        error = refusal(
            call,
            response.status,
            await response.read(),
            retry_after=response.headers.get("Retry-After"),
        )
        if isinstance(error, Unauthorized):
            self._session.expire()
        return error

    async def _attempt(self, request: Request, course: _Course) -> Any:
        """The answer, or what went wrong this time; says in ``course`` whether to repeat it."""
        clock = asyncio.get_running_loop().time
        course.attempts += 1
        left = course.ends - clock()
        if left <= 0:  # in the queue, while the server was silent
            return silence(
                TimeoutError(),
                call=request.call,
                server=self.connection.server,
                seconds=course.seconds,
            ).error
        try:
            answer = await self._session.exchange(
                request.method,
                request.path,
                headers=request.headers,
                body=request.body,
                seconds=left,
            )
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            return self._unanswered(error, request, course)
        self._heard = clock()
        self.answers[_verb(request), str(answer.status)] += 1
        course.warnings = tuple(map(warning, answer.warnings))
        if self._answers_to_widen:
            self._widen()
        if answer.status >= 300:  # noqa: PLR2004
            refused = refusal(
                request.call, answer.status, answer.body, retry_after=answer.retry_after
            )
            self._judge(refused, request, course)
            return refused
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            course.repeat = False
            server = self.connection.server
            return NotKubernetes(request.call, f"{server} answered with something that is not JSON")

    def _widen(self) -> None:
        self._answers_to_widen -= 1
        if self._answers_to_widen % ANSWERS_A_CONNECTION == 0:
            self._slots.release()

    def _unanswered(self, error: Exception, request: Request, course: _Course) -> RequestFailed:
        if not self._heard and course.seconds > FIRST_CONTACT:
            course.ends -= course.seconds - FIRST_CONTACT
            course.seconds = FIRST_CONTACT
        found = silence(
            error,
            call=request.call,
            server=self.connection.server,
            seconds=course.seconds,
        )
        self.answers[_verb(request), NO_ANSWER] += 1
        course.maybe_done = course.maybe_done or found.sent
        course.repeat = not found.hopeless and (request.repeatable or not found.sent)
        return found.error

    def _judge(self, error: RequestFailed, request: Request, course: _Course) -> None:
        """Whether a refusal is worth another attempt, and whether it was one at all."""
        match error:
            case TooManyRequests():
                course.repeat = True
            case Unauthorized():
                course.repeat = self._session.renewable and course.attempts == 1
                self._session.expire()
            case Conflict():
                # Not about our object: admission contended for a quota, nothing was done.
                course.repeat = error.subject not in ("", request.call.name) and not error.causes
            case ServerBusy() | ServerError() | Timeout():
                course.maybe_done = course.maybe_done or error.retry_after is None
                lasting = isinstance(error, ServerError) and error.retry_after is None
                course.repeat = (request.repeatable or error.retry_after is not None) and (
                    not lasting or course.attempts <= ERRORS_REPEATED
                )
            case _:
                course.repeat = False


def _verb(request: Request) -> str:
    """As Kubernetes' roles name it, but for ``apply``, which is a kind of patch."""
    if request.method == "GET":
        return request.call.verb if request.call.verb in READS else "get"
    if request.method == "PATCH" and "apply" in request.headers.get("Content-Type", ""):
        return "apply"
    return VERBS[request.method]


async def _split(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line


def _pause_before_next(error: RequestFailed, course: _Course) -> float:
    """Seconds: twice as many each time, less a random part, and what the server asks at least."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(course.attempts, 10))
    own = random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries, hides nothing
    return max(error.retry_after or 0.0, own)
