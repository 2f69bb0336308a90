"""Runs the rows, prints the table, keeps it as JSON and compares it with the last one."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import socket
import sys
import time
from pathlib import Path
from typing import Any

from bench import idle, reach
from bench import rows as all_rows
from bench.client import Outcome, Request, flood
from bench.machine import Meter, family, pss_mb
from bench.rows import Row
from bench.stage import Stage, staged

RESULTS = Path(__file__).parent / "results"
LATEST = RESULTS / "latest.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each row is measured")
    parser.add_argument("--home", type=Path, default=Path("/tmp/parvis-bench"), help="where the seeded data are kept")
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    arguments = parser.parse_args()
    asyncio.run(run(arguments))


async def run(arguments: argparse.Namespace) -> None:
    port = _free_port()
    home = arguments.home / f"{arguments.accounts}-{arguments.posts}"
    async with staged(home, people=arguments.accounts, posts=arguments.posts, port=port) as stage:
        results = []
        _print_head()
        for maker in all_rows.ROWS:
            if arguments.only and arguments.only not in maker.__name__:
                continue
            row = await maker(stage)
            result = await _measure(stage, port, row, arguments.seconds)
            _print_row(result)
            results.append(result)
        if not arguments.only or arguments.only in reach.NAME:
            results.append(await reach.measure(stage, port))
            _print_row(results[-1])
        memory = {name: round(pss_mb(family(pid)), 1) for name, pid in stage.processes.items()}
        print("\nMemory (PSS, MB): " + ", ".join(f"{name} {size}" for name, size in memory.items()))
    if arguments.only:  # a part is not what the next run should be compared with
        _compare_with_latest(results, {})
        return
    resting = await idle.measure(port)
    _print_idle(resting)
    _keep(arguments, results, memory, resting)


async def _measure(stage: Stage, port: int, row: Row, seconds: float) -> dict[str, Any]:
    if row.most is None:  # caches are warm: everybody has asked before
        await flood(port, row.requests, connections=row.connections, seconds=120, most=len(row.requests))
        await flood(port, row.requests, connections=row.connections, seconds=min(2.0, seconds))
    meter = Meter(stage.processes)
    statements = await stage.statements()
    meter.start()
    outcome = await flood(
        port, row.requests, connections=row.connections, seconds=seconds * 6 if row.most else seconds, most=row.most
    )
    await stage.at_rest()
    cpu = meter.stop()
    statements = await stage.statements() - statements
    if set(outcome.statuses) != {row.status}:
        raise SystemExit(f"{row.name}: answers {outcome.statuses}")
    constant = await _constant(stage, port, outcome)
    count = outcome.count
    mean = {name: used / count * 1000 for name, used in cpu.items()}
    return {
        "name": row.name,
        "requests": count,
        "per_second": round(count / outcome.elapsed_s, 1),
        "p50_ms": round(outcome.percentile(0.50), 2),
        "p99_ms": round(outcome.percentile(0.99), 2),
        "web_ms": round(mean["web"], 3),
        "database_ms": round(mean["database"], 3),
        "worker_ms": round(mean["worker"], 3),
        "statements": round(statements / count, 2),
        "bytes": outcome.bytes_received // count,
        "times_constant": round((mean["web"] + mean["database"]) / constant, 1),
    }


async def _constant(stage: Stage, port: int, outcome: Outcome) -> float:
    """CPU milliseconds a request of a constant answer of the same size, from the same server."""
    size = outcome.bytes_received // outcome.count
    meter = Meter({"web": stage.processes["web"]})
    meter.start()
    constant = await flood(port, [Request(f"/bench/constant/{size}")], connections=4, seconds=1.0)
    return max(meter.stop()["web"] / constant.count * 1000, 1e-6)


_COLUMNS = (
    ("name", 30), ("per_second", 11), ("p50_ms", 8), ("p99_ms", 8), ("web_ms", 8), ("database_ms", 12),
    ("worker_ms", 10), ("statements", 11), ("bytes", 8), ("times_constant", 15),
)  # fmt: skip


def _print_head() -> None:
    print("CPU milliseconds a request by kind of process; statements a request; ratio to a constant answer.\n")
    print("".join(name.ljust(width) if name == "name" else name.rjust(width) for name, width in _COLUMNS))


def _print_row(result: dict[str, Any]) -> None:
    cells = (
        str(result[name]).ljust(width) if name == "name" else str(result[name]).rjust(width) for name, width in _COLUMNS
    )
    print("".join(cells), flush=True)


def _print_idle(resting: dict[str, Any]) -> None:
    sizes = ", ".join(f"{name} {size}" for name, size in resting["memory_mb"].items())
    print(f"A fresh server at rest, two web workers (PSS, MB): {sizes}")
    print(f"Ready after {resting['first_ready_s']} s at the first start, {resting['ready_s']} s later.")


def _keep(
    arguments: argparse.Namespace, results: list[dict[str, Any]], memory: dict[str, float], resting: dict[str, Any]
) -> None:
    RESULTS.mkdir(exist_ok=True)
    _compare_with_latest(results, resting)
    kept = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "accounts": arguments.accounts,
        "posts": arguments.posts,
        "rows": results,
        "memory_mb": memory,
        "at_rest": resting,
    }
    LATEST.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"Kept in {LATEST}", file=sys.stderr)


def _compare_with_latest(results: list[dict[str, Any]], resting: dict[str, Any]) -> None:
    if not LATEST.exists():
        return
    before = json.loads(LATEST.read_text())
    earlier = {row["name"]: row for row in before["rows"]}
    print(f"\nAgainst the run of {before['at']} (CPU of web and database together, now / then):")
    for row in results:
        if row["name"] in earlier:
            then = earlier[row["name"]]["web_ms"] + earlier[row["name"]]["database_ms"]
            print(f"  {row['name']:30} {(row['web_ms'] + row['database_ms']) / max(then, 1e-6):6.2f}")
    if resting and "at_rest" in before:
        now, then = resting["memory_mb"]["everything"], before["at_rest"]["memory_mb"]["everything"]
        print(f"  {'memory of everything at rest':30} {now / then:6.2f}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
