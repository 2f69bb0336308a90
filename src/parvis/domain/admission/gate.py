"""Whether the door stands open, and how wide: decided every ten seconds by one process of the cluster.

Everything between two decisions is in the database, so any worker may make the next one; an advisory lock says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from parvis.base.errors import Invalid
from parvis.domain import health
from parvis.domain.admission import forecast, gate_queries, log_queries, queries, rate
from parvis.domain.admission.admit import admit
from parvis.domain.admission.gate_types import Change, Expectation, Minute, Published, Remembered, Standing
from parvis.domain.admission.log_queries import Tree
from parvis.domain.admission.rate import Decision, Measure, Memory, Mode, Situation
from parvis.domain.health.types import Signal
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

EVERY = timedelta(seconds=rate.TICK_S)
PROMISES_EACH_MINUTE = 5
AHEADS = (0, 100, 1000, 10_000, 100_000, 1_000_000)
WORTH_RECORDING = 0.1  # how much, in proportion, the rate changes before that is a change
BY_ORDER = ("open", "cap", "pause")  # then nothing that is wrong is why people wait
GOES_BY = frozenset((*rate.NATURES, "shedding"))
MOST_AT_ONCE = 5000  # admissions in one transaction


async def has_room(db: Connection) -> bool:
    """Whether whoever comes now may enter at once: nobody waits whom they would pass, and the rate allows it."""
    return await has_room_now(db, await gate_queries.standing(db), (await log_queries.tree(db)).waiting)


async def has_room_now(db: Connection, state: Standing, waiting: int) -> bool:
    """The same for who has looked already how the door stands and how many wait."""
    if state.mode == "pause" or waiting or await queries.has_uncounted(db):
        return False
    return state.decided_at is None or state.mode == "open" or state.tokens - state.came >= 1


async def one_came(tx: Connection) -> None:
    """Somebody came in at once; the next decision counts them."""
    await gate_queries.one_came(tx)


async def standing(db: Connection) -> Standing:
    """How the door stands."""
    return await gate_queries.standing(db)


def as_door(state: Standing) -> health.Door:
    """The same, as far as it matters to a verdict on the whole place."""
    return health.Door(state.mode, state.rate_per_s, state.binding or "", state.waiting, state.message or "")


async def changes(db: Connection, *, limit: int) -> list[Change]:
    """The latest changes of the door, newest first, with their reasons."""
    return await gate_queries.changes(db, limit=limit)


async def history(db: Connection, *, since: datetime) -> list[Minute]:
    """What the minutes since then saw, oldest first."""
    return await gate_queries.minutes(db, since)


async def forget(tx: Connection, *, now: datetime) -> None:
    """Old minutes, judged promises, changes and signals of processes long gone are gone."""
    await gate_queries.old_forgotten(tx, now)
    await health.forget_old(tx)


async def command(
    tx: Connection,
    mode: Mode,
    *,
    cap_per_s: float | None = None,
    message: str | None = None,
    by_id: int | None = None,
    now: datetime,
) -> None:
    """The door obeys from the next decision on; a pause holds at once. Who said so is recorded.

    Raises: Invalid for a cap that is none, or a pause without a reason for everybody to read.
    """
    if mode == "cap" and (cap_per_s is None or not 0 < cap_per_s <= rate.OPEN_PER_S):
        raise Invalid("cap", "The rate must be more than 0 and at most 1,000 a second")
    if mode == "pause" and not (message or "").strip():
        raise Invalid("message", "Say why: those who wait will read it")
    cap_per_s = cap_per_s if mode == "cap" else None
    message = (message or "").strip()[:500] if mode == "pause" else None
    await gate_queries.told(tx, mode, cap_per_s, message)
    await gate_queries.changed(tx, Change(now, mode, cap_per_s, None, message, by_id))


async def clock(db: Connection) -> datetime:
    """The one clock by which all workers decide: theirs may differ by more than two decisions are apart."""
    return await gate_queries.current_time(db)


async def step(services: Services, *, now: datetime) -> Decision | None:
    """The door has been adjusted and the next ones admitted; None when it was not yet time, or another does it. `now` is by
    `clock`."""
    async with services.db.transaction() as tx:
        if not await gate_queries.elected(tx):
            return None
        state = await gate_queries.standing(tx)
        if state.decided_at is not None and -EVERY < now - state.decided_at < EVERY * 0.95:
            return None  # further ahead than that, the clock was set back
        if state.decided_at is None and services.settings.gate == "open":
            await gate_queries.told(tx, "open", None, None)
            state = msgspec.structs.replace(state, mode="open")
        return await _decide(tx, state, now)


async def _decide(tx: Connection, state: Standing, now: datetime) -> Decision:
    seen = await health.headroom(tx)
    tree = await log_queries.tree(tx)
    situation = await _situation(tx, state, seen, tree, now)
    memory = Memory(state.remembered.rate_per_s, state.tokens, state.remembered.known)
    decided = rate.decide(memory, situation)
    most = min(decided.admit, MOST_AT_ONCE)
    admitted = len(await admit(tx, most=most, now=now))
    tree = await log_queries.tree(tx)
    experience = await _learnt(tx, state, decided, tree, now)
    told = experience if state.cap_per_s is None else forecast.capped(experience, state.cap_per_s)
    published = await _published(tx, told, decided, tree, now)
    new = msgspec.structs.replace(
        state,
        rate_per_s=decided.rate_per_s,
        target_per_s=decided.target_per_s,
        binding=decided.binding,
        tokens=decided.memory.tokens + decided.admit - admitted if decided.rate_per_s else 0.0,
        last_number=tree.last_number,
        remembered=Remembered(decided.memory.rate_per_s, decided.memory.known, experience, _measured(decided, seen)),
        published=published,
    )
    await _record(tx, state, new, decided, now)
    received = max(0, tree.last_number - state.last_number)
    minute = Minute(now, decided.rate_per_s, decided.binding, received, admitted + state.came, tree.waiting)
    await gate_queries.minute_counted(tx, now.replace(second=0, microsecond=0), minute)
    await gate_queries.decided(tx, new, came=state.came, now=now)
    return decided


async def _situation(
    tx: Connection, state: Standing, seen: Mapping[str, Signal], tree: Tree, now: datetime
) -> Situation:
    newcomers = await gate_queries.newcomers(tx, now - timedelta(seconds=rate.FAMILIAR_S))
    shedding = seen.get("shedding")
    return Situation(
        measures=[
            Measure(one.resource, one.used, one.use, one.capacity)
            for one in seen.values()
            if one.resource in rate.NATURES
        ],
        waiting=tree.waiting + await queries.returning(tx, MOST_AT_ONCE),
        newcomers=newcomers,
        came=state.came,
        shedding=shedding is not None and shedding.use > 0,
        mode=state.mode,
        cap_per_s=state.cap_per_s,
        elapsed_s=min(_elapsed_s(state, now), 2 * rate.TICK_S),
    )


def _elapsed_s(state: Standing, now: datetime) -> float:
    return rate.TICK_S if state.decided_at is None else max(0.0, (now - state.decided_at).total_seconds())


async def _learnt(tx: Connection, state: Standing, decided: Decision, tree: Tree, now: datetime) -> forecast.Experience:
    """What was told is compared with what came."""
    experience = state.remembered.experience
    if decided.target_per_s > 0:
        experience = forecast.keep_pace(experience, target_per_s=decided.target_per_s, elapsed_s=_elapsed_s(state, now))
    for row in await gate_queries.called(tx, tree.serving, now):
        experience = forecast.learn(experience, expected_s=row["middle_s"], actual_s=row["actual_s"], kept=row["kept"])
    return experience


async def _published(
    tx: Connection, experience: forecast.Experience, decided: Decision, tree: Tree, now: datetime
) -> Published:
    """What those who wait are told; once a minute some of it is kept, to be compared."""
    within_range = await gate_queries.kept_share(tx, now - timedelta(days=1))
    cause = await health.narrows_the_door(tx, now=now) if tree.waiting and decided.binding not in BY_ORDER else ""
    if decided.rate_per_s <= 0:
        return Published([], within_range, cause)
    ranges = forecast.expect_all(experience, rate_per_s=decided.rate_per_s, aheads=AHEADS)
    told = [
        Expectation(ahead, round(one.low_s, 1), round(one.high_s, 1)) for ahead, one in zip(AHEADS, ranges, strict=True)
    ]
    span = tree.last_number - tree.serving
    if tree.waiting and span > 0 and now.second < rate.TICK_S:
        numbers = {tree.serving + span * part // PROMISES_EACH_MINUTE for part in range(1, PROMISES_EACH_MINUTE + 1)}
        promises = {
            number: forecast.expect(
                experience,
                rate_per_s=decided.rate_per_s,
                ahead=round((number - tree.serving) * tree.waiting / span),
            )
            for number in sorted(numbers)
        }
        await gate_queries.promised(tx, now, promises)
    return Published(told, within_range, cause)


async def _record(tx: Connection, before: Standing, new: Standing, decided: Decision, now: datetime) -> None:
    """A change that somebody would notice is kept, with what was measured."""
    old = before.rate_per_s
    same = old is not None and abs(decided.rate_per_s - old) <= WORTH_RECORDING * max(old, decided.rate_per_s)
    if same and before.binding == new.binding:
        return
    await gate_queries.changed(
        tx, Change(now, new.mode, decided.rate_per_s, decided.binding, new.message, measured=new.remembered.measured)
    )


def _measured(decided: Decision, seen: Mapping[str, Signal]) -> dict[str, dict[str, float]]:
    """By resource by which the gate goes: how full it is, and what it alone would allow."""
    return {
        name: {
            "use": round(one.use, 4),
            "used": round(one.used, 4),
            **({"allows_per_s": round(decided.budgets[name], 3)} if name in decided.budgets else {}),
            **{fact: value for fact, value in one.facts.items() if "@" not in fact},
        }
        for name, one in seen.items()
        if name in GOES_BY
    }
