"""Bring the database's schema up to date. `parvis serve` does so by itself at its start."""

from __future__ import annotations

import argparse
import asyncio

from parvis.base.settings import Settings
from parvis.commands import print_json
from parvis.infra import engines, migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print what was applied as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    applied = asyncio.run(_applied(settings))
    if arguments.json:
        print_json({"applied": applied})
    else:
        print("\n".join(f"Applied {name}." for name in applied) or "The schema is up to date.")
    return 0


async def _applied(settings: Settings) -> list[str]:
    async with engines.reachable(settings, nats=False) as reached:
        return await migrate.apply(reached.database_url)
