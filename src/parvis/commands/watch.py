"""Keep the watch: what is wrong is written down, told by mail and webhook, and shown on the public status page.

Workers do this by themselves. Run this beside them, as a service of its own, so that the status page is true also
when they and everything else are dead.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal

import setproctitle

from parvis.base.settings import Settings
from parvis.infra import engines
from parvis.worker import watch

LIGHT = True


def run(_: argparse.Namespace, settings: Settings) -> int:
    setproctitle.setproctitle("parvis watch")
    asyncio.run(_keep(engines.with_addresses(settings)))
    return 0


async def _keep(settings: Settings) -> None:
    keeping = asyncio.create_task(watch.keep(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, keeping.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await keeping
