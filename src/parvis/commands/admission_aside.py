"""Show the receipts of an outage that could not be stored, a JSON document a line; with --again, try them again.

Their owners hold tickets. A record that this release cannot read is shown as it is, in base64.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

import msgspec

from parvis.base.settings import Settings
from parvis.commands import note_act
from parvis.domain import admission


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--again", action="store_true", help="have them stored again, when what kept them out is mended"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.again:
        return _again(settings)
    for one in admission.set_aside(settings):
        shown = {"unreadable": one} if isinstance(one, bytes) else one
        sys.stdout.write(msgspec.json.encode(shown).decode() + "\n")
    return 0


def _again(settings: Settings) -> int:
    try:
        count = admission.try_again(settings)
    except BlockingIOError:
        print("parvis: receipts are being written at this moment; try again in a second.", file=sys.stderr)
        return 1
    print(f"{count} receipts will be tried again, within a second where the server runs.")
    asyncio.run(note_act(settings, "receipts.again", "receipts", {"count": count}))
    return 0
