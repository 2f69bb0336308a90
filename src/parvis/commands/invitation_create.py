"""Print the code of an invitation, in the name of an account. Whoever signs up with it waits in a small lane of its own."""

from __future__ import annotations

import argparse
import asyncio
import sys

from parvis.base.clock import utc_now
from parvis.base.errors import NotFound, Problem
from parvis.base.settings import Settings
from parvis.commands import installation
from parvis.domain import accounts, admission, moderation
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("handle", metavar="HANDLE", help="who invites")
    parser.add_argument("--uses", type=int, default=1, metavar="N", help="how many may sign up with it, at most 20")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        print(asyncio.run(create(settings, arguments.handle, arguments.uses)))
    except NotFound:
        print(f"parvis: there is no account {arguments.handle!r}.", file=sys.stderr)
        return 1
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    return 0


async def create(settings: Settings, handle: str, uses: int) -> str:
    """The code. Raises: NotFound for an unknown handle; Invalid for a number of uses that cannot be."""
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
        services.db.transaction() as tx,
    ):
        person = await accounts.by_handle(tx, handle, domain=settings.domain)
        code = await admission.invite(tx, services.ids, person.id, uses=uses, staff=True, now=(now := utc_now()))
        await moderation.log.record(
            tx, actor_id=None, act="invitation.make", subject=f"account:{person.id}", details={"uses": uses}, now=now
        )
        return code
