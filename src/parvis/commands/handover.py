"""Write a kit for whoever takes this place over and can ask nobody: HANDOVER.md to read, handover.json for machines.

It says how the place is, what it is made of, where secrets are kept (none of them is in it), how to take over step by
step, and how to bring the place back. Where the server runs, its own settings are told. Write it anew from a timer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import msgspec

from parvis.base.clock import utc_now
from parvis.base.settings import Settings, from_environment, unknown_variables
from parvis.commands import doctor
from parvis.handover import facts
from parvis.handover.page import page
from parvis.infra import engines
from parvis.infra.engines import processes

PAGE, DOCUMENT = "HANDOVER.md", "handover.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", required=True, type=Path, metavar="DIRECTORY", help="where the kit is written")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        asyncio.run(write(settings, arguments.to))
    except OSError as error:
        print(f"parvis: {arguments.to} cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    print(f"{arguments.to / PAGE} says how the place is, how to take it over, and how to bring it back.")
    return 0


async def write(settings: Settings, folder: Path, *, copies: str = "") -> None:
    """The kit is there, for the eyes of its owner only; who reads meanwhile finds the old or the new one.

    `copies`: where they are kept, if not where a setting says. Raises: OSError.
    """
    kit = await _gathered(settings, copies)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    engines.write_whole(folder / PAGE, page(kit))
    engines.write_whole(folder / DOCUMENT, msgspec.json.format(msgspec.json.encode(kit), indent=2).decode() + "\n")


async def _gathered(settings: Settings, copies: str) -> facts.Kit:
    """The kit, also of a place whose database does not answer."""
    supervisor = engines.holder(settings.home)
    supervisor = None if supervisor == os.getpid() else supervisor  # engines that a command started for a moment
    environment = dict(os.environ)
    if supervisor is not None and (told := processes.environment_of(supervisor)):
        environment = told | {"PARVIS_HOME": str(settings.home)}
        settings = from_environment(environment)
    settings = msgspec.structs.replace(settings, backup=copies or settings.backup)
    try:
        async with engines.reachable(settings, nats=False) as reached:
            return await _of(reached, environment, supervisor)
    except engines.EngineFailed:
        return await _of(engines.with_addresses(settings), environment, supervisor)


async def _of(settings: Settings, environment: dict[str, str], supervisor: int | None) -> facts.Kit:
    checks, seen = await doctor.examine(settings)
    return await facts.gather(
        settings,
        environment,
        checks=checks,
        seen=seen,
        unknown=unknown_variables(environment),
        supervisor=supervisor,
        now=utc_now(),
    )
