"""How many receipts a second are stored, and whether the order, the log and every place hold afterwards.

.venv/bin/python -m bench.receipts                         100,000 through the domain's function, by 200 writers
.venv/bin/python -m bench.receipts --count 1500000         the launch of a large network
.venv/bin/python -m bench.receipts --http --seconds 60     through HTTP: two web processes, the client beside them
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from pathlib import Path

from bench.client import Request, flood
from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import admission
from parvis.domain.admission import Application, Ticket
from parvis.infra import engines, migrate
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from tests.rig.server import Server

WRITERS = 200


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.receipts", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--http", action="store_true", help="measure through HTTP instead")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--connections", type=int, default=64)
    arguments = parser.parse_args()
    if arguments.http:
        through_http(arguments.seconds, arguments.connections)
    else:
        asyncio.run(through_domain(arguments.count))


async def through_domain(count: int) -> None:
    """The receipts are stored, numbered and verified. Raises: AssertionError, NotTrue."""
    with tempfile.TemporaryDirectory(prefix="parvis-receipts-") as home:
        async with engines.running(Path(home), nats=False) as found:
            await migrate.apply(found.database_url)
            settings = Settings(home=Path(home), database_url=found.database_url, database_pool=8)
            async with open_services(settings, application="bench receipts") as services:
                tickets = await _store(services, count)
                await _check(services, tickets, Path(home) / "log.txt")


async def _store(services: Services, count: int) -> list[Ticket]:
    tickets: list[Ticket] = []
    numbers = itertools.count()
    samples: dict[str, int] = {}
    beside = [asyncio.create_task(_sequence(services)), asyncio.create_task(_look(services, tickets, samples))]

    async def write() -> None:
        while (number := next(numbers)) < count:
            wanted = Application(handle=f"u{number}", email=f"u{number}@mail.example")
            tickets.append(await admission.receive(services, wanted=wanted, now=utc_now()))

    before = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    elapsed = time.perf_counter() - before
    print(f"{count} receipts by {WRITERS} writers in {elapsed:.1f} s: {count / elapsed:.0f} a second", flush=True)
    for task in beside:
        task.cancel()
        if (await asyncio.gather(task, return_exceptions=True)) and task.done() and not task.cancelled():
            task.result()
    while await admission.sequence(services, now=utc_now()):
        pass
    print(f"all numbered {time.perf_counter() - before - elapsed:.1f} s later; {samples['looks']} looks at places")
    return tickets


async def _sequence(services: Services) -> None:
    """As a worker does it, and a turn of the gate now and then."""
    for turn in itertools.count():
        count = await admission.sequence(services, now=utc_now(), wait=False)
        if turn % 5 == 4:
            async with services.db.transaction() as tx:
                await admission.admit(tx, most=50, now=utc_now())
        await asyncio.sleep(0.01 if count >= admission.BATCH else 0.2)


async def _look(services: Services, tickets: list[Ticket], samples: dict[str, int]) -> None:
    """Places are looked at all the time; none may rise."""
    chance = random.Random(1)
    seen: dict[Ticket, int] = {}
    samples["looks"] = 0
    while True:
        for ticket in chance.sample(tickets, min(5, len(tickets))) + chance.sample(list(seen), min(20, len(seen))):
            async with services.db.connection() as db:
                place = await admission.place(db, ticket, utc_now())
            if place.ahead is not None:
                assert place.ahead <= seen.get(ticket, place.ahead), (ticket, seen[ticket], place)
                seen[ticket] = place.ahead
                samples["looks"] += 1
        await asyncio.sleep(0.1)


async def _check(services: Services, tickets: list[Ticket], file: Path) -> None:
    count = len(tickets)
    assert len({one.receipt_id for one in tickets}) == count
    async with services.db.connection() as db:
        row = await db.fetchrow("SELECT count(DISTINCT number), min(number), max(number), count(*) FROM receipt")
        assert row is not None
        assert list(row.values()) == [count, 1, count, count], list(row.values())
        disorder = await db.fetchval(
            """
            SELECT count(*)
              FROM receipt r
              JOIN admission_log l ON l.index = r.leaf_index
             WHERE l.number <> r.number OR l.kind <> 0
            """
        )
        assert disorder == 0
        with file.open("w") as out:
            await admission.exported(db, services.secrets, "http://127.0.0.1", out.write)
        mine = random.Random(2).choice(tickets)
        place = await admission.place(db, mine, utc_now())
    print("no number twice, no gap, order equals the log")
    before = time.perf_counter()
    with file.open() as lines:
        found = admission.verify(lines, mine.text)
    assert found.ticket_number == place.number
    assert found.ticket_places == sorted(found.ticket_places, reverse=True)
    assert found.counts["received"] == count
    print(f"verified offline in {time.perf_counter() - before:.1f} s: {found.entries} entries, {found.counts}")
    text = bytearray(file.read_bytes())
    position = random.Random(3).randrange(text.index(b"\n") + 1, len(text) - 1)
    text[position] ^= 1
    try:
        admission.verify(text.decode("utf-8", "replace").splitlines())
    except admission.NotTrue as problem:
        print(f"one flipped byte, at {position} of {len(text)}, is found: {problem}")
    else:
        raise AssertionError(f"the flipped byte at {position} was not found")


def through_http(seconds: float, connections: int) -> None:
    """Sign-ups by the public route, each a receipt of its own; the client takes its share of the machine."""
    with tempfile.TemporaryDirectory(prefix="parvis-receipts-") as home:
        server = Server(Path(home), settings={"PARVIS_WEB_WORKERS": "2"})
        server.start()
        try:
            body = b'{"username": "u{unique}", "email": "u{unique}@mail.example"}'
            path = "/api/parvis/v1/admission/receipts"
            asked = [Request(path, method="POST", body=body)]
            done = asyncio.run(flood(server.port, asked, connections=connections, seconds=seconds))
        finally:
            server.stop()
    rate = done.statuses.get(200, 0) / done.elapsed_s
    print(f"{rate:.0f} receipts a second over {done.elapsed_s:.0f} s, by status {done.statuses}")
    print(f"p50 {done.percentile(0.5):.0f} ms, p99 {done.percentile(0.99):.0f} ms, slowest {done.percentile(1):.0f} ms")


if __name__ == "__main__":
    main()
