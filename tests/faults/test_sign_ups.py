"""Sign-ups while everything dies, and while the database is away: every ticket handed out exists once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from parvis.infra.engines.places import Places
from tests.faults.apart import DatabaseApart
from tests.faults.applicants import Applicants
from tests.faults.processes import kill
from tests.rig.server import Server

pytestmark = pytest.mark.long

SIGN_UPS = 20_000
VICTIMS = ("web-worker", "postgres", "worker", "nats", "web", "supervisor")
OUTAGE_S = 300
PAGES = ("/", "/public", "/about", "/api/v2/instance", "/api/v1/timelines/public", "/@author")
AS_IN_EARNEST = {"PARVIS_LIMITER": "on", "PARVIS_PAGE_CACHE_BYTES": str(32 * 1024 * 1024)}


@pytest.mark.timeout(900)
async def test_twenty_thousand_tickets_exist_once_though_everything_dies(tmp_path: Path) -> None:
    server = Server(tmp_path, settings={**AS_IN_EARNEST, "PARVIS_GATE": "auto"})
    server.start()
    try:
        crowd = Applicants(server)
        coming = asyncio.create_task(crowd.come(SIGN_UPS))
        for number, victim in enumerate((*VICTIMS, *VICTIMS)):
            while len(crowd.tickets) < (number + 1) * SIGN_UPS // 14:
                await asyncio.sleep(0.02)
                assert not coming.done(), coming.exception()
            print(f"{victim} killed after {len(crowd.tickets)}: tickets again after {await _dies(crowd, victim):.1f} s")
        await coming
        count = await crowd.check(Places(tmp_path).database_url(), tmp_path / "log.txt")
        print(f"{count} tickets, each there once; answers by status {dict(crowd.statuses)}")
        assert count == SIGN_UPS
    finally:
        server.stop()


async def _dies(crowd: Applicants, victim: str) -> float:
    """Seconds until the next ticket is handed out."""
    killed = time.monotonic()
    kill(crowd.server, victim)
    if victim == "supervisor":
        assert crowd.server.process is not None
        await asyncio.to_thread(crowd.server.process.wait)
        await asyncio.to_thread(crowd.server.start)
    while not any(at > killed + 0.2 for at in crowd.done_at[-50:]):
        assert time.monotonic() < killed + 60, f"no tickets after the death of {victim}"
        await asyncio.sleep(0.05)
    return next(at for at in crowd.done_at if at > killed + 0.2) - killed


@pytest.mark.timeout(900)
async def test_an_outage_of_five_minutes_loses_no_ticket_and_public_pages_stay(tmp_path: Path) -> None:
    database = DatabaseApart(tmp_path / "database")
    database.start()
    server = Server(tmp_path / "home", settings={**AS_IN_EARNEST, "PARVIS_DATABASE_URL": database.url})
    server.start()
    try:
        server.account("author")
        applicants, readers = Applicants(server), Readers(server)
        await readers.read_for(8, pause_s=0.02)
        known = readers.take()
        assert set(known) == {200}, known
        await applicants.come(50, side_by_side=4)
        await asyncio.to_thread(database.stop)
        print(f"before: pages {dict(known)}, {len(applicants.tickets)} tickets")
        applying = asyncio.create_task(_keep_coming(applicants, OUTAGE_S))
        await readers.read_for(OUTAGE_S, pause_s=0.05)
        during, tickets = readers.take(), len(applicants.tickets) - 50
        print(
            f"{OUTAGE_S} s without a database: pages {dict(during)}, {tickets} tickets, slowest {applicants.slowest_s:.2f} s"
        )
        await asyncio.to_thread(database.start)
        await applying
        await applicants.come(50, side_by_side=4)
        count = await applicants.check(database.url, tmp_path / "log.txt")
        print(f"afterwards {count} receipts, each ticket once; answers by status {dict(applicants.statuses)}")
        assert during[200] >= 0.99 * during.total()
        assert during.total() > OUTAGE_S
        assert tickets >= OUTAGE_S
    finally:
        server.stop()
        database.stop()


async def _keep_coming(applicants: Applicants, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await applicants.come(2, side_by_side=2)
        await asyncio.sleep(0.4)


class Readers:
    """Strangers who read public pages, each by a connection of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._statuses: Counter[int] = Counter()

    def take(self) -> Counter[int]:
        """What they heard since they were last asked; 0: no answer."""
        heard, self._statuses = self._statuses, Counter()
        return heard

    async def read_for(self, seconds: float, *, pause_s: float) -> None:
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            number += 1
            try:
                async with httpx.AsyncClient(base_url=self._server.origin, timeout=10) as client:
                    answer = await client.get(PAGES[number % len(PAGES)])
                    self._statuses[answer.status_code] += 1
            except httpx.HTTPError:
                self._statuses[0] += 1
            await asyncio.sleep(pause_s)
