"""Ten times what the server can do: what is left of it, with the limiter and without. `python -m bench.overload`

Server and engines run on one core, the load (wrk, and a prober of ours) on another. Capacity is what 24 connections get
that ask again as soon as they are answered, with the limiter off: with it, they would be told to come later and would
not obey. The flood is ten times that, from as many connections, each of which asks again a second after it was
answered, on average; refusals that wait make it smaller, as `offered` shows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.__main__ import _free_port
from bench.client import Request, flood
from bench.machine import Meter
from bench.stage import Stage, staged
from parvis.base.ids import AccountId

SERVER_CORE, LOAD_CORE = {0}, {1}
SHARES = (0.05, 0.08, 0.50, 0.37)  # of the classes, P0 to P3 (docs/overload.md)
PROBES_PER_S = 20
PATIENCE_S = 1.0  # an answer later than this is no good answer
SCRIPT = Path(__file__).with_name("overload.lua")


@dataclass
class Probes:
    """What the prober saw of the first class: second → (asked, good)."""

    seconds: dict[int, list[int]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[float, float, str]] = field(default_factory=list)  # when, after how long, with what

    def share(self, start: float, end: float) -> float:
        some = [counts for second, counts in self.seconds.items() if start <= second < end]
        return sum(good for _, good in some) / max(sum(asked for asked, _ in some), 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="how long the flood lasts; 0: not at all")
    parser.add_argument(
        "--without", type=float, default=40, help="how long it lasts without the limiter; 0: not at all"
    )
    parser.add_argument("--capacity", type=float, help="what is good at capacity, when it was measured before")
    parser.add_argument("--factor", type=float, default=10)
    parser.add_argument("--home", type=Path, default=Path("/tmp/parvis-bench-overload"))
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--costs", action="store_true", help="only what the limiter and a refusal cost")
    parser.add_argument("--rounds", type=int, default=2, help="of the costs")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = asyncio.run(costs(arguments) if arguments.costs else compare(arguments))
    if arguments.json:
        print(json.dumps(results))


async def compare(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """With the limiter, then without."""
    need_wrk()
    capacity = arguments.capacity or await measured_capacity(arguments)
    found = []
    if arguments.seconds:
        found.append(await measure(arguments, capacity, limiter=True, seconds=arguments.seconds))
    if arguments.without:
        found.append(await measure(arguments, capacity, limiter=False, seconds=arguments.without))
    return found


async def measured_capacity(arguments: argparse.Namespace) -> float:
    """Good answers a second, of all classes by their shares, with the cache of pages and without the limiter."""
    async with _stage(arguments, limiter=False, cache=True) as stage:
        with tempfile.TemporaryDirectory() as folder:
            mixed = [_mixed(await _plans(stage), Path(folder))]
            await _wrk(stage.settings.port, mixed, rate=None, seconds=4)
            [found] = await _wrk(stage.settings.port, mixed, rate=None, seconds=12)
    print(f"\ncapacity: {found['good'] / 12:.0f} good answers a second, p99 {found['p99_ms']:.0f} ms", flush=True)
    return found["good"] / 12


async def measure(arguments: argparse.Namespace, capacity: float, *, limiter: bool, seconds: float) -> dict[str, Any]:
    """The flood, and the ten seconds after it."""
    async with _stage(arguments, limiter=limiter, cache=limiter) as stage:
        port, plans = stage.settings.port, await _plans(stage)
        with tempfile.TemporaryDirectory() as folder:
            files = _written(plans, Path(folder))
            await _wrk(port, [_mixed(plans, Path(folder))], rate=capacity / 3, seconds=5)
            probes, began = Probes(), time.monotonic()
            probing = asyncio.create_task(_probe(port, probes, began))
            await asyncio.sleep(3)
            start = time.monotonic() - began
            during = await _wrk(port, files, rate=capacity * arguments.factor, seconds=seconds)
            end = time.monotonic() - began
            reading = await _recovery(port, plans[2], capacity / 3)
            probing.cancel()
    result = _result(limiter, capacity, during, seconds, probes, start, end, reading)
    _print(result)
    return result


@asynccontextmanager
async def _stage(arguments: argparse.Namespace, *, limiter: bool, cache: bool) -> AsyncIterator[Stage]:
    home = arguments.home / f"{arguments.accounts}-{arguments.posts}"
    os.environ |= {
        "PARVIS_LIMITER": "on" if limiter else "off",
        "PARVIS_PAGE_CACHE_BYTES": "33554432" if cache else "0",
        "PARVIS_TRUSTED_PROXIES": "127.0.0.1",
    }
    os.sched_setaffinity(0, SERVER_CORE)  # what is started now stays there
    async with staged(home, people=arguments.accounts, posts=arguments.posts, port=_free_port()) as stage:
        os.sched_setaffinity(0, LOAD_CORE)
        yield stage
        os.sched_setaffinity(0, SERVER_CORE | LOAD_CORE)


async def _plans(stage: Stage) -> list[list[str]]:
    """Requests of each class, as lines `METHOD path token`; the tokens are of many people."""
    rng = random.Random(1)
    async with stage.services.db.connection() as db:
        accounts = [AccountId(r["id"]) for r in await db.fetch("SELECT id FROM account ORDER BY id LIMIT 300")]
        posts = await db.fetch(
            "SELECT p.id, a.handle FROM post p JOIN account a ON a.id = p.account_id"
            " WHERE p.visibility = 0 AND p.repost_of_id IS NULL ORDER BY p.id DESC LIMIT 300"
        )
        handles = [r["handle"] for r in await db.fetch("SELECT handle FROM account ORDER BY id LIMIT 100")]
    tokens = [await stage.token(account) for account in accounts]
    entrance = ["GET /sign-up -", "GET /sign-in -", "GET /health -", "GET /forgot -"]
    writing = [f"POST /api/v1/statuses/{rng.choice(posts)['id']}/favourite {token}" for token in tokens]
    reading = []
    for token in tokens:
        reading += [f"GET /api/v1/timelines/home {token}"] * 4
        reading += [f"GET /api/v1/notifications {token}"] * 2
        reading += [f"GET /api/v1/statuses/{rng.choice(posts)['id']}/context {token}"] * 2
        reading += [f"GET /api/v1/accounts/{rng.choice(accounts)} {token}"] * 2
    browsing = ["GET /api/v2/instance -", "GET /api/v1/custom_emojis -", "GET /public -", "GET / -"] * 20
    browsing += [f"GET /@{handle} -" for handle in handles]
    browsing += [f"GET /@{rng.choice(posts)['handle']}/{rng.choice(posts)['id']} -" for _ in range(50)]
    for plan in (reading, browsing):
        rng.shuffle(plan)
    return [entrance, writing, reading, browsing]


def _written(plans: list[list[str]], folder: Path) -> list[Path]:
    files = []
    for number, plan in enumerate(plans):
        files.append(folder / f"p{number}.txt")
        files[-1].write_text("\n".join(plan) + "\n")
    return files


def _mixed(plans: list[list[str]], folder: Path) -> Path:
    """All classes in one file, by their shares: what is asked for when nobody is refused."""
    rng = random.Random(2)
    lines = [rng.choice(plans[rng.choices(range(4), SHARES)[0]]) for _ in range(5000)]
    file = folder / "mixed.txt"
    file.write_text("\n".join(lines) + "\n")
    return file


async def _wrk(port: int, files: list[Path], *, rate: float | None, seconds: float) -> list[dict[str, Any]]:
    """One wrk for each class, side by side; without a rate each connection asks as fast as it is answered."""
    running = []
    for share, file in zip(SHARES, files, strict=False):
        connections = max(2, round(rate * share)) if rate else 24
        command = [
            "taskset", "-c", ",".join(map(str, LOAD_CORE)), "wrk", "-t1", f"-c{connections}", f"-d{int(seconds)}s",
            "--timeout", "10s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--", str(file), "1000" if rate else "0",
        ]  # fmt: skip
        running.append(await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE))
    found = []
    for one in running:
        output, _ = await one.communicate()
        line = next(line for line in output.decode().splitlines() if line.startswith("RESULT "))
        found.append(json.loads(line.removeprefix("RESULT ")))
    return found


async def _probe(port: int, probes: Probes, began: float) -> None:
    """Sign-up pages, asked for at an even pace by people from many networks; whoever waits over 10 s has given up."""
    asking: set[asyncio.Task[None]] = set()
    number = 0
    while True:
        number += 1
        await asyncio.sleep(max(0.0, began + number / PROBES_PER_S - time.monotonic()))
        task = asyncio.create_task(_one_probe(port, probes, int(time.monotonic() - began), number))
        asking.add(task)
        task.add_done_callback(asking.discard)


async def _one_probe(port: int, probes: Probes, second: int, number: int) -> None:
    counts = probes.seconds.setdefault(second, [0, 0])
    counts[0] += 1
    status, answer, asked = 0, b"", time.monotonic()
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            network = f"198.51.{number % 250}.{number // 250 % 250}"
            head = f"GET /sign-up HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-For: {network}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.read(-1)
            status = int(answer[9:12] or b"0")
            writer.close()
    except (OSError, TimeoutError, ValueError) as problem:
        answer = repr(problem).encode()
    if status != 200:
        took_s = time.monotonic() - asked
        probes.failures.append((round(second + asked % 1, 1), round(took_s, 2), answer[:300].decode(errors="replace")))
    probes.statuses[status] += 1
    counts[1] += status == 200


async def _recovery(port: int, plan: list[str], rate: float) -> list[float]:
    """Share of good answers to members' reading, a third of capacity, in each of the ten seconds after the flood."""
    requests = [Request(path, token) for _, path, token in (line.split() for line in plan)]
    found = []
    for _ in range(10):
        at = time.monotonic()
        outcome = await flood(port, requests, connections=4, seconds=0.9, most=int(rate))
        found.append(outcome.statuses.get(200, 0) / max(outcome.count, 1))
        await asyncio.sleep(max(0.0, at + 1 - time.monotonic()))
    return found


