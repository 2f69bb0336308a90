"""Run everything on this machine: PostgreSQL and NATS unless settings name others, web processes, workers.

The schema is brought up to date first. Ctrl-C, or the signal TERM, stops everything in order.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from parvis.base.settings import Settings
from parvis.infra import serving

LIGHT = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="fill an empty server with a small demo community")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    parvis = (sys.executable, "-P", "-m", "parvis")
    program = serving.Commands(
        web=(*parvis, "web"),
        work=(*parvis, "work"),
        once_up=((*parvis, "demo", "--if-empty"),) if arguments.demo else (),
        announce=(*parvis, "announce"),
    )
    return asyncio.run(serving.serve(settings, program))
