"""Do what can wait: deliver events, run jobs, keep schedules. The database and the broker run elsewhere.

`parvis serve` starts this by itself; alone it is for clusters, any number of times. `--only transcode` is for machines
that make videos playable and nothing else.
"""

from __future__ import annotations

import argparse

import setproctitle

from parvis.base.settings import Settings
from parvis.infra import engines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=["transcode"], help="do this kind of work alone")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    engines.join(settings)
    setproctitle.setproctitle("parvis work")
    from parvis.worker import run as worker

    return worker.main(arguments.only) or 0
