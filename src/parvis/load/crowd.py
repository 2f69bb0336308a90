"""The crowd itself: everybody asks at their moment, whatever became of those before, and comes back as people do.

Coordinated omission is avoided: durations count from the moment a person meant to ask, also when we were late.
"""

from __future__ import annotations

import asyncio
import os
from random import Random

import msgspec

from parvis.load.arrivals import Arrival, arrivals
from parvis.load.connection import Answer, Broken, Connection, Pool
from parvis.load.parameters import (
    BACK_OFF_S,
    ENTRY,
    ENTRY_EVERY_S,
    RESPECTFUL,
    RETRIES,
    SIGN_UP,
    TIME_OUT_S,
    Ask,
)
from parvis.load.people import Member
from parvis.load.plan import Plan
from parvis.load.requests import Request, own_account, request_of, sign_up
from parvis.load.streams import Streams
from parvis.load.tally import Newcomers, Outcome, Tally
from parvis.load.world import World

DRAIN_S = TIME_OUT_S + 2  # after the last arrival
_AT_ONCE = 50  # arrivals begun before answers are looked at again, when we are late
_TRY_AGAIN = {Outcome.SHED, Outcome.TIMED_OUT, Outcome.BROKEN}
_PASSING = {502, 503, 504}


class Attempt(msgspec.Struct, frozen=True):
    """What one try brought."""

    outcome: Outcome
    answer: Answer | None = None
    at_s: float = 0.0
    again: bool = False  # whether a client would try again


