"""The door of a whole server whose database becomes slow: it closes as far as it must, says why, and opens again."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.apart import DatabaseApart, Road
from tests.faults.applicants import Applicants
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

SLOWER_S = 0.2
NOW = "/api/parvis/v1/admission/now"


async def test_a_slow_database_halves_the_rate_within_a_minute_says_so_and_is_forgiven(tmp_path: Path) -> None:
    database = DatabaseApart(tmp_path / "database")
    database.start()
    try:
        async with Road(database).open() as road:
            settings = {"PARVIS_DATABASE_URL": road.url, "PARVIS_GATE": "auto", "PARVIS_LIMITER": "on"}
            server = Server(tmp_path / "home", settings=settings)
            await asyncio.to_thread(server.start)
            try:
                await _slow_and_quick_again(server, road)
            finally:
                await asyncio.to_thread(server.stop)
    finally:
        database.stop()


async def _slow_and_quick_again(server: Server, road: Road) -> None:
    await asyncio.to_thread(server.account, "alice")
    members = Members(server, await asyncio.to_thread(server.token, "alice"))
    applying = asyncio.create_task(_apply(Applicants(server)))
    reading = asyncio.create_task(members.read())
    try:
        await _watched(server, road, members)
    finally:
        for one in (applying, reading):
            one.cancel()
        await asyncio.gather(applying, reading, return_exceptions=True)


async def _watched(server: Server, road: Road, members: Members) -> None:
    before = await _steady(server)
    print(f"before: {before:.2f} a second; members' p95 {members.p95_ms():.0f} ms")

    road.delay_s, began = SLOWER_S, time.monotonic()
    while not ((now := await _status(server))["rate_per_s"] <= before / 2 and now["reason"] == "database"):
        assert time.monotonic() < began + 60, f"after a minute: {now}"
        await asyncio.sleep(1)
    told = await _until_told(server, "database")
    print(f"slower by {SLOWER_S * 1000:.0f} ms: {now['rate_per_s']:.2f} a second for the reason {now['reason']}")
    print(f"  after {time.monotonic() - began:.0f} s, said to everybody as {told['reason']}")
    await asyncio.sleep(15)
    print(f"  members' p95 meanwhile {members.p95_ms():.0f} ms")

    road.delay_s, began = 0.0, time.monotonic()
    while (now := await _status(server))["rate_per_s"] < 0.5 * before or now["reason"] == "database":
        assert time.monotonic() < began + 300, f"never forgiven: {now}"
        await asyncio.sleep(2)
    print(
        f"quick again: {now['rate_per_s']:.2f} a second after {time.monotonic() - began:.0f} s, reason {now['reason']}"
    )
    members.p95_ms()
    await asyncio.sleep(15)
    after = members.p95_ms()
    print(f"afterwards: members' p95 {after:.0f} ms, answers by status {members.statuses}")
    assert set(members.statuses) == {200}, members.statuses


async def _steady(server: Server) -> float:
    """The rate, once the door has been looked after for a while."""
    rates: list[float] = []
    now: dict[str, Any] = {"reason": None}
    end = time.monotonic() + 120
    while len(rates) < 2 or min(rates[-2:]) < 0.6 * max(rates[-2:]) or min(rates[-2:]) < 1.0:
        if time.monotonic() > end:
            pytest.fail(f"this machine is too busy with other things: {rates} people a second, for {now['reason']}")
        await asyncio.sleep(10)
        now = await _status(server)
        rates += [] if now["rate_per_s"] is None else [now["rate_per_s"]]
    return statistics.median(rates[-2:])


async def _status(server: Server) -> dict[str, Any]:
    return json.loads(await asyncio.to_thread(server.run, "gate", "status", "--json"))


async def _until_told(server: Server, reason: str) -> dict[str, Any]:
    """What everybody is told, once that is the reason."""
    async with httpx.AsyncClient(base_url=server.origin, timeout=20) as client:
        for _ in range(20):
            answer = await client.get(NOW)
            if answer.status_code == 200 and answer.json()["reason"] == reason:
                return answer.json()
            await asyncio.sleep(0.5)
    raise AssertionError(f"{answer.status_code}: {answer.text}")


async def _apply(applicants: Applicants) -> None:
    while True:
        await applicants.come(2, side_by_side=2)
        await asyncio.sleep(1)


class Members:
    """Somebody inside who reads; how long that took since it was last asked."""

    def __init__(self, server: Server, token: str) -> None:
        self.statuses: dict[int, int] = {}
        self._server, self._token = server, token
        self._took: list[float] = []

    def p95_ms(self) -> float:
        took, self._took = sorted(self._took), []
        return took[int(0.95 * len(took))] * 1000 if took else float("nan")

    async def read(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(base_url=self._server.origin, timeout=20, headers=headers) as client:
            while True:
                began = time.monotonic()
                answer = await client.get("/api/v1/timelines/home")
                self._took.append(time.monotonic() - began)
                self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
                await asyncio.sleep(0.1)
