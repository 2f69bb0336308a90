"""The gate in the database: one decides at a time, the oldest come in at the rate, and what the operator says holds."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid
from parvis.domain import admission, health
from parvis.domain.admission import Application
from parvis.domain.admission.types import State
from parvis.domain.health import queries
from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.verdict import Urgency, figure, say
from parvis.infra.services import Services
from parvis.worker import doors
from tests.domain.admission.line import place_of

CALM = (Signal("cpu", 0.1, 0.05, 2.0), Signal("database", 5.0, 0.0))
SLOW = (Signal("cpu", 0.1, 0.05, 2.0), Signal("database", 5.0, 0.96))


async def measured(services: Services, *signals: Signal) -> None:
    async with services.db.connection() as db:
        await queries.signals_stored(db, "a", "web", "here", signals)


async def waiting(services: Services, count: int) -> None:
    now = utc_now()
    for number in range(count):
        await admission.receive(
            services, wanted=Application(handle=f"person{number}", email=f"p{number}@mail.example"), now=now
        )
    await admission.sequence(services, now=now)


async def told(services: Services, mode: str, **more: object) -> None:
    async with services.db.transaction() as tx:
        await admission.command_gate(tx, mode, now=utc_now(), **more)  # type: ignore[arg-type]


async def test_the_oldest_come_in_at_the_rate_and_everybody_can_read_why(services: Services) -> None:
    await waiting(services, 60)
    await measured(services, *CALM)
    decided = await admission.adjust_gate(services, now=utc_now())
    assert decided is not None
    assert 10 < decided.admit < 60
    assert decided.binding == "cpu"
    async with services.db.connection() as db:
        now_serving = await admission.serving(db)
        [change] = await admission.gate_changes(db, limit=5)
        [minute] = await admission.gate_history(db, since=utc_now() - timedelta(hours=1))
    assert now_serving.serving == decided.admit
    assert now_serving.reason == "cpu"
    assert now_serving.rate_per_s == decided.rate_per_s
    assert now_serving.low_s_per_1000 is not None
    assert now_serving.high_s_per_1000 is not None
    assert now_serving.low_s_per_1000 < now_serving.high_s_per_1000
    assert change.measured["cpu"]["allows_per_s"] == pytest.approx(decided.rate_per_s, rel=0.01)
    assert (minute.admitted, minute.received, minute.waiting) == (decided.admit, 60, 60 - decided.admit)


async def test_one_process_decides_however_many_ask(services: Services) -> None:
    await measured(services, *CALM)
    now = utc_now()
    decisions = await asyncio.gather(*(admission.adjust_gate(services, now=now) for _ in range(5)))
    assert sum(one is not None for one in decisions) == 1
    assert await admission.adjust_gate(services, now=now + timedelta(seconds=5)) is None
    assert await admission.adjust_gate(services, now=now + timedelta(seconds=10)) is not None


async def test_who_comes_back_after_a_lapse_comes_in_also_when_nobody_else_waits(services: Services) -> None:
    now = utc_now()
    ticket = await admission.receive(
        services, wanted=Application(handle="person", email="person@mail.example"), now=now
    )
    await admission.sequence(services, now=now)
    await measured(services, *CALM)
    assert await admission.adjust_gate(services, now=now) is not None
    async with services.db.transaction() as tx:
        assert await admission.lapse(tx, now=now + timedelta(days=8)) == 1
        await admission.come_back(tx, ticket, now=now)
    async with services.db.connection() as db:
        assert not await admission.has_room(db), "nobody walks past them"
    decided = await admission.adjust_gate(services, now=now + timedelta(seconds=10))
    assert decided is not None
    assert decided.admit == 1
    assert (await place_of(services, ticket)).state is State.ADMITTED
    async with services.db.connection() as db:
        assert await admission.has_room(db)


async def test_the_door_goes_on_when_the_clock_was_set_back(services: Services) -> None:
    now = utc_now()
    await measured(services, *CALM)
    assert await admission.adjust_gate(services, now=now + timedelta(hours=1)) is not None
    assert await admission.adjust_gate(services, now=now) is not None
    assert await admission.adjust_gate(services, now=now - timedelta(seconds=1)) is None, "two machines differ a little"


async def test_workers_whose_clocks_differ_widely_do_not_decide_more_often(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await measured(services, *CALM)
    decisions = []
    for ahead_s in (0, 30, -30, 30):
        shifted = utc_now() + timedelta(seconds=ahead_s)
        monkeypatch.setattr(doors, "utc_now", lambda shifted=shifted: shifted, raising=False)
        await doors.look(services)
        async with services.db.connection() as db:
            decisions.append((await admission.gate_standing(db)).decided_at)
    assert len(set(decisions)) == 1


async def test_a_slow_database_narrows_the_door_and_is_named(services: Services) -> None:
    await waiting(services, 200)
    now = utc_now()
    await measured(services, *CALM)
    before = await admission.adjust_gate(services, now=now)
    await measured(services, *SLOW)
    after = await admission.adjust_gate(services, now=now + timedelta(seconds=10))
    assert before is not None
    assert after is not None
    assert after.rate_per_s < before.rate_per_s / 2
    assert after.binding == "database"


async def test_who_comes_in_at_once_uses_up_the_rate(services: Services) -> None:
    now = utc_now()
    await measured(services, *SLOW)
    decided = await admission.adjust_gate(services, now=now)
    assert decided is not None
    for _ in range(int(decided.memory.tokens)):
        async with services.db.transaction() as tx:
            assert await admission.has_room(tx)
            await admission.gate.one_came(tx)  # type: ignore[attr-defined]
    async with services.db.connection() as db:
        assert not await admission.has_room(db)


async def test_a_pause_holds_at_once_and_its_reason_is_published(services: Services) -> None:
    await waiting(services, 5)
    await measured(services, *CALM)
    with pytest.raises(Invalid):
        await told(services, "pause", message=" ")
    await told(services, "pause", message="We are moving.")
    async with services.db.connection() as db:
        assert not await admission.has_room(db)
    decided = await admission.adjust_gate(services, now=utc_now())
    assert decided is not None
    assert (decided.admit, decided.rate_per_s, decided.binding) == (0, 0.0, "pause")
    async with services.db.connection() as db:
        now_serving = await admission.serving(db)
    assert (now_serving.reason, now_serving.message) == ("pause", "We are moving.")
    await told(services, "open")
    later = await admission.adjust_gate(services, now=utc_now() + timedelta(seconds=10))
    assert later is not None
    assert later.admit == 5


async def test_a_cap_holds_and_must_be_one(services: Services) -> None:
    await waiting(services, 30)
    await measured(services, *CALM)
    for bad in (0.0, -1.0, float("nan"), 5000.0, None):
        with pytest.raises(Invalid):
            await told(services, "cap", cap_per_s=bad)
    await told(services, "cap", cap_per_s=0.5)
    decided = await admission.adjust_gate(services, now=utc_now())
    assert decided is not None
    assert (decided.rate_per_s, decided.admit, decided.binding) == (0.5, 5, "cap")


async def test_who_waits_behind_a_cap_is_told_how_long_that_takes(services: Services) -> None:
    await waiting(services, 240)
    await measured(services, *CALM)
    now = utc_now()
    for tick in range(3):  # the pace that it remembers is that of an open door
        await admission.adjust_gate(services, now=now + tick * timedelta(seconds=10))
    await told(services, "cap", cap_per_s=0.1)
    await admission.adjust_gate(services, now=now + timedelta(seconds=30))
    async with services.db.connection() as db:
        standing = await admission.gate_standing(db)
    hundred = next(one for one in standing.published.ranges if one.ahead == 100)
    assert hundred.high_s > 1000
    assert hundred.low_s > 300


def incident(name: str, now: datetime, urgency: Urgency = "now", **more: Any) -> health.Incident:
    words, number = say("Something is wrong"), figure("number", 1)
    verdict = health.Verdict(
        name=name, urgency=urgency, blame=1.0, title=words, hurt=words, evidence=(number, number, number), action=words,
        gain=words,
    )  # fmt: skip
    return health.Incident(name=name, opened_at=now, blame=1.0, verdict=verdict, **{"seen_at": now, **more})


@pytest.mark.parametrize(
    ("incidents", "cause"),
    [
        ([{"name": "gate_narrow"}, {"name": "lock_held"}, {"name": "backup_broken"}], "lock_held"),
        ([{"name": "lock_held", "urgency": "soon"}], None),
        ([{"name": "lock_held", "seen_at": utc_now() - timedelta(minutes=5)}], None),
        ([{"name": "lock_held", "closed_at": utc_now()}], None),
    ],
)
async def test_who_waits_can_read_what_is_wrong_if_that_fills_the_place_now(
    services: Services, incidents: list[dict[str, Any]], cause: str | None
) -> None:
    now = utc_now()
    async with services.db.transaction() as tx:
        for one in incidents:
            await health.incident_stored(tx, incident(now=now, **one))
    await waiting(services, 60)
    await measured(services, *SLOW)
    await admission.adjust_gate(services, now=now)
    async with services.db.connection() as db:
        assert (await admission.serving(db)).cause == cause
    await told(services, "cap", cap_per_s=0.1)
    await admission.adjust_gate(services, now=now + timedelta(seconds=10))
    async with services.db.connection() as db:
        assert (await admission.serving(db)).cause is None
