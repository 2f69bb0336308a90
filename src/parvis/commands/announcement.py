"""Tell everybody something, or take it back.

parvis announcement add "We move to a larger machine tonight." --hours 24
parvis announcement remove 123
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime, timedelta

from parvis.base.clock import utc_now
from parvis.base.errors import Problem
from parvis.base.settings import Settings
from parvis.commands import installation
from parvis.domain import moderation
from parvis.infra.opening import open_services
from parvis.infra.postgres import Connection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
    add = words.add_parser("add", help="tell everybody something; prints its number")
    add.add_argument("text", help="what to say")
    add.add_argument(
        "--hours", type=float, default=0.0, metavar="N", help="for how long; otherwise until it is removed"
    )
    words.add_parser("remove", help="take it back").add_argument("id", type=int, help="its number")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        print(asyncio.run(_do(arguments, settings)))
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    return 0


async def _do(arguments: argparse.Namespace, settings: Settings) -> int:
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
        services.db.transaction() as tx,
    ):
        now = utc_now()
        if arguments.word == "remove":
            await moderation.announcements.withdraw(tx, arguments.id)
            await _noted(tx, "announcement.remove", arguments.id, now)
            return arguments.id
        ends_at = now + timedelta(hours=arguments.hours) if arguments.hours else None
        made = await moderation.announcements.announce(tx, services.ids, text=arguments.text, ends_at=ends_at, now=now)
        await _noted(tx, "announcement.add", made, now)
        return made


async def _noted(tx: Connection, act: str, announcement_id: int, now: datetime) -> None:
    await moderation.log.record(tx, actor_id=None, act=act, subject=f"announcement:{announcement_id}", now=now)
