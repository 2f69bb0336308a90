"""Every module that declares pages; importing them fills the door."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from parvis.web import (
    about,
    announcements,
    belongings,
    between,
    captions,
    compose,
    conversations,
    editing,
    embeds,
    entrance,
    explore,
    filters,
    installed,
    invitations,
    lists,
    notification_policy,
    notifications,
    oauth,
    polls,
    posts,
    profiles,
    prove,
    reports,
    scheduled,
    search,
    security,
    settings,
    setup,
    sign_up,
    silenced,
    tags,
    ticket_choices,
    tickets,
    timelines,
    uploads,
)
from parvis.web.routing import door

__all__ = [
    "about",
    "announcements",
    "belongings",
    "between",
    "captions",
    "compose",
    "conversations",
    "editing",
    "embeds",
    "entrance",
    "explore",
    "filters",
    "handlers",
    "installed",
    "invitations",
    "lists",
    "notification_policy",
    "notifications",
    "oauth",
    "polls",
    "posts",
    "profiles",
    "prove",
    "reports",
    "scheduled",
    "search",
    "security",
    "settings",
    "setup",
    "sign_up",
    "silenced",
    "tags",
    "ticket_choices",
    "tickets",
    "timelines",
    "uploads",
]


def handlers() -> list[HTTPRouteHandler]:
    """A handler for each page that they declare."""
    return door.handlers()
