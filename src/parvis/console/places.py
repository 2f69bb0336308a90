"""The way through these pages: what there is, in groups, as far as it exists and is for the visitor."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.domain.accounts.types import Role, Viewer
from parvis.domain.moderation.types import Waiting
from parvis.infra.catalogues import later
from parvis.infra.html.door import Declared
from parvis.infra.html.visit import Visit


class Place(msgspec.Struct, frozen=True):
    path: str
    words: str
    icon: str


# A page that nobody has declared is not shown, so that an entry may stand here before its page does.
GROUPS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("", (Place("/console", later("Overview"), "home"),)),
    (
        later("People and what they write"),
        (
            Place("/console/reports", later("Reports"), "flag"),
            Place("/console/appeals", later("Appeals"), "chat"),
            Place("/console/people", later("People"), "people"),
            Place("/console/posts", later("Posts"), "words"),
            Place("/console/invitations", later("Invitations"), "person-add"),
        ),
    ),
    (
        later("The place"),
        (
            Place("/console/announcements", later("Announcements"), "horn"),
            Place("/console/rules", later("Rules"), "list"),
            Place("/console/emoji", later("Emoji"), "heart"),
            Place("/console/settings", later("Settings"), "gear"),
            Place("/console/staff", later("Staff"), "key"),
        ),
    ),
    (
        later("How it runs"),
        (
            Place("/console/gate", later("The gate"), "arch"),
            Place("/console/insights", later("Insights"), "poll"),
            Place("/console/mail", later("Outgoing mail"), "mail"),
            Place("/console/log", later("Log"), "clock"),
            Place("/console/runbooks", later("Runbooks"), "info"),
        ),
    ),
)


def shown(visit: Visit[Viewer, Any], pages: list[Declared]) -> list[dict[str, Any]]:
    """The groups with those of their places that the visitor may open."""
    if visit.viewer is None or visit.viewer.role < Role.MODERATOR:
        return []
    here = visit.request.url.path
    waits: Waiting | None = visit.beside.get("waiting")
    waiting = {} if waits is None else {"/console/reports": waits.reports, "/console/appeals": waits.appeals}
    open_paths = {one.path for one in pages if one.method == "GET" and _may_open(visit.viewer, one)}
    groups = [
        {
            "words": visit.text(words) if words else "",
            "places": [
                {
                    "path": one.path,
                    "words": visit.text(one.words),
                    "icon": one.icon,
                    "here": is_here(one.path, here),
                    "waiting": waiting.get(one.path, 0),
                }
                for one in places
                if one.path in open_paths
            ],
        }
        for words, places in GROUPS
    ]
    return [one for one in groups if one["places"]]


def is_here(path: str, here: str) -> bool:
    """Whether `here` is that page or one below it; the overview has none below it."""
    return here == path or (path != "/console" and here.startswith(f"{path}/"))


def _may_open(viewer: Viewer, page: Declared) -> bool:
    return viewer.role >= (Role.OWNER if page.policy.audience == "owner" else Role.MODERATOR)