class Crowd:
    """One process's part of a run."""

    def __init__(
        self, plan: Plan, world: World, *, seed: int, share: float = 1.0, connections: int = 2000, streams: int = 0
    ) -> None:
        self.tally = Tally()
        self._plan, self._world, self._share = plan, world, share
        self._random = Random(seed)  # noqa: S311 - repeatable, not secret
        target = world.target
        self._pool = Pool(target.address, target.port, most=connections, tls=target.tls(), name=target.host)
        self._streams = Streams(world, plan, streams, Random(seed + 1))  # noqa: S311
        self._tasks: set[asyncio.Task[None]] = set()
        self._entering: set[asyncio.Task[None]] = set()
        self._start = 0.0

    @property
    def elapsed_s(self) -> float:
        return asyncio.get_running_loop().time() - self._start if self._start else 0.0

    async def run(self) -> Tally:
        """Everybody has come, and has been answered or has given up."""
        loop = asyncio.get_running_loop()
        cpu = sum(os.times()[:2])
        await self._streams.open()
        self._start = loop.time() + 0.1
        self._streams.begin(self._start)
        together = 0
        for arrival in arrivals(self._plan, self._random, share=self._share):
            ahead = self._start + arrival.due_s - loop.time()
            if ahead > 0:
                together = 0
                await asyncio.sleep(ahead)
            elif (together := together + 1) % _AT_ONCE == 0:
                await asyncio.sleep(0)
            self._begin(arrival)
        await asyncio.sleep(max(0.0, self._start + self._plan.run_s - loop.time()))
        await self._drain()
        self.tally.connections_made = self._pool.made
        self.tally.streams_open, self.tally.streams_refused = self._streams.opened, self._streams.refused
        self.tally.cpu_s = sum(os.times()[:2]) - cpu
        return self.tally

    async def _drain(self) -> None:
        for task in self._entering:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._entering, return_exceptions=True)
        self._streams.close()
        self._pool.close()

    def _begin(self, arrival: Arrival) -> None:
        request = (
            sign_up(self._world, self._random, self._received)
            if arrival.ask is SIGN_UP
            else request_of(arrival.ask, self._world, self._random)
        )
        if arrival.ask is SIGN_UP:
            self._count("asked")
        task = asyncio.create_task(self._asks(arrival, request))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a person broke", "exception": error})

    # ── one person, one wish ──

    async def _asks(self, arrival: Arrival, request: Request) -> None:
        await self._ask(arrival.ask, request, self._start + arrival.due_s)

    async def _ask(self, ask: Ask, request: Request, due: float) -> Answer | None:
        """The answer that served or refused, if one came."""
        due_s = due - self._start
        self.tally.offer(ask, due_s, asyncio.get_running_loop().time() - due)
        try:
            attempt, tried_at = await self._until_settled(ask, request, due)
        except asyncio.CancelledError:
            self.tally.settle(ask, due_s, Outcome.UNFINISHED)
            raise
        outcome = attempt.outcome
        if outcome is Outcome.SERVED and request.learn is not None and attempt.answer is not None:
            try:
                request.learn(attempt.answer)
            except (KeyError, TypeError, msgspec.DecodeError):  # an answer, but not to this question
                outcome = Outcome.FAILED
        self.tally.settle(ask, due_s, outcome, latency_s=attempt.at_s - tried_at, until_s=attempt.at_s - due)
        return attempt.answer

    async def _until_settled(self, ask: Ask, request: Request, due: float) -> tuple[Attempt, float]:
        """The last attempt, and the moment it was due."""
        respectful = self._random.random() < RESPECTFUL
        end = self._start + self._plan.run_s + DRAIN_S
        number = 0
        while True:
            attempt = await self._attempt(ask, request, due)
            if attempt.outcome is not Outcome.MISSED:
                status = attempt.answer.status if attempt.answer else None
                self.tally.attempt(ask, status, shed=attempt.outcome is Outcome.SHED)
            wait_s = self._random.uniform(0, BACK_OFF_S * 2**number)
            if respectful and attempt.answer is not None:
                wait_s += retry_after_s(attempt.answer)
            if not attempt.again or number == RETRIES or attempt.at_s + wait_s > end:
                return attempt, due
            await asyncio.sleep(wait_s)
            due, number = attempt.at_s + wait_s, number + 1

    async def _attempt(self, ask: Ask, request: Request, due: float) -> Attempt:
        loop = asyncio.get_running_loop()
        connection: Connection | None = None
        began: float | None = None
        try:
            async with asyncio.timeout_at(due + TIME_OUT_S):
                while True:
                    await self._pool.turn()
                    began = began or loop.time()
                    connection = await self._pool.take()
                    try:
                        answer = await connection.ask(request.data, keep_body=request.learn is not None)
                        break
                    except Broken as broken:
                        self._pool.throw_away(connection)
                        connection = None
                        if not broken.unused:  # else it was closed while it lay idle: any client takes another
                            raise
        except TimeoutError:
            missed = began is None or began > due + TIME_OUT_S / 2  # it was we who let them wait, not the target
            outcome = Outcome.MISSED if missed else Outcome.TIMED_OUT
            attempt = Attempt(outcome, at_s=loop.time(), again=not missed)
        except (OSError, Broken):
            attempt = Attempt(Outcome.BROKEN, at_s=loop.time(), again=True)
        else:
            self._pool.give_back(connection)
            connection = None
            self.tally.bytes_received += answer.size
            outcome = judge(ask, answer.status)
            again = outcome in _TRY_AGAIN or answer.status in _PASSING
            attempt = Attempt(outcome, answer, loop.time(), again)
        finally:
            if connection is not None:
                self._pool.throw_away(connection)
        return attempt

    # ── people who sign up ──

    def _received(self, token: str, address: str) -> None:
        self._count("received")
        task = asyncio.create_task(self._enters(token, address))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def _enters(self, token: str, address: str) -> None:
        """Their app asks until they are in; from then on they are members like others."""
        loop = asyncio.get_running_loop()
        request = own_account(self._world, token, address)
        holder: list[Answer] = []
        request = msgspec.structs.replace(request, learn=holder.append)
        while loop.time() < self._start + self._plan.run_s:
            answer = await self._ask(ENTRY, request, loop.time())
            if answer is not None and answer.status == 200:
                account = msgspec.json.decode(holder[-1].body)
                self._world.members.append(Member(account["id"], account["acct"], token))
                self._count("entered")
                return
            await asyncio.sleep(ENTRY_EVERY_S * self._random.uniform(0.9, 1.1))

    def _count(self, what: str) -> None:
        for counts in (
            self.tally.newcomers,
            self.tally.newcomers_by_second.setdefault(max(0, int(self.elapsed_s)), Newcomers()),
        ):
            setattr(counts, what, getattr(counts, what) + 1)


def judge(ask: Ask, status: int) -> Outcome:
    """What an answer means to whoever asked."""
    if status in (429, 503):
        return Outcome.SHED
    if status >= 500:
        return Outcome.FAILED
    if status < 400 or (ask is ENTRY and status == 403):  # 403: still waiting, and told so
        return Outcome.SERVED
    return Outcome.REFUSED


def retry_after_s(answer: Answer) -> float:
    """How long the answer asks to wait; 0 when it says nothing."""
    low = answer.head.lower()
    at = low.find(b"\r\nretry-after:")
    if at < 0:
        return 0.0
    end = low.find(b"\r\n", at + 2)
    try:
        return float(low[at + 14 : end if end >= 0 else None])
    except ValueError:
        return 0.0
