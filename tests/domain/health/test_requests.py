"""What requests take and what their time goes to, from real requests to what is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from parvis.domain import accounts, health
from parvis.domain.health.headroom import merged
from parvis.domain.health.requests import quantile_s, worst_route
from parvis.domain.health.types import Reading, Signal
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.requests_failing import requests_failing
from parvis.infra.waits import BOUNDS, NAMES, Totals
from tests.rig.world import World

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def test_real_requests_are_divided_and_failures_are_told_by_route(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await world.person("alice")
    probe = health.requests(world.app.overload.spent)
    for _ in range(4):
        assert (await alice.get("/api/v1/timelines/home")).status_code == 200
    assert (await alice.get("/api/v1/statuses/1")).status_code == 404
    assert (await world.client.post("/sign-in", data={"login": "alice", "password": "wrong wrong"})).status_code < 500
    well = probe(2.0)
    spent = {name: well.facts[f"spent@{name}"] for name in NAMES}
    assert well.used == 3.0
    assert well.facts["failed_per_s"] == 0.0
    assert min(spent["own"], spent["sql"]) > 0
    assert well.facts["mean_s"] * well.used == pytest.approx(sum(spent.values()))
    assert sum(value for name, value in well.facts.items() if name.startswith("bucket@")) == well.used
    assert 0 < well.facts["p95_s"] <= BOUNDS[-1]

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(accounts, "viewer_of_token", broken)
    answer = await world.client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 500
    ill = probe(1.0)
    assert (ill.used, ill.facts["failed_per_s"]) == (1.0, 1.0)
    assert worst_route({"requests": ill}) == "/api/v1/accounts/verify_credentials"


def reading(process: str, **seconds: float) -> Reading:
    """Of a process that answered two requests in a second, which took so long in all."""
    totals = Totals()
    probe = health.requests(totals)
    for name, took in seconds.items():
        totals.seconds[NAMES.index(name)] = took
    totals.count = totals.buckets[6] = 2
    return Reading(process, "web", "here", NOW, probe(1.0))


def test_processes_are_put_together_and_the_database_s_time_is_divided_as_its_sessions_wait() -> None:
    signals = merged([reading("a", own=0.2, sql=1.0), reading("b", own=0.6, sql=0.2, hashing=2.0)])
    assert signals["requests"].used == 4.0
    assert signals["requests"].facts["bucket@0.5"] == 4
    found = health.seconds_by_wait(signals)
    assert {name: round(seconds, 6) for name, seconds in found.items()} == {"hashing": 0.5, "sql": 0.3, "own": 0.2}
    assert list(found) == ["hashing", "sql", "own"]
    database = Signal("database", 0.0, 0.0, None, {"waiting@locks": 3.0, "waiting@other": 1.0, "sessions": 9.0})
    divided = health.seconds_by_wait(signals | {"database": database})
    assert {name: round(seconds, 6) for name, seconds in divided.items() if "sql" in name} == {
        "sql@locks": 0.225,
        "sql@other": 0.075,
    }
    assert health.seconds_by_wait({}) == health.seconds_by_wait({"requests": Signal("requests", 0.0, 0.0)}) == {}


def test_a_quantile_lies_between_the_bounds_of_what_was_counted() -> None:
    assert quantile_s([0] * 12, 0.95) == 0.0
    assert quantile_s([100] + [0] * 11, 0.95) == pytest.approx(0.00475)
    assert quantile_s([50, 50] + [0] * 10, 0.75) == pytest.approx(0.0075)
    assert quantile_s([0] * 11 + [9], 0.95) == BOUNDS[-1]


def failing(failed: float, served: float, now: float = 1.0) -> Findings:
    recent = Signal("requests", served, 0.0, None, {"failed_per_s": failed, "p95_s": 0.25})
    facts = {"failed_per_s": now, "failed_per_s@/a": 0.2, "failed_per_s@/b": 0.7}
    signals = {"requests": Signal("requests", served, 0.0, None, facts)}
    return Findings(at=NOW, recent={"requests": recent}, signals=signals)


def test_requests_that_fail_are_named_with_where_and_a_few_of_many_are_not() -> None:
    verdict = requests_failing(failing(2.0, 50.0))
    assert verdict is not None
    assert "/b" in str(verdict.title)
    assert [(one.label, one.value) for one in verdict.evidence][:2] == [("failed", 2.0), ("of", 50.0)]
    assert requests_failing(failing(0.4, 50.0)) is None
    assert requests_failing(failing(0.05, 0.1)) is None, "one or two in two minutes"
    assert requests_failing(failing(2.0, 50.0, now=0.0)) is None, "it is over"
    unwatched = msgspec.structs.replace(failing(2.0, 500.0), recent={})
    assert requests_failing(unwatched) is None, "one of five hundred, where nobody writes minutes"
