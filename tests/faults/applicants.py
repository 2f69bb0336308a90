"""People who sign up and do not give up: each asks with a key until there is a ticket, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from tests.rig.server import Server

RECEIPTS = "/api/parvis/v1/admission/receipts"
PLACE = "/api/parvis/v1/admission/place"


@dataclass
class Applicants:
    """Who has a ticket, and what was heard on the way to it (0: no answer)."""

    server: Server
    tickets: dict[str, str] = field(default_factory=dict)  # handle → ticket
    statuses: Counter[int] = field(default_factory=Counter)
    done_at: list[float] = field(default_factory=list)
    slowest_s: float = 0.0
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def come(self, count: int, *, side_by_side: int = 32) -> None:
        """So many more have a ticket."""
        left = iter(range(count))

        async def some() -> None:
            async with httpx.AsyncClient(base_url=self.server.origin, timeout=10) as client:
                for _ in left:
                    await self.one(client)

        await asyncio.gather(*(some() for _ in range(side_by_side)))

    async def one(self, client: httpx.AsyncClient) -> None:
        handle = f"u{next(self._numbers)}"
        body = {"username": handle, "email": f"{handle}@mail.example"}
        began = time.monotonic()
        while handle not in self.tickets:
            try:
                answer = await client.post(RECEIPTS, json=body, headers={"Idempotency-Key": handle})
            except httpx.HTTPError:
                self.statuses[0] += 1
            else:
                self.statuses[answer.status_code] += 1
                if answer.status_code == 200:
                    self.tickets[handle] = answer.json()["ticket"]
                    break
                assert answer.status_code in (502, 503, 504), answer.text
            assert time.monotonic() < began + 180, f"no ticket for {handle}"
            await asyncio.sleep(0.1)
        self.done_at.append(time.monotonic())
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    async def check(self, database_url: str, file: Path) -> int:
        """Every ticket is one receipt with one number, and there are no others; the log says so too. How many."""
        db = await asyncpg.connect(database_url)
        try:
            await self._until_numbered(db)
            rows = await db.fetch("SELECT id, number, handle FROM receipt ORDER BY number")
        finally:
            await db.close()
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1)), "numbers without a gap"
        assert sorted(row["handle"] for row in rows) == sorted(self.tickets), "each receipt has a ticket, and once"
        assert len(set(self.tickets.values())) == len(self.tickets)
        numbers = {row["handle"]: row["number"] for row in rows}
        await self._ask_for_places(numbers)
        file.write_text(await asyncio.to_thread(self.server.run, "admission", "log"))
        handle, ticket = next(reversed(self.tickets.items()))
        said = await asyncio.to_thread(self.server.run, "admission", "verify", str(file), ticket)
        assert f" {numbers[handle]}" in said, said
        print(said.strip())
        return len(rows)

    async def _until_numbered(self, db: asyncpg.Connection) -> None:
        end = time.monotonic() + 120
        while await db.fetchval("SELECT count(number) FROM receipt") < len(self.tickets):
            assert time.monotonic() < end, "tickets without a receipt, or receipts without a number"
            await asyncio.sleep(0.5)

    async def _ask_for_places(self, numbers: dict[str, int]) -> None:
        """Some tickets are shown at the door: each has the number of its receipt."""
        async with httpx.AsyncClient(base_url=self.server.origin, timeout=20) as client:
            for handle, ticket in list(self.tickets.items())[:: max(1, len(self.tickets) // 200)]:
                answer = await client.get(PLACE, headers={"Authorization": f"Ticket {ticket}"})
                assert answer.status_code == 200, answer.text
                assert answer.json()["number"] == numbers[handle], handle
