"""Make an account. Its address counts as confirmed: whoever has this command line is believed.

Without --password-stdin a password is made up and printed, this once.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from parvis.base.clock import utc_now
from parvis.base.errors import Problem
from parvis.base.settings import Settings
from parvis.commands import installation, print_json
from parvis.domain import accounts, moderation
from parvis.domain.accounts import NewAccount, Role
from parvis.infra.opening import open_services

ROLES = {"member": Role.MEMBER, "moderator": Role.MODERATOR, "owner": Role.OWNER}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("handle", metavar="HANDLE", help="name of the account: letters, digits, underscores")
    parser.add_argument("--email", required=True, help="address of the person")
    parser.add_argument("--role", choices=[*ROLES], default="member")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--json", action="store_true", help="print the account as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    given = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else None
    password = given if given is not None else secrets.token_urlsafe(12)
    try:
        account_id = asyncio.run(create(settings, arguments.handle, arguments.email, ROLES[arguments.role], password))
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    handle = arguments.handle.strip().lower()
    if arguments.json:
        made_up = {} if given is not None else {"password": password}
        print_json({"id": str(account_id), "handle": handle, "role": arguments.role, **made_up})
    else:
        print(f"Made @{handle}." + ("" if given is not None else f" Password: {password}"))
    return 0


async def create(settings: Settings, handle: str, email: str, role: Role, password: str) -> int:
    """The id of the new account. Raises: Invalid."""
    accounts.rules.check_password(password)
    async with installation(settings, nats=False) as reached, open_services(reached, application="parvis") as services:
        new = NewAccount(
            handle=handle,
            email=email,
            role=role,
            confirmed=True,
            locale=settings.languages.partition(",")[0],
            password_hash=await services.hasher.hash(accounts.rules.encodable_password(password)),
        )
        async with services.db.transaction() as tx:
            made = await accounts.create(tx, services.ids, new=new, now=(now := utc_now()))
            await moderation.log.record(
                tx,
                actor_id=None,
                act="account.make",
                subject=f"account:{made}",
                details={"role": role.name.lower()},
                now=now,
            )
            return made
