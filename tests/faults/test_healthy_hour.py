"""An hour of an ordinary day on the real server: nothing is wrong, and nothing is called wrong.

`PARVIS_TEST_MINUTES` (60) makes it shorter. `PARVIS_TEST_SPEED` (1): so many times the requests of a quiet day.
`PARVIS_TEST_EVENTS=on` plays the evening with its events, which come to five times the mean; without it all minutes
are alike. Other work on the machine can be a true cause: with each verdict stands how busy the machine was.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from parvis.base.settings import Settings, from_environment
from parvis.commands import doctor
from parvis.domain import health
from parvis.domain.health.verdicts.judge import Judged
from parvis.domain.health.verdicts.verdict import shown
from parvis.infra import engines
from parvis.load import people, report
from parvis.load import run as runs
from parvis.load.plan import Plan
from parvis.load.report import CARRIED_SHARE, Report
from parvis.load.target import target_of
from parvis.load.text import text
from parvis.load.watch import machine_cpu_s
from tests.faults.place import Letterbox
from tests.rig.server import Server

MINUTES = float(os.environ.get("PARVIS_TEST_MINUTES", "60"))
SPEED = float(os.environ.get("PARVIS_TEST_SPEED", "1"))
EVENTS = os.environ.get("PARVIS_TEST_EVENTS", "off") == "on"
LOAD = "quiet-day"
EVERY_S = 15.0
MEMBERS = 800  # as many as ask so often on a quiet day
STREAMS = 50
CALM_WITHIN_S = 300.0

pytestmark = [pytest.mark.long, pytest.mark.timeout(MINUTES * 60 + 1800)]


@dataclass
class Looks:
    """What was said of the place, look by look."""

    settings: Settings
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # whatever was not healthy, with its evidence
    notes: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    async def keep(self) -> None:
        """The place is judged every fifteen seconds, until this is cancelled."""
        cpu = machine_cpu_s()
        for turn in range(1, 1_000_000):
            await asyncio.sleep(max(0.0, self.began + turn * EVERY_S - time.monotonic()))
            judgement = await _look(self.settings)
            now = machine_cpu_s()
            busy = (now[0] - cpu[0]) / (now[1] - cpu[1]) if cpu and now and now[1] > cpu[1] else float("nan")
            cpu = now
            self._note(judgement, busy)
            if turn % 20 == 0:
                print(f"  minute {turn * EVERY_S / 60:.0f}: {dict(self.outcomes)}, machine {busy:.0%} busy", flush=True)

    def _note(self, judgement: health.Judgement, busy: float) -> None:
        self.outcomes[judgement.outcome] += 1
        self.notes.update(one.verdict.name for one in judgement.causes if one.verdict.urgency == "note")
        if judgement.outcome == "healthy":
            return
        at_s = time.monotonic() - self.began
        said = f"{at_s:5.0f} s: {judgement.outcome}, machine {busy:.0%} busy, load {os.getloadavg()[0]:.1f}"
        self.wrong.append("\n".join([said, *(f"    {_said(one)}" for one in judgement.pressing)]))
        print(self.wrong[-1], flush=True)


async def test_an_ordinary_hour_is_called_healthy_from_beginning_to_end(tmp_path: Path) -> None:
    async with _serving(tmp_path) as server:
        settings = engines.with_addresses(
            from_environment({k: v for k, v in server.environment.items() if k.startswith("PARVIS_")})
        )
        prepare = ("simulate", "--prepare", "--members", str(MEMBERS))
        await asyncio.to_thread(server.run, *prepare, patience_s=600)
        await _calm(settings)
        began_at = datetime.now(UTC)
        looks = Looks(settings)
        looking = asyncio.create_task(looks.keep())
        try:
            found = await _crowd(server)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        incidents = [one for one in await _incidents(settings) if one.seen_at >= began_at]
    _tell(found, looks, incidents)
    assert not looks.wrong, looks.wrong
    assert not incidents, [(one.name, str(one.verdict.title)) for one in incidents]
    assert looks.outcomes["healthy"] >= 0.8 * MINUTES * 60 / EVERY_S, "it was not looked at often enough"
    assert _errors(found) <= (1 - CARRIED_SHARE) * found.everything.offered, "it was called healthy and was not"


@asynccontextmanager
async def _serving(folder: Path) -> AsyncIterator[Server]:
    """A server as an operator starts it, with workers, engines and a watch of its own, and a mail service."""
    letterbox = Letterbox()
    server = Server(folder / "home")
    server.settings = {
        "PARVIS_SMTP_URL": letterbox.url,
        "PARVIS_TRUSTED_PROXIES": "127.0.0.1",  # the crowd says who is who
        "PARVIS_RATE_LIMITS": "on",
        "PARVIS_LIMITER": "on",
        "PARVIS_GATE": "auto",
        "PARVIS_PAGE_CACHE_BYTES": str(32 * 1024 * 1024),
    }
    try:
        await asyncio.to_thread(server.start)
        yield server
    finally:
        await asyncio.to_thread(server.stop)
        letterbox.close()


async def _crowd(server: Server) -> Report:
    """A quiet day's people have come and gone; what became of them."""
    result = await runs.run(
        Plan(LOAD, SPEED, MINUTES * 60, level=not EVENTS),
        target_of(server.origin, owned=False),
        people.read(server.home / people.FILE),
        streams=STREAMS,
    )
    return report.report_of(result)


async def _look(settings: Settings) -> health.Judgement:
    """What `parvis doctor` says."""
    _, judgement = await doctor.look(settings)
    return judgement


async def _calm(settings: Settings) -> None:
    """What making so many people left to do is done."""
    end = time.monotonic() + CALM_WITHIN_S
    while (judgement := await _look(settings)).outcome != "healthy":
        assert time.monotonic() < end, [_said(one) for one in judgement.pressing]
        await asyncio.sleep(2)


async def _incidents(settings: Settings) -> list[health.Incident]:
    """What the watch of the server wrote down by itself."""
    db = await asyncpg.connect(settings.database_url)
    try:
        return await health.incidents(db, 100)
    finally:
        await db.close()


def _errors(found: Report) -> int:
    outcomes = found.everything.outcomes
    return sum(outcomes[name] for name in ("shed", "failed", "timed out", "broken"))


def _said(one: Judged) -> str:
    evidence = ", ".join(f"{figure.label}: {shown(figure)}" for figure in one.verdict.evidence)
    followers = f"; explains {', '.join(follower.name for follower in one.followers)}" if one.followers else ""
    return f"{one.verdict.name} ({one.verdict.urgency}): {one.verdict.title} {evidence}{followers}"


def _tell(found: Report, looks: Looks, incidents: list[health.Incident]) -> None:
    everything = found.everything
    print(f"\n{text(found)}\n")
    print(
        f"{everything.offered:,} requests in {found.run_s / 60:g} minutes, {everything.outcomes['served']:,} served, "
        f"{_errors(found):,} errors ({dict(found.statuses)}), p95 {everything.latency.p95} ms"
    )
    print(f"{looks.outcomes.total()} judgements: {dict(looks.outcomes)}; notes beside: {dict(looks.notes) or 'none'}")
    print("\n".join(looks.wrong) or "none was anything but healthy")
    for one in incidents:
        figures = ", ".join(f"{figure.label}: {shown(figure)}" for figure in one.verdict.evidence)
        print(f"incident: {one.name} from {one.opened_at:%H:%M:%S} to {one.closed_at}, {one.verdict.title} {figures}")
    if not incidents:
        print("the watch wrote down no incident")
