"""Print a bearer token with which a program may act for an account. The account's settings list it and can end it."""

from __future__ import annotations

import argparse
import asyncio
import sys

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, NotFound, Problem
from parvis.base.settings import Settings
from parvis.commands import installation, print_json
from parvis.domain import accounts, moderation
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("handle", metavar="HANDLE", help="whose account")
    parser.add_argument("--app", required=True, metavar="NAME", help="name of the program, as its posts show it")
    parser.add_argument("--scopes", default="read", help='what it may do, such as "read write follow push"')
    parser.add_argument("--json", action="store_true", help="print the token as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        token = asyncio.run(create(settings, arguments.handle, arguments.app, arguments.scopes))
    except NotFound:
        print(f"parvis: there is no account {arguments.handle!r}.", file=sys.stderr)
        return 1
    except Problem as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    if arguments.json:
        print_json({"access_token": token, "token_type": "Bearer", "scope": " ".join(_scopes(arguments.scopes))})
    else:
        print(token)
    return 0


def _scopes(text: str) -> tuple[str, ...]:
    return accounts.scopes.parse(text.replace(",", " ")) or accounts.scopes.DEFAULT


async def create(settings: Settings, handle: str, app_name: str, scopes: str) -> str:
    """The token. Raises: NotFound for an unknown handle; Invalid for a scope or name that cannot be."""
    wanted = _scopes(scopes)
    if not accounts.scopes.are_known(wanted):
        raise Invalid("scopes", "There is no such scope; known are: " + " ".join(accounts.scopes.KNOWN))
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
        services.db.transaction() as tx,
    ):
        person = await accounts.by_handle(tx, handle, domain=settings.domain)
        login = await accounts.login_of(tx, person.id)
        app, _ = await accounts.register_app(
            tx,
            services.ids,
            name=app_name,
            redirect_uris=[accounts.rules.OUT_OF_BAND],
            scopes_text=" ".join(wanted),
            now=utc_now(),
        )
        token = await accounts.create_token(
            tx, services.ids, login.account_id, app_id=app.id, scopes=wanted, now=(now := utc_now())
        )
        said = {"app": app_name, "scopes": " ".join(wanted)}
        await moderation.log.record(
            tx, actor_id=None, act="token.make", subject=f"account:{person.id}", details=said, now=now
        )
        return token
