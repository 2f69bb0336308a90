"""Say, add to or shorten the rules of the house.

parvis rule list
parvis rule add "Be kind." --hint "Even when you disagree."
parvis rule remove 123
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from parvis.base.clock import utc_now
from parvis.base.errors import Problem
from parvis.base.settings import Settings
from parvis.commands import installation
from parvis.domain import moderation
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
    words.add_parser("list", help="say the rules")
    add = words.add_parser("add", help="add a rule")
    add.add_argument("text", help="the rule, in one sentence")
    add.add_argument("--hint", default="", help="a sentence that explains it")
    words.add_parser("remove", help="take a rule out").add_argument("id", type=int, help="its number in the list")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        lines = asyncio.run(_do(arguments, settings))
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


async def _do(arguments: argparse.Namespace, settings: Settings) -> list[str]:
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
        services.db.transaction() as tx,
    ):
        now = utc_now()
        if arguments.word == "add":
            added = await moderation.house_rules.add(
                tx, services.ids, text=arguments.text, hint=arguments.hint, now=now
            )
            await moderation.log.record(
                tx, actor_id=None, act="rule.add", subject=f"rule:{added.id}", details={"text": added.text}, now=now
            )
        elif arguments.word == "remove":
            await moderation.house_rules.remove(tx, arguments.id, now=now)
            await moderation.log.record(tx, actor_id=None, act="rule.remove", subject=f"rule:{arguments.id}", now=now)
        return [f"{one.id}  {one.text}" for one in await moderation.house_rules.current(tx)] or ["There are no rules."]
