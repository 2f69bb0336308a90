"""Sign-ups while everything dies, and while the database is away: every ticket handed out exists once."""

from __future__ import annotations

import asyncio
import itertools
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
WARMING = 240  # so many pages that every process has read every one of them, also where the machine is slow
PAGES = ("/", "/public", "/about", "/api/v2/instance", "/api/v1/timelines/public", "/@author")
AS_IN_EARNEST = {"PARVIS_LIMITER": "on", "PARVIS_PAGE_CACHE_BYTES": str(32 * 1024 * 1024)}


@pytest.mark.timeout(900)
async def test_twenty_thousand_tickets_exist_once_though_everything_dies(tmp_path: Path) -> None:
    server = Server(tmp_path, settings={**AS_IN_EARNEST, "PARVIS_GATE": "auto"})
    server.start()
    try:
        crowd = Applicants(server)
        coming = asyncio.create_task(crowd.come(SIGN_UPS))
        killed: list[tuple[str, float]] = []
        for number, victim in enumerate((*VICTIMS, *VICTIMS)):
            while len(crowd.tickets) < (number + 1) * SIGN_UPS // 14:
                await asyncio.sleep(0.02)
                assert not coming.done(), coming.exception()
            killed.append((victim, time.monotonic()))
            await _dies(server, victim)
        await coming
        for (victim, at), (_, until) in itertools.pairwise([*killed, ("", time.monotonic())]):
            moments = [at, *(one for one in crowd.done_at if at < one < until)]
            silence_s = max(after - before for before, after in itertools.pairwise(moments))
            print(f"{victim} killed: no ticket for {silence_s:.1f} s at most")
            assert silence_s < 30
        count = await crowd.check(Places(tmp_path).database_url(), tmp_path / "log.txt")
        print(f"{count} tickets, each there once; answers by status {dict(crowd.statuses)}")
        assert count == SIGN_UPS
    finally:
        server.stop()


async def _dies(server: Server, victim: str) -> None:
    kill(server, victim)
    if victim == "supervisor":
        assert server.process is not None
        await asyncio.to_thread(server.process.wait)
        await asyncio.to_thread(server.start)


@pytest.mark.timeout(900)
async def test_an_outage_of_five_minutes_loses_no_ticket_and_public_pages_stay(tmp_path: Path) -> None:
    database = DatabaseApart(tmp_path / "database")
    database.start()
    server = Server(tmp_path / "home", settings={**AS_IN_EARNEST, "PARVIS_DATABASE_URL": database.url})
    server.start()
    try:
        server.account("author")
        applicants, readers = Applicants(server), Readers(server)
        await readers.read(WARMING)
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
            await self._one(number)
            await asyncio.sleep(pause_s)

    async def read(self, count: int) -> None:
        for number in range(count):
            await self._one(number)

    async def _one(self, number: int) -> None:
        try:
            async with httpx.AsyncClient(base_url=self._server.origin, timeout=10) as client:
                answer = await client.get(PAGES[number % len(PAGES)])
                self._statuses[answer.status_code] += 1
        except httpx.HTTPError:
            self._statuses[0] += 1
