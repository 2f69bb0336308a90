"""Fill this server with a small demo community: a dozen people who follow, answer and illustrate, in several languages.

Does nothing when the community is there already. Not for a server that real people use: the demo login is for everybody.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import installation, print_json
from parvis.demo import community, login
from parvis.domain import accounts, search
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--if-empty", action="store_true", help="only when nobody has an account yet")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    result = asyncio.run(_make(settings, if_empty=arguments.if_empty))
    if arguments.json:
        print_json(result)
    else:
        print(result["message"], file=sys.stderr if arguments.if_empty else sys.stdout)
    return 0


async def _make(settings: Settings, *, if_empty: bool) -> dict[str, Any]:
    async with installation(settings) as reached, open_services(reached, application="parvis demo") as services:
        now = utc_now()
        if if_empty:
            async with services.db.connection() as db:
                if (await accounts.totals(db, now=now)).accounts:
                    return {"made": False, "message": "There are accounts already; the demo community stays away."}
        made = await community.create(services, now=now)
        if made is None:
            return {"made": False, "message": "The demo community is here already."}
        login.keep(settings, made.password)
        await search.trends.compute(services, now=utc_now())  # whoever looks around finds something to explore at once
        message = (
            f"{made.accounts} people and {made.posts} posts. Sign in as {community.LOGIN}, password {made.password}"
        )
        return {"made": True, "login": community.LOGIN, "password": made.password, "message": message}
