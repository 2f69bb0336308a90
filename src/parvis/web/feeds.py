"""Feeds (RSS 2.0) of what everybody may read: one for each person and each hashtag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from litestar import Response

from parvis.base.errors import NotFound
from parvis.base.ids import PostId
from parvis.base.pages import PageRequest
from parvis.domain import accounts, posts, timelines
from parvis.domain.accounts.types import State
from parvis.domain.posts import PostView, Visibility
from parvis.infra.text import with_origin
from parvis.web.routing import Call

MOST = 20


async def of_person(call: Call[Any], acct: str) -> Response[bytes]:
    """What somebody has published for everybody, without replies and reposts. Raises: NotFound."""
    person = await accounts.by_handle(call.db, acct, domain=call.settings.domain)
    if person.state >= State.SUSPENDED:
        raise NotFound
    page = PageRequest(limit=MOST)
    found = await timelines.account(call.db, None, person.id, page, without_replies=True, without_reposts=True)
    return await _feed(call, f"{person.name} (@{person.acct})", f"/@{person.acct}", found.items)


async def of_tag(call: Call[Any], name: str) -> Response[bytes]:
    """Public posts under a hashtag."""
    found = await timelines.tag(call.db, None, name, PageRequest(limit=MOST))
    return await _feed(call, f"#{name}", f"/tags/{name}", found.items)


async def _feed(call: Call[Any], title: str, path: str, ids: Sequence[PostId]) -> Response[bytes]:
    origin = call.settings.public_origin
    shown = [one for one in await posts.views(call.db, ids, viewer_id=None) if one.visibility <= Visibility.QUIET]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">',
        "<channel>",
        _element("title", title),
        _element("link", origin + path),
        _element("description", f"{title} · {call.settings.name}"),
        *(line for one in shown for line in _item(one, origin)),
        "</channel>",
        "</rss>",
    ]
    headers = {"Cache-Control": "public, max-age=60", "Content-Security-Policy": "default-src 'none'"}
    return Response("\n".join(lines).encode(), media_type="application/rss+xml; charset=utf-8", headers=headers)


def _item(post: PostView, origin: str) -> Iterable[str]:
    address = f"{origin}/@{post.author.acct}/{post.id}"
    hidden = f"<p>{escape(post.warning)}</p>" if post.warning else with_origin(post.html, origin)
    yield "<item>"
    yield _element("guid", address)
    yield _element("link", address)
    yield _element("pubDate", format_datetime(post.created_at))
    yield _element("description", hidden)
    yield from (_element("category", tag) for tag in post.tags)
    yield "</item>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
