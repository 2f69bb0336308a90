"""Pages for those who run the place (the operator's door): how it is, the gate, insights, who invited whom, unsent letters."""

from __future__ import annotations

from litestar.handlers.base import BaseRouteHandler


def route_handlers() -> list[BaseRouteHandler]:
    """Every page of this door."""
    from parvis.console import (  # noqa: F401 - with this their pages are at the door
        gate,
        insights,
        invitations,
        log,
        mail,
        overview,
    )
    from parvis.console.routing import door

    return [*door.handlers()]
