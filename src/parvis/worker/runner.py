"""Leases jobs in batches and runs them side by side; survives the database going away and coming back."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass

import structlog

from parvis.base.errors import Conflict, Problem, TooMany, Unavailable
from parvis.infra import news, tracing
from parvis.infra.queue import Failed, Job, Lost, Queue
from parvis.infra.services import Services
from parvis.infra.time_limits import limited
from parvis.worker.handlers import Handler, Router
from parvis.worker.outcomes import DATABASE_TROUBLE, FIRST_PAUSE_S, LONGEST_PAUSE_S, Outcomes
from parvis.worker.times import Times

log = structlog.get_logger(__name__)

FAILURES_TO_PARK = 12
LONGEST_DELAY_S = 3600.0
ALONE_S = (
    60.0  # for so long a job that was lost before and all others wait for each other: archives and drills take hours
)
PASSING = (Conflict, TooMany, Unavailable)  # problems that another try may not meet

Key = tuple[int, int]


class JobFailed(RuntimeError):
    """A job did not work out"""


def delay_s(failures: int, chance: Callable[[], float] = random.random) -> float | None:
    """How long a job rests that has failed that often: doubling from a second, up to an hour, half of it by chance.

    None: it is given up.
    """
    if failures >= FAILURES_TO_PARK:
        return None
    return min(2.0 ** (failures - 1), LONGEST_DELAY_S) * (0.5 + chance())


@dataclass(slots=True)
class _Held:
    job: Job
    task: asyncio.Task[None]
    began: float | None = None  # by the loop's clock


class Runner:
    """Runs jobs of the given kinds, `at_once` of them side by side, holding at most `batch` leases."""

    def __init__(
        self,
        services: Services,
        queue: Queue,
        kinds: Mapping[str, Handler | Router],
        *,
        at_once: int = 8,
        batch: int = 48,
        poll_s: float = 0.5,
        grace_s: float = 10.0,
        alone_s: float = ALONE_S,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._services = services
        self._queue = queue
        self._kinds = kinds
        self._limits = {k: h.limit for k, h in kinds.items() if isinstance(h, Handler) and h.limit is not None}
        self._ordinary = [kind for kind in kinds if kind not in self._limits]
        self._batch = batch
        self._poll_s = poll_s
        self._grace_s = grace_s
        self._alone_s = alone_s
        self._chance = chance
        self._slots = asyncio.Semaphore(at_once)
        self.times = Times()
        self._held: dict[Key, _Held] = {}
        self._outcomes = Outcomes(queue, self._let_go)
        self._wake = asyncio.Event()
        self._stopping = False
        self._errors: deque[Exception] = deque(maxlen=10)

    async def run(self) -> None:
        """Jobs are run until `stop` is called; then those under way have `grace_s` to end, and the rest is released."""
        await self._services.news.subscribe(news.WORK, self._woken)
        async with self._helped():
            await self._lease_until_stopped()
            await self._wind_up()
        await self._hand_back()

    def stop(self) -> None:
        """`run` will come to its end."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> None:
        """All work that is due is done, with all that follows from it.

        Raises: JobFailed when some of it did not work out; the rest is done all the same.
        """
        async with self._helped():
            while True:
                self._wake.clear()
                if await self._lease_some():
                    continue
                if not self._held and not self._wake.is_set():  # set: a job ended, and left more, after we had looked
                    break
                await self._wake.wait()
        if self._errors:
            raise JobFailed(self._errors[0]) from self._errors[0]

    @contextlib.asynccontextmanager
    async def _helped(self) -> AsyncIterator[None]:
        helpers = [asyncio.create_task(self._keep_leases()), asyncio.create_task(self._outcomes.write())]
        try:
            yield
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _woken(self, _: bytes) -> None:
        self._wake.set()

    async def _lease_until_stopped(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping:
            self._wake.clear()
            try:
                took = await self._lease_some()
            except DATABASE_TROUBLE as error:
                log.warning("worker.waits_for_database", error=repr(error), pause_s=round(pause_s, 1))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            pause_s = FIRST_PAUSE_S
            if not took:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_s)

    async def _lease_some(self) -> bool:
        """Whether there was something to do and a hand free to do it."""
        room = self._batch - len(self._held)
        short = [held for held in self._held.values() if not self._is_long(held)]
        if room * 2 < self._batch or any(held.job.times_lost for held in short):
            return False
        due = await self._queue.due(self._ordinary, list(self._limits))
        if due.suspect and len(short) == len(self._held):  # it may take us down: first everything else comes to its end
            return not self._held and self._start(await self._lease_suspect(due.suspect[0]))
        took = False
        for kind in due.limited:
            took |= self._start(await self._queue.lease([kind], self._room_for(kind, room), limit=self._limits[kind]))
        if due.ordinary:
            took |= self._start(await self._queue.lease(self._ordinary, room))
        return took

    def _is_long(self, held: _Held) -> bool:
        """Whether the job works for so long that nothing waits for it any more."""
        return held.began is not None and asyncio.get_running_loop().time() - held.began > self._alone_s

    def _room_for(self, kind: str, room: int) -> int:
        handler = self._kinds[kind]
        if not isinstance(handler, Handler) or handler.here is None:
            return room
        return min(room, handler.here - sum(held.job.kind == kind for held in self._held.values()))

    async def _lease_suspect(self, kind: str) -> list[Job]:
        return await self._queue.lease([kind], 1, limit=self._limits.get(kind), suspects=True)

    def _start(self, jobs: list[Job]) -> bool:
        routed: dict[str, list[Job]] = {}
        for job in jobs:
            handler = self._kinds[job.kind]
            if isinstance(handler, Router):
                routed.setdefault(job.kind, []).append(job)
            else:
                self._hold([job], self._perform(job, handler))
        for kind, several in routed.items():
            router = self._kinds[kind]
            assert isinstance(router, Router)
            self._hold(several, self._route(several, router))
        return bool(jobs)

    def _hold(self, jobs: list[Job], work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        for job in jobs:
            self._held[_key(job)] = _Held(job, task)

    async def _perform(self, job: Job, handler: Handler) -> None:
        async with self._slots:
            self._held[_key(job)].began = began = asyncio.get_running_loop().time()
            failed = False
            try:
                with tracing.job(job.kind, **{"parvis.attempts": job.attempts, "parvis.failures": job.failures}):
                    async with limited(handler.time_limit_s):
                        await handler.function(self._services, job)
            except asyncio.CancelledError:
                if self._stopping or _key(job) not in self._held:
                    raise
                failed = self._failed(job, RuntimeError("something inside it was cancelled"), private=handler.private)
            except Exception as error:
                failed = self._failed(job, error, private=handler.private)
            else:
                self._outcomes.done(job)
            self.times.took(job.kind, asyncio.get_running_loop().time() - began, failed=failed)

    async def _route(self, jobs: list[Job], router: Router) -> None:
        async with self._slots:
            for job in jobs:
                self._held[_key(job)].began = asyncio.get_running_loop().time()
            try:
                await router.function(self._queue, jobs)
            except Exception as error:
                if len(jobs) == 1:
                    self._failed(jobs[0], error)
                    return
            else:
                self._let_go(jobs)
                return
        for job in jobs:  # one of them is at fault; the others must not suffer
            await self._route([job], router)

    def _failed(self, job: Job, error: Exception, *, private: bool = False) -> bool:
        """Whether that is a failure, of which is kept when the job is tried again; else it is done with."""
        said = {"id": job.id, "kind": job.kind, "payload": "(private)" if private else job.payload}
        if isinstance(error, Problem) and not isinstance(error, PASSING):
            log.info("job.dropped", **said, reason=repr(error))  # the world has moved on; trying again changes nothing
            self._outcomes.done(job)
            return False
        text = f"{type(error).__name__}: {error}".replace("\0", "")[:2000].encode("utf-8", "replace").decode()
        self._errors.append(error)
        failures = job.failures + 1
        rest_s = delay_s(failures, self._chance)
        if rest_s is None:
            log.error("job.parked", **said, failures=failures, error=text, exc_info=error)
        else:
            log.warning(
                "job.failed", **said, failures=failures, error=text, again_in_s=round(rest_s, 1), exc_info=error
            )
        self._outcomes.failed(Failed(job, text, rest_s))
        return True

    def _let_go(self, jobs: Iterable[Job]) -> None:
        """These are no longer ours; there is room for more."""
        for job in jobs:
            self._held.pop(_key(job), None)
        self._wake.set()

    async def _keep_leases(self) -> None:
        """What we hold stays ours, and what dead workers held is found."""
        while True:
            try:
                await self._extend()
                for lost in await self._queue.recover():
                    self._report(lost)
            except DATABASE_TROUBLE as error:
                log.debug("worker.leases_not_extended", error=repr(error))
            await asyncio.sleep(self._queue.lease_s / 3)

    async def _extend(self) -> None:
        held = dict(self._held)
        if not held:
            return
        ours = await self._queue.extend([one.job for one in held.values()])
        for key, one in held.items():
            if one.job.id in ours or self._held.get(key) is not one or one.task.done():
                continue
            log.warning("job.lease_was_lost", id=one.job.id, kind=one.job.kind)
            self._let_go([one.job])
            if isinstance(self._kinds[one.job.kind], Handler):  # a router's task serves other jobs too
                one.task.cancel()

    def _report(self, lost: Lost) -> None:
        handler = self._kinds.get(lost.kind)
        private = isinstance(handler, Handler) and handler.private
        said = {"id": lost.id, "kind": lost.kind, "payload": "(private)" if private else lost.payload}
        if lost.parked:
            log.error("job.parked", **said, times_lost=lost.times_lost, error="its worker died each time")
        else:
            log.warning("job.lost", **said, times_lost=lost.times_lost)

    async def _wind_up(self) -> None:
        """Jobs under way have ended, or were cut short after the grace; those not yet begun never were."""
        begun = {held.task for held in self._held.values() if held.began is not None}
        for held in self._held.values():
            if held.began is None:
                held.task.cancel()
        if begun:
            await asyncio.wait(begun, timeout=self._grace_s)
        tasks = {held.task for held in self._held.values()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hand_back(self) -> None:
        await self._outcomes.write_rest(within_s=5)
        rest = [held.job for held in self._held.values()]
        if rest:
            with contextlib.suppress(*DATABASE_TROUBLE):
                async with asyncio.timeout(5):
                    await self._queue.release(rest)
            log.info("worker.released", jobs=len(rest))


def _key(job: Job) -> Key:
    return job.id, job.attempts
