"""Drop the jobs of a kind that were given up, or failed and wait to be tried again."""

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
    parser.add_argument("--given-up", action="store_true", help="only those that are tried no more")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    count = asyncio.run(_do(settings, arguments.kind, given_up=arguments.given_up))
    print(f"{count} jobs of the kind {arguments.kind} were dropped.")
    return 0


async def _do(settings: Settings, kind: str, *, given_up: bool) -> int:
    async with database(settings, application="parvis jobs") as db, db.transaction() as tx:
        count = await jobs.drop_kind(tx, kind, given_up=given_up)
        await moderation.log.record(
            tx, actor_id=None, act="jobs.drop", subject="jobs", details={"kind": kind, "count": count}, now=utc_now()
        )
        return count
