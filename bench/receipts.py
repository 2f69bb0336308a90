"""How many receipts a second are stored, and whether the order, the log and every place hold afterwards.

.venv/bin/python -m bench.receipts                         100,000 through the domain's function, by 200 writers
.venv/bin/python -m bench.receipts --count 1500000         the launch of a large network
.venv/bin/python -m bench.receipts --http --seconds 60     through HTTP: two web processes, the client beside them
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg
import psutil

from bench.machine import Meter
from bench.overload import need_wrk
from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import admission
from parvis.domain.admission import Application, Ticket
from parvis.infra import engines, migrate
from parvis.infra.engines.places import Places
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
    """Sign-ups by the public route, each a receipt of its own; the client (wrk) takes its share of the machine."""
    need_wrk()
    with tempfile.TemporaryDirectory(prefix="parvis-receipts-") as home:
        settings = {"PARVIS_WEB_WORKERS": "2", "PARVIS_LIMITER": "on", "PARVIS_GATE": "auto"}
        server = Server(Path(home), settings=settings)
        server.start()
        try:
            _sign_ups(server, "warm", 5, connections)
            meter = Meter(_groups(server))
            meter.start()
            done = _sign_ups(server, "u", seconds, connections)
            used = meter.stop()
            numbered = time.perf_counter()
            asyncio.run(_until_numbered(Path(home)))
            numbered = time.perf_counter() - numbered
        finally:
            server.stop()
    print(
        f"{done['ok'] / seconds:.0f} receipts a second over {seconds:.0f} s, {done['other']} refused, {done['errors']} errors"
    )
    print(f"p50 {done['p50_ms']:.0f} ms, p99 {done['p99_ms']:.0f} ms, slowest {done['most_ms']:.0f} ms")
    for name, cpu_s in used.items():
        print(f"  {name}: {cpu_s / seconds:.2f} cores, {cpu_s / max(done['ok'], 1) * 1000:.3f} ms a receipt")
    print(f"all numbered {numbered:.1f} s later")


def _sign_ups(server: Server, word: str, seconds: float, connections: int) -> dict[str, float]:
    script = Path(__file__).with_suffix(".lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{int(seconds)}s", "--timeout", "10s", "-s", str(script)]
    output = subprocess.run([*command, server.origin, "--", word], check=True, capture_output=True, text=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    return json.loads(line.removeprefix("RESULT "))


def _groups(server: Server) -> dict[str, int]:
    """The parts of the server whose time is counted, by their first process."""
    assert server.process is not None
    found = {}
    for one in psutil.Process(server.process.pid).children():
        line = " ".join(one.cmdline()) or one.name()
        for word, name in (("parvis web", "web"), ("parvis work", "worker"), ("postgres", "database")):
            if line.startswith(word) or (name == "database" and word in line):
                found.setdefault(name, one.pid)
    return found


async def _until_numbered(home: Path) -> None:
    db = await asyncpg.connect(Places(home).database_url())
    try:
        for _ in range(600):
            if not await db.fetchval("SELECT EXISTS (SELECT FROM receipt WHERE number IS NULL)"):
                return
            await asyncio.sleep(0.1)
        raise SystemExit("There are receipts without a number after a minute.")
    finally:
        await db.close()


if __name__ == "__main__":
    main()
