"""One call of the CLI on one worker: the program served, the events heard, the end understood."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mto.components.errors import ExtraFailed
from mto.engine.errors import DeadlineExceeded
from mto.engine.pulumi.command import GRACE, Ended, Limits, run
from mto.engine.pulumi.errors import CliSilent, CliUnfit, WorkerLost, told
from mto.engine.pulumi.events import Event, Story, plain
from mto.engine.pulumi.folder import Folder, Setting
from mto.engine.pulumi.installation import Installation, Places, installation
from mto.engine.pulumi.pool import PATIENCE, Lost, Pool, Worker
from mto.engine.pulumi.runs import Runs
from mto.engine.pulumi.wire import Job, Look, Looked
from mto.errors import MtoError
from mto.state.checkpoint import Checkpoint

PREVIEW = ("preview",)
UP = ("up", "--yes", "--skip-preview", "--continue-on-error")
REFRESH = ("refresh", "--yes", "--skip-preview")
DRIFT = ("refresh", "--preview-only")
DESTROY = ("destroy", "--yes", "--skip-preview", "--continue-on-error", "--remove")
DOOM = ("destroy", "--preview-only")
CANCEL = ("cancel", "--yes")


@dataclass(frozen=True)
class Call:
    """What the CLI is to do; ``checkpoint`` is the record that it begins from.

    ``dry_run``: on a copy of the record. ``mute``: the command knows neither program nor events.
    """

    verb: tuple[str, ...]
    checkpoint: Checkpoint
    job: Job = field(default_factory=Job)
    dry_run: bool = False
    mute: bool = False

    @property
    def stack(self) -> str:
        return self.checkpoint.stack


@dataclass(frozen=True)
class Outcome:
    """What was told, and how it ended; ``ended.code`` is 0 where all was carried out.

    ``adopted`` are URNs of objects that were found and taken into the record in between.
    """

    story: Story
    ended: Ended
    broken: str = ""
    adopted: frozenset[str] = frozenset()

    def problem(self, stack: str) -> MtoError | None:
        """What is wrong besides single resources; None where the story says it all."""
        if self.broken:
            return ExtraFailed(self.broken)
        if self.ended.code == 0:
            return None if self.story.summary else CliSilent(stack, plain(self.ended.printed))
        errors = [f"error: {one.text}" for one in self.story.remarks if one.severity == "error"]
        return told(stack, self.ended.code, "\n".join((*errors, self.ended.printed)))


class Cli:
    """The one CLI of an engine, and the workers that run programs for it."""

    def __init__(
        self, setting: Setting, *, size: int, runs: Runs, stop: asyncio.Event, grace: float = GRACE
    ) -> None:
        self._setting = setting
        self._runs = runs
        self.stop = stop
        self._grace = grace
        self._installed: Installation | None = None
        self._looking = asyncio.Lock()
        self._pool = Pool(size, self._folder)

    async def ready(self) -> Installation:
        """Looked for once; raises CliMissing, CliUnfit, PluginMissing."""
        async with self._looking:
            if self._installed is None:
                places = Places(self._setting.environ, self._setting.root)
                self._installed = await installation(places)
        return self._installed

    def _folder(self) -> Folder:
        places = Places(self._setting.environ, self._setting.root)
        return Folder(self._setting, places.home / "plugins")

    async def look(self, look: Look) -> Looked:
        """What a project's function would add; needs neither CLI nor plug-in."""
        async with self._pool.worker() as worker:
            try:
                return await worker.look(look)
            except Lost:
                late = f"it did not end within {PATIENCE:g} s, or ended the process it ran in"
                return Looked(problem=f"{look.extra.shown}: {late}")

    async def close(self) -> None:
        await self._pool.close()

    async def call(
        self,
        call: Call,
        *,
        deadline: float,
        hear: Callable[[Event], None] | None = None,
        story: Story | None = None,
    ) -> Outcome:
        """One process of the CLI, from start to end; ``story`` is one that it goes on with.

        Raises DeadlineExceeded, and WorkerLost where the program's process died.
        """
        installed = await self.ready()
        whole = Story() if story is None else story

        def heard(event: Event) -> None:
            whole.hear(event)
            if hear is not None:
                hear(event)

        async with self._pool.worker() as worker:
            limits = Limits(deadline, self.stop, self._grace)
            try:
                async with worker.serving(call.job, heard) as serving:
                    ports = [] if call.mute else _ports(serving.ready.events, serving.ready.program)
                    command = [installed.program, *_command(call, worker), *ports]
                    ended = await self._run(command, call, worker=worker, limits=limits)
            except Lost as lost:
                raise WorkerLost(call.stack, lost.code) from lost
            except OSError as error:
                problem = error.strerror or str(error)
                raise CliUnfit(str(installed.program), problem) from error
        if ended.late:
            raise DeadlineExceeded(call.stack, deadline)
        return Outcome(whole, ended, serving.problem)

    async def _run(
        self, command: list[str | Path], call: Call, *, worker: Worker, limits: Limits
    ) -> Ended:
        writes = not call.dry_run

        def started(pid: int) -> None:
            if writes:
                self._runs.note(call.stack, pid)

        if call.dry_run:
            worker.folder.copy(call.checkpoint)
        ended = await run(
            command,
            folder=worker.folder.project,
            environ=_first(worker.folder.environ(dry_run=call.dry_run), str(command[0])),
            limits=limits,
            started=started,
        )
        if writes and ended.code >= 0 and not ended.killed:
            self._runs.forget(call.stack)
        return ended


def _command(call: Call, worker: Worker) -> list[str | Path]:
    settings: list[str | Path] = []
    if not call.mute:
        settings = ["--config-file", worker.folder.settings(call.checkpoint)]
    return [
        "--non-interactive",
        "--color=never",
        *call.verb,
        "--stack",
        call.stack,
        *settings,
    ]


def _ports(events: str, program: str) -> list[str | Path]:
    client = [f"--client={program}"] if program else []
    return [*client, "--exec-kind=auto.inline", "--event-log", events]


def _first(environ: dict[str, str], program: str) -> dict[str, str]:
    """The CLI's own folder first, so that plug-ins which lie beside it are found."""
    with suppress(KeyError):
        environ["PATH"] = f"{Path(program).parent}:{environ['PATH']}"
    return environ
