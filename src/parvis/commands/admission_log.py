"""Print the public log of admissions: every entry in its order and the signed head, for anybody to check offline."""

from __future__ import annotations

import argparse
import asyncio
import sys

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import installation
from parvis.domain import admission
from parvis.infra.opening import open_services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    asyncio.run(export(settings))
    return 0


async def export(settings: Settings) -> None:
    """The log as it is signed now is on standard output."""
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
    ):
        while await admission.sequence(services, now=utc_now()):
            pass
        async with services.db.connection() as db:
            await admission.exported(db, services.secrets, settings.public_origin, sys.stdout.write)
