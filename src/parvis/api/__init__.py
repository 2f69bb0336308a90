"""The JSON door: the Mastodon client API, OAuth and streaming. Translates our words into theirs and calls the domain."""

from __future__ import annotations

import importlib
import pkgutil

from litestar.handlers import HTTPRouteHandler

from parvis.api import responding


def handlers() -> list[HTTPRouteHandler]:
    """A handler for each route that any module of this room declares."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return responding.handlers()
