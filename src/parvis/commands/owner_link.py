"""Print a link that makes whoever opens it the owner of this place. It works once, for a day; earlier ones stop working."""

from __future__ import annotations

import argparse
import asyncio

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import installation, print_json
from parvis.domain import accounts, moderation
from parvis.infra import postgres


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the link as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    link = asyncio.run(_create(settings))
    if arguments.json:
        print_json({"link": link})
    else:
        print(link)
    return 0


async def _create(settings: Settings) -> str:
    async with installation(settings, nats=False) as reached:
        return await link(reached, noted=True)


async def link(settings: Settings, *, noted: bool = False) -> str:
    """A fresh owner link. `noted`: somebody asked for it, which the log of staff acts says."""
    db = await postgres.connect(settings.database_url, size=1)
    try:
        async with db.transaction() as tx:
            token = await accounts.owner_token(tx, now=(now := utc_now()))
            if noted:
                await moderation.log.record(tx, actor_id=None, act="owner.link", subject="owner", now=now)
    finally:
        await db.close()
    return f"{settings.public_origin}/setup/{token}"


async def announce(settings: Settings) -> list[str]:
    """What `serve` prints as long as nobody owns this place."""
    db = await postgres.connect(settings.database_url, size=1)
    try:
        async with db.connection() as connection:
            if await accounts.has_owner(connection):
                return []
    finally:
        await db.close()
    return ["Open this link to become the owner (it works once, for a day):", f"  {await link(settings)}"]
