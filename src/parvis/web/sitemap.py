"""A map for search engines: the public pages of this place, and of those who let machines find them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from litestar import Request, Response, get

from parvis.base.clock import iso_ms
from parvis.base.pages import PageRequest
from parvis.domain import accounts, posts, search, timelines
from parvis.domain.posts import Visibility
from parvis.infra.doors import LONG_SHARED_S, READING, Policy
from parvis.infra.services import Services

PATHS = ("/", "/public", "/explore", "/explore/tags", "/explore/people", "/about")
MOST_PEOPLE, MOST_POSTS = 1000, 200


@get(
    "/sitemap.xml",
    opt={"policy": Policy("public", urgency=READING, shared_s=LONG_SHARED_S)},
    include_in_schema=False,
)
async def sitemap(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Pages of the place, people who wrote last, posts that are newest; search engines come again for more."""
    services: Services = request.app.state.services
    origin = services.settings.public_origin
    async with services.db.connection() as db:
        listed = await search.directory(db, None, order="active", limit=MOST_PEOPLE, offset=0)
        people = (await accounts.by_ids(db, listed)).values()
        newest = await timelines.public(db, None, PageRequest(limit=MOST_POSTS))
        shown = await posts.views(db, newest.items, viewer_id=None)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(_entry(origin + path) for path in PATHS),
        *(_entry(f"{origin}/@{one.acct}") for one in people if one.indexable and one.domain is None),
        *_posts(origin, shown),
        "</urlset>",
    ]
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response("\n".join(lines).encode(), media_type="application/xml; charset=utf-8", headers=headers)


def _posts(origin: str, shown: Iterable[posts.PostView]) -> Iterable[str]:
    for one in shown:
        author = one.author
        everybodys = one.visibility == Visibility.PUBLIC and one.repost_of is None
        if everybodys and author.indexable and author.domain is None:
            yield _entry(f"{origin}/@{author.acct}/{one.id}", one.edited_at or one.created_at)


def _entry(address: str, changed_at: datetime | None = None) -> str:
    changed = f"<lastmod>{iso_ms(changed_at)}</lastmod>" if changed_at else ""
    return f"<url><loc>{escape(address)}</loc>{changed}</url>"
