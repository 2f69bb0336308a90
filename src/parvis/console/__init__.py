"""Pages for those who run the place (the operator's door): how it is and runs, who runs it, what it says, what they did."""

from __future__ import annotations

from litestar.handlers.base import BaseRouteHandler


def route_handlers() -> list[BaseRouteHandler]:
    """Every page of this door."""
    from parvis.console import (  # noqa: F401 - with this their pages are at the door
        announcements,
        appeals,
        emoji,
        gate,
        house_rules,
        house_settings,
        insights,
        invitations,
        log,
        mail,
        overview,
        people,
        posts,
        reports,
        restricting,
        runbooks,
        staff,
    )
    from parvis.console.routing import door

    return [*door.handlers()]
