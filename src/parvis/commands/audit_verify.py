"""Check the log of what staff did: that no entry was changed, left out or put in since it was written.

parvis audit verify
parvis audit verify --export log.csv     the entries as a table too, each with its seal; - is standard output
parvis audit verify --seal 9f…           and that the entry with this seal, from an earlier export, still stands in it

What was cut off at the end shows only by a seal that was noted down before: keep an export elsewhere.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path

from parvis.base.settings import Settings
from parvis.commands import database
from parvis.domain import moderation
from parvis.domain.moderation.log import Checked, Writable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--export", metavar="FILE", help="write the entries as CSV")
    parser.add_argument("--seal", action="append", default=[], metavar="HEX", help="a seal that must stand in the log")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    wanted = frozenset(one.strip().lower() for one in arguments.seal)
    with ExitStack() as files:
        to: Writable | None = None
        if arguments.export == "-":
            to = sys.stdout
        elif arguments.export:
            path = Path(arguments.export)
            path.touch(mode=0o600)
            to = files.enter_context(path.open("w", newline="", encoding="utf-8"))
        checked = asyncio.run(_check(settings, wanted, to))
    return _told(checked, wanted)


async def _check(settings: Settings, wanted: frozenset[str], to: Writable | None) -> Checked:
    async with database(settings, application="parvis audit") as db, db.transaction() as tx:
        return await moderation.log.check(tx, known=wanted, to=to)


def _told(checked: Checked, wanted: frozenset[str]) -> int:
    print(f"{checked.count} entries fit; the last seal is {checked.seal.hex()}", file=sys.stderr)
    if checked.broken_id is not None:
        print(f"parvis: entry {checked.broken_id} does not fit its seal: the log was changed there.", file=sys.stderr)
    for missing in sorted(wanted - checked.found):
        print(f"parvis: no entry has the seal {missing}: the log was changed or cut off.", file=sys.stderr)
    return 1 if checked.broken_id is not None or wanted - checked.found else 0
