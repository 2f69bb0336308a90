"""Programs kept alive: started, waited for until they answer, restarted with growing pauses, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from parvis.infra.engines import processes
from parvis.infra.engines.places import Places

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
LOG_BYTES = 16 * 1024 * 1024
LOG_CHECK_S = 600
STEADY_AFTER_S = 30.0  # a program that ran this long starts over with the first pause
STARTING_WITHIN_S = 3600.0  # one that says that it is at work, such as a database that reads its journal
TELL_EVERY_S = 10.0


class EngineFailed(RuntimeError):
    """A program did not come up"""


class Program(Protocol):
    """What a supervisor must know of a program."""

    @property
    def name(self) -> str: ...

    @property
    def stop_steps(self) -> Sequence[processes.Step]: ...

    @property
    def starting(self) -> bool:
        """Whether it said, when it was asked last, that it is at work and will answer."""
        ...

    async def prepare(self) -> None:
        """What must be true before each start."""

    def launch(self) -> processes.Launch:
        """What to start."""
        ...

    async def ready(self) -> bool:
        """Whether it answers."""
        ...

    def release(self) -> None:
        """After the last stop."""


class Keeper:
    """One program, from its first start to its last stop."""

    def __init__(self, program: Program, changed: Callable[[], None]) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None
        self._changed = changed
        self._watch: asyncio.Task[None] | None = None

    async def start(self, *, within_s: float, insist: bool = True) -> None:
        """The program answers, and will be restarted whenever it ends.

        With `insist`, one that ends or stays silent at this first start is a failure; without, it is tried again for ever.
        Raises: EngineFailed.
        """
        if insist:
            await self._launch()
            await self._first_answer(within_s)
        self._watch = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def stop(self) -> None:
        """The program has ended and stays so."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self.process is not None:
            await processes.end(self.process, self.program.stop_steps)
        self.program.release()
        self._changed()

    async def answering(self, within_s: float) -> bool:
        """Whether it answers before that time has passed; one that is at work is waited for up to an hour."""
        began = told = time.monotonic()
        deadline = began + within_s
        while not await self.program.ready():
            now = time.monotonic()
            if self.program.starting:
                deadline = min(max(deadline, now + within_s), began + max(STARTING_WITHIN_S, within_s))
                if now - told > TELL_EVERY_S:
                    told = now
                    fields = {"engine": self.program.name, "for_s": round(now - began)}
                    log.info("engine.starting", extra={"fields": fields})
            if now > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def _launch(self) -> None:
        await self.program.prepare()
        launch = self.program.launch()
        self._log = launch.log
        self.process = processes.start(launch)
        self._changed()
        log.debug("engine.started", extra={"fields": {"engine": self.program.name, "pid": self.process.pid}})

    async def _first_answer(self, within_s: float) -> None:
        assert self.process is not None
        began = time.monotonic()
        gone = asyncio.create_task(processes.ended(self.process))
        answer = asyncio.create_task(self.answering(within_s))
        try:
            await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise EngineFailed(f"{self.program.name} ended at its start with status {gone.result()}.{self._hint()}")
            if not answer.result():
                waited = time.monotonic() - began
                raise EngineFailed(f"{self.program.name} does not answer after {waited:.0f} seconds.{self._hint()}")
        except BaseException:
            await processes.end(self.process, self.program.stop_steps)
            raise
        finally:
            for task in (gone, answer):
                task.cancel()
            await asyncio.gather(gone, answer, return_exceptions=True)

    def _hint(self) -> str:
        return f" Its log is {self._log}." if self._log else ""

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            if self.process is not None:
                status = await processes.ended(self.process)
                await processes.end(self.process, ())  # what it left of its session
                fields = {"engine": self.program.name, "status": status, "restart_in_s": round(pause, 1)}
                log.error("engine.ended", extra={"fields": fields})
                if time.monotonic() - began > STEADY_AFTER_S:
                    pause = FIRST_PAUSE_S
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
            try:
                await self._launch()
            except Exception:
                log.exception("engine.not_started", extra={"fields": {"engine": self.program.name}})


class Supervisor:
    """All programs of one installation, in the order in which they were started; they stop in the opposite order."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._keepers: list[list[Keeper]] = []
        self._tidying: asyncio.Task[None] | None = None

    async def start(self, programs: Sequence[Program], *, within_s: float = 60, insist: bool = True) -> list[Keeper]:
        """These programs, which do not need one another, answer. Raises: EngineFailed."""
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy_logs(), name="tidy logs")
        group = [Keeper(program, self._remember) for program in programs]
        self._keepers.append(group)
        starts = (keeper.start(within_s=within_s, insist=insist) for keeper in group)
        for outcome in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return group

    async def stop(self) -> None:
        """Everything has ended, the last started first."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        for group in reversed(self._keepers):
            await asyncio.gather(*(keeper.stop() for keeper in group))
        self._keepers.clear()

    def _remember(self) -> None:
        running = {k.program.name: k.process for group in self._keepers for k in group if k.process is not None}
        processes.remember(self.places, running)

    async def _tidy_logs(self) -> None:
        while True:
            for path in self.places.logs.glob("*.log"):
                turn_over(path)
            await asyncio.sleep(LOG_CHECK_S)


def turn_over(path: Path, longest: int = LOG_BYTES) -> None:
    """A log that grew too long starts again; what it held is kept once, with `.1` behind its name.

    It is emptied in place because programs hold it open, for appending.
    """
    if path.stat().st_size > longest:
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)
