"""Do what can wait: deliver events, run jobs, keep schedules. The database and the broker run elsewhere.

`parvis serve` starts this by itself; alone it is for clusters, any number of times.
"""

from __future__ import annotations

import argparse

import setproctitle

from parvis.base.settings import Settings
from parvis.infra import engines


def run(_: argparse.Namespace, settings: Settings) -> int:
    engines.join(settings)
    setproctitle.setproctitle("parvis work")
    from parvis.worker import run as worker

    return worker.main() or 0
