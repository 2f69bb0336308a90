"""Give somebody a role, or take it away: parvis role @mona moderator. The only owner keeps theirs."""

from __future__ import annotations

import argparse
import asyncio
import sys

from parvis.base.clock import utc_now
from parvis.base.errors import NotFound, Problem
from parvis.base.settings import Settings
from parvis.commands import database
from parvis.domain import accounts, moderation
from parvis.domain.accounts import Role

ROLES = {"member": Role.MEMBER, "moderator": Role.MODERATOR, "owner": Role.OWNER}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("handle", metavar="HANDLE", help="whose")
    parser.add_argument("role", choices=[*ROLES])


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        changed = asyncio.run(_give(settings, arguments.handle, ROLES[arguments.role]))
    except NotFound:
        print(f"parvis: there is no account {arguments.handle!r}.", file=sys.stderr)
        return 1
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    handle = arguments.handle.strip().removeprefix("@")
    print(f"@{handle} is {arguments.role}" + (" now." if changed else " already."))
    return 0


async def _give(settings: Settings, handle: str, role: Role) -> bool:
    async with database(settings, application="parvis role") as db, db.transaction() as tx:
        person = await accounts.by_handle(tx, handle, domain=settings.domain)
        return await moderation.staff.give_role(tx, None, person, role=role, now=utc_now())
