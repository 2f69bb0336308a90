"""Pages for those who run the place (the operator's door). So far one: the letters that nobody sends."""

from __future__ import annotations

from litestar.handlers.base import BaseRouteHandler


def route_handlers() -> list[BaseRouteHandler]:
    """Every page of this door."""
    from parvis.console import mail

    return [*mail.door.handlers()]