def _result(
    limiter: bool, capacity: float, during: list[Any], seconds: float, probes: Probes,
    start: float, end: float, reading: list[float],
) -> dict[str, Any]:  # fmt: skip
    good = [one["in_time"] / seconds for one in during]
    recovered = next((n for n in range(10) if all(share >= 0.99 for share in reading[n:])), None)
    return {
        "limiter": limiter,
        "capacity": round(capacity),
        "offered": round(sum(one["answers"] for one in during) / seconds),
        "goodput": round(sum(good)),
        "goodput_share": round(sum(good) / capacity, 3),
        "goodput_by_class": [round(one) for one in good],
        "refused_by_class": [round(one["refused"] / seconds) for one in during],
        "good_share_by_class": [round(one["in_time"] / max(one["answers"], 1), 4) for one in during],
        "p50_ms": [round(one["p50_ms"]) for one in during],
        "p99_ms": [round(one["p99_ms"]) for one in during],
        "errors": [one["errors"] for one in during],
        "entrance_share": round(probes.share(start + 1, end), 4),
        "entrance_statuses": dict(probes.statuses),
        "entrance_failures": {
            second - int(start): asked - good
            for second, (asked, good) in sorted(probes.seconds.items())
            if asked > good
        },
        "entrance_failures_at": probes.failures[:12],
        "entrance_after": round(probes.share(end + 5, end + 12), 4),
        "reading_after": [round(one, 3) for one in reading],
        "recovered_s": recovered,
    }


