"""Keeps the engines of the folder named on the command line until it is killed; says `up` when they answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from parvis.infra import engines

THROWAWAY = {"fsync": "off", "shared_buffers": "16MB"}


async def main() -> None:
    async with engines.running(Path(sys.argv[1]), postgres_options=THROWAWAY):
        print("up", flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
