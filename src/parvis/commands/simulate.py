"""Send a crowd to a server and say what came of it: a standard load, at a speed, for some minutes.

First `parvis simulate --prepare`, with the settings of the target: it seeds accounts and posts and writes a file of
tokens. Then `parvis simulate --load launch-day --target http://127.0.0.1:8000`, also from another machine. The crowd
signs up, posts and follows for real, so aim at a server that nobody uses. docs/load.md explains loads and report.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec

from parvis.base.settings import Settings
from parvis.commands import installation
from parvis.demo import members
from parvis.infra.opening import open_services
from parvis.load import page, people, report, target
from parvis.load import run as runs
from parvis.load.parameters import LOADS
from parvis.load.plan import Plan, whole_day_s
from parvis.load.process import Progress
from parvis.load.text import text
from parvis.load.world import Nothing

_MEMBERS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--load", choices=list(LOADS), default="launch-day", help="which day (launch-day)")
    parser.add_argument("--speed", type=_positive, default=1.0, metavar="N", help="so many times as fast (1)")
    parser.add_argument(
        "--minutes", type=_positive, metavar="M", help="length of the run (a whole day's, at this speed)"
    )
    parser.add_argument("--target", metavar="URL", help="the server, for example http://127.0.0.1:8000")
    parser.add_argument("--i-own-this-server", action="store_true", help="allow a target beyond this machine")
    parser.add_argument("--prepare", action="store_true", help="write the file of people, seeding what is missing")
    parser.add_argument("--members", type=_count, default=_MEMBERS, metavar="N", help="people to prepare (1,000)")
    parser.add_argument("--people", type=Path, metavar="FILE", help="that file (PARVIS_HOME/load-members.json)")
    parser.add_argument("--streams", type=int, default=0, metavar="N", help="streams that are open meanwhile (0)")
    parser.add_argument("--processes", type=_count, default=1, metavar="N", help="processes of the crowd (1)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another number, other people (1)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report there as a page")


def _positive(given: str) -> float:
    number = float(given)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _count(given: str) -> int:
    number = int(given.replace(",", "").replace("_", ""))
    if number < 1:
        raise ValueError
    return number


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    path = arguments.people or settings.home / people.FILE
    if not arguments.prepare and not arguments.target:
        print("parvis: say --target URL, or --prepare first.", file=sys.stderr)
        return 2
    try:
        if arguments.prepare:
            asyncio.run(prepare(settings, path, arguments.members))
            print(f"{arguments.members:,} people are in {path}.", file=sys.stderr)
        if arguments.target:
            _simulate(arguments, path)
    except (people.NoPeople, target.Refused, Nothing) as error:
        print(f"parvis: {error}", file=sys.stderr)
        return 1
    return 0


async def prepare(settings: Settings, path: Path, count: int) -> None:
    """The file names so many members of the server of these settings."""
    async with installation(settings) as reached, open_services(reached, application="parvis simulate") as services:
        made = await members.prepare(
            services, count=count, progress=lambda line: print(line, file=sys.stderr, flush=True)
        )
    found = people.People(
        client_id=made.client_id,
        client_secret=made.client_secret,
        members=[people.Member(*one) for one in made.members],
        password=made.password,
    )
    members.write(path, msgspec.json.encode(found))


def _simulate(arguments: argparse.Namespace, path: Path) -> None:
    run_s = arguments.minutes * 60 if arguments.minutes else whole_day_s(arguments.speed)
    result = asyncio.run(
        runs.run(
            Plan(arguments.load, arguments.speed, run_s),
            target.target_of(arguments.target, owned=arguments.i_own_this_server),
            people.read(path),
            seed=arguments.seed,
            processes=arguments.processes,
            streams=arguments.streams,
            tell=lambda at_s, progress: show(at_s, run_s, progress),
        )
    )
    print("", file=sys.stderr)
    found = report.report_of(result)
    if arguments.html:
        arguments.html.write_text(page.page(found))
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() if arguments.json else text(found))


def show(at_s: float, run_s: float, progress: Progress) -> None:
    """One line on a terminal, over the one before; elsewhere one every ten seconds."""
    waiting = progress.offered - progress.served - progress.shed - progress.other
    line = (
        f"{at_s:6.0f} of {run_s:,.0f} s   offered {progress.offered:,}   served {progress.served:,}   "
        f"shed {progress.shed:,}   otherwise {progress.other:,}   under way {waiting:,}   entered {progress.entered:,}"
    )
    if sys.stderr.isatty():
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
    elif round(at_s) % 10 == 0:
        print(line, file=sys.stderr, flush=True)