def _print(result: dict[str, Any]) -> None:
    print(f"limiter {'on' if result['limiter'] else 'off'}; classes P0 P1 P2 P3; good: 200 within {PATIENCE_S:g} s")
    for name, value in result.items():
        print(f"  {name.replace('_', ' '):22} {value}", flush=True)


async def costs(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """CPU of the web process for a home page with the limiter and without, and for a refusal."""
    found: list[dict[str, Any]] = []
    for round_ in range(arguments.rounds):
        for limiter in (True, False):
            async with _stage(arguments, limiter=limiter, cache=limiter) as stage:
                async with stage.services.db.connection() as db:
                    reader = AccountId(await db.fetchval("SELECT id FROM account ORDER BY id LIMIT 1"))
                token = await stage.token(reader)
                row: dict[str, Any] = {"limiter": limiter, "round": round_}
                for name, path in (
                    ("home", "/api/v1/timelines/home"),
                    ("refusal", "/bench/refused"),
                    ("constant", "/bench/constant/150"),
                ):
                    row[name + "_ms"] = await _cpu_ms(stage, Request(path, token))
                row["page_ms"] = await _cpu_ms(stage, Request("/public"))
                found.append(row)
                print(row, flush=True)
    return found


async def _cpu_ms(stage: Stage, request: Request) -> float:
    await flood(stage.settings.port, [request], connections=4, seconds=1.5)
    meter = Meter({"web": stage.processes["web"]})
    meter.start()
    outcome = await flood(stage.settings.port, [request], connections=4, seconds=5)
    return round(meter.stop()["web"] / outcome.count * 1000, 4)


def need_wrk() -> None:
    """wrk is here; as root it is installed from Debian."""
    if shutil.which("wrk") is None and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=True, stdout=subprocess.DEVNULL)
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed. As root: apt install wrk")


if __name__ == "__main__":
    main()
