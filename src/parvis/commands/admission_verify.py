"""Check an exported log of admissions without the server, and say what it proves of a ticket."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from parvis.base.settings import Settings
from parvis.commands import print_json
from parvis.domain import admission


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", metavar="LOG", type=Path, help="what `parvis admission log` printed")
    parser.add_argument("ticket", metavar="TICKET", nargs="?", help="the text of a ticket, or its address")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    ticket = arguments.ticket.rstrip("/").rpartition("/")[2] if arguments.ticket else None
    try:
        with arguments.log.open(encoding="utf-8", errors="replace", newline="\n") as file:
            found = admission.verify(file, ticket)
    except (OSError, admission.NotTrue) as problem:
        print(f"parvis: the log does not hold: {problem}", file=sys.stderr)
        return 1
    if arguments.json:
        print_json({name: getattr(found, name) for name in found.__struct_fields__})
        return 0
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.counts.items()))
    print(f"The log holds: {found.entries} entries ({kinds}), {found.waiting} wait.")
    print(f"Numbers follow each other without a gap; {found.passed_by} times somebody was let in before those ahead.")
    print(f"Signed head: {found.head}")
    if found.ticket_number is not None:
        first, last = found.ticket_places[0], found.ticket_places[-1]
        print(
            f"The ticket is number {found.ticket_number}, {found.ticket_state}; ahead of it: {first} at first, then {last}."
        )
    return 0
