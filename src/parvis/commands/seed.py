"""Fill this server with bulk data, to measure it: accounts that can sign in, follows, posts, answers, favourites.

The same numbers and the same seed give the same network, counted back from the present hour. Never on a server that
people use: there is no command that takes it out again.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

import msgspec

from parvis.base.clock import utc_now
from parvis.base.errors import Problem
from parvis.base.settings import Settings
from parvis.commands import installation, print_json
from parvis.demo import seed
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=_count, default=1000, metavar="N", help="number of accounts (1,000)")
    parser.add_argument("--posts", type=_count, default=20_000, metavar="N", help="number of posts (20,000)")
    parser.add_argument("--seed", type=_count, default=1, metavar="S", help="another number, another network (1)")
    parser.add_argument("--password", metavar="P", help="password of every account; made up and printed unless given")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _count(given: str) -> int:
    number = int(given.replace(",", "").replace("_", ""))
    if number < 0:
        raise ValueError
    return number


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    password = arguments.password or secrets.token_urlsafe(9)
    try:
        result = asyncio.run(_seed(arguments, settings, password))
    except Problem as problem:
        print(f"parvis: {problem}", file=sys.stderr)
        return 1
    if arguments.json:
        print_json(msgspec.to_builtins(result) | {"password": password})
    else:
        print(
            f"{result.accounts:,} accounts, {result.follows:,} follows, {result.posts:,} posts in {result.seconds} s."
        )
        print(f"Every account signs in with the password {password}, for example {', '.join(result.handles[:3])}.")
    return 0


async def _seed(arguments: argparse.Namespace, settings: Settings, password: str) -> seed.Seeded:
    async with installation(settings) as reached, open_services(reached, application="parvis seed") as services:
        return await seed.seed(
            services,
            accounts=arguments.accounts,
            posts=arguments.posts,
            seed=arguments.seed,
            password_hash=await services.hasher.hash(password),
            now=utc_now().replace(minute=0, second=0, microsecond=0),
            progress=lambda line: print(line, file=sys.stderr, flush=True),
        )
