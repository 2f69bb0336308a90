"""Say what people have reported and nobody has decided, or that one is decided.

parvis report list
parvis report decide 123
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

import msgspec

from parvis.base.clock import utc_now
from parvis.base.errors import Problem
from parvis.base.settings import Settings
from parvis.commands import installation, print_json
from parvis.domain import moderation
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
    words.add_parser("list", help="print them as JSON, the oldest first")
    words.add_parser("decide", help="say that it is decided").add_argument("id", type=int, help="its number")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        print_json(asyncio.run(_do(arguments, settings)))
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    return 0


async def _do(arguments: argparse.Namespace, settings: Settings) -> list[Any]:
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
        services.db.transaction() as tx,
    ):
        if arguments.word == "decide":
            await moderation.reports.decide(tx, arguments.id, now=(now := utc_now()))
            await moderation.log.record(
                tx, actor_id=None, act="report.decide", subject=f"report:{arguments.id}", now=now
            )
        return [msgspec.structs.asdict(one) for one in await moderation.reports.waiting(tx)]
