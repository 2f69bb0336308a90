"""Say what people have reported and nobody has decided, or that one breaks no rule.

What breaks a rule is decided in the console, where the rule and the evidence are.

parvis report list
parvis report decide 123 --answer "It is rude, and no rule forbids that."
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
    decide = words.add_parser("decide", help="say that nobody is at fault; whoever reported is told why")
    decide.add_argument("id", type=int, help="its number")
    decide.add_argument("--answer", required=True, help="why, for whoever reported")


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
            await moderation.reports.dismiss_by_command(tx, arguments.id, answer=arguments.answer, now=utc_now())
        return [msgspec.structs.asdict(one) for one in await moderation.reports.waiting(tx)]
