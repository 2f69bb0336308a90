"""Try the jobs of a kind again that were given up."""

from __future__ import annotations

import argparse
import asyncio

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import database
from parvis.domain import moderation
from parvis.infra import jobs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", help="their kind, as `parvis doctor` says")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    print(f"{asyncio.run(_do(settings, arguments.kind))} jobs of the kind {arguments.kind} will be tried again.")
    return 0


async def _do(settings: Settings, kind: str) -> int:
    async with database(settings, application="parvis jobs") as db, db.transaction() as tx:
        count = await jobs.unpark_kind(tx, kind)
        await moderation.log.record(
            tx, actor_id=None, act="jobs.retry", subject="jobs", details={"kind": kind, "count": count}, now=utc_now()
        )
        return count
