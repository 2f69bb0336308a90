"""Every module that declares pages; importing them fills the door."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from parvis.web import (
    about,
    captions,
    compose,
    embeds,
    entrance,
    invitations,
    notifications,
    oauth,
    posts,
    profiles,
    prove,
    search,
    security,
    settings,
    setup,
    sign_up,
    ticket_choices,
    tickets,
    timelines,
    uploads,
)
from parvis.web.routing import door

__all__ = [
    "about",
    "captions",
    "compose",
    "embeds",
    "entrance",
    "handlers",
    "invitations",
    "notifications",
    "oauth",
    "posts",
    "profiles",
    "prove",
    "search",
    "security",
    "settings",
    "setup",
    "sign_up",
    "ticket_choices",
    "tickets",
    "timelines",
    "uploads",
]


def handlers() -> list[HTTPRouteHandler]:
    """A handler for each page that they declare."""
    return door.handlers()
