"""What a push message says: who did what in its receiver's language, and the beginning of what it is about."""

from __future__ import annotations

from parvis.domain.notifications.types import Kind, Notification
from parvis.domain.posts import PostView
from parvis.infra import text as texts
from parvis.infra.catalogues import Catalogue, later

LONGEST = 140

_TITLES: dict[Kind, str] = {
    "mention": later("%(who)s mentions you"),
    "post": later("%(who)s has a new %(post)s"),
    "repost": later("%(who)s reposted your %(post)s"),
    "follow": later("%(who)s follows you"),
    "follow_request": later("%(who)s asks to follow you"),
    "edit": later("%(who)s changed a %(post)s"),
    "poll": later("A poll by %(who)s has ended"),
    "quote": later("%(who)s quoted your %(post)s"),
    "quoted_edit": later("%(who)s changed a %(post)s that you quoted"),
    "moderation_warning": later("The moderators have decided something about you"),
}


def title(one: Notification, words: Catalogue, post_name: str) -> str:
    """`Ana follows you`. `post_name`: the operator's own word for a post, or empty."""
    values = {"who": one.person.name, "post": post_name.strip() or words.text(later("post"))}
    if one.kind == "favourite":
        return shortened(words.counted("%(who)s likes your %(post)s", "%(who)s like your %(post)s", 1) % values)
    return shortened(words.text(_TITLES[one.kind]) % values)


def body(one: Notification, post: PostView | None) -> str:
    """The beginning of the post, of a warned one only the warning; of a person what they say about themselves."""
    if one.kind == "moderation_warning":
        return ""  # the reasons are for whoever opens the page, not for a screen that others see
    if post is None:
        return shortened(texts.plain(one.person.note_html))
    shown = post.shown
    words = shown.warning or texts.plain(shown.html)
    if not words and shown.attachments:
        words = shown.attachments[0].description or ""
    return shortened(words)


def shortened(words: str) -> str:
    """In one line, no longer than `LONGEST` characters."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
