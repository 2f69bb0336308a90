"""Print what people should know once the server is ready. `parvis serve` calls this in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from collections.abc import Awaitable, Callable

from parvis.base.settings import Settings

# `module:function` of coroutines that take the settings, whose engines answer, and return the lines to print.
HOOKS: tuple[str, ...] = ("parvis.commands.owner_link:announce", "parvis.demo.login:lines")

Hook = Callable[[Settings], Awaitable[list[str]]]


def run(_: argparse.Namespace, settings: Settings) -> int:
    for line in asyncio.run(announce(settings)):
        print(line, flush=True)
    return 0


async def announce(settings: Settings) -> list[str]:
    """Everything that every hook has to say."""
    return [line for name in HOOKS for line in await _hook(name)(settings)]


def _hook(name: str) -> Hook:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)
