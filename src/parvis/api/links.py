"""The Link header: absolute addresses, next before prev, nothing for an empty page (Tusky loops otherwise)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request

from parvis.base.pages import Page, PageRequest

_CURSORS = {"max_id", "min_id", "since_id"}


def page_request(limit: int | None, default: int, most: int, **cursors: int | None) -> PageRequest:
    """The slice a client asks for: absolute value of the limit, clamped to the most that is given."""
    wanted = default if limit is None else min(abs(limit), most)
    return PageRequest(limit=wanted or default, **cursors)


def link_header(request: Request[Any, Any, Any], page: Page[Any], origin: str) -> str | None:
    """`<…max_id=A>; rel="next", <…min_id=B>; rel="prev"` for a page with rows; None for an empty one."""
    if page.first_cursor is None or page.last_cursor is None:
        return None
    kept = [(k, v) for k, vs in request.query_params.dict().items() if k not in _CURSORS for v in vs]
    base = origin + request.url.path
    links = []
    if page.more:
        links.append(f'<{base}?{urlencode([*kept, ("max_id", str(page.last_cursor))])}>; rel="next"')
    links.append(f'<{base}?{urlencode([*kept, (page.prev_name, str(page.first_cursor))])}>; rel="prev"')
    return ", ".join(links)
