"""Say what is well and what is not: settings, disk, database, schema, clock, broker. Nothing is started or changed.

The exit status is 0 unless something failed; warnings alone do not count as failure.
"""

from __future__ import annotations

import argparse
import asyncio

from parvis.base.clock import utc_now
from parvis.base.settings import Settings, unknown_variables
from parvis.commands import print_json
from parvis.domain import health
from parvis.infra import engines

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    findings = asyncio.run(health.examine(engines.with_addresses(settings), unknown=unknown_variables(), clock=utc_now))
    sound = health.sound(findings)
    if arguments.json:
        fields = ("subject", "verdict", "message")
        print_json({"sound": sound, "findings": [{name: getattr(f, name) for name in fields} for f in findings]})
    else:
        for finding in findings:
            print(f"{_MARKS[finding.verdict]} {finding.subject}: {finding.message}")
    return 0 if sound else 1
