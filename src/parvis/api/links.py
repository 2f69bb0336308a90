"""The Link header: absolute addresses, next before prev, nothing for an empty page (Tusky loops otherwise)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from litestar import Request

from parvis.base.pages import Page, PageRequest

_CURSORS = {"max_id", "min_id", "since_id"}


def page_request(limit: int | None, default: int, most: int, **cursors: int | None) -> PageRequest:
    """The slice a client asks for: absolute value of the limit, clamped to the most that is given."""
    wanted = default if limit is None else min(abs(limit), most)
    return PageRequest(limit=wanted or default, **cursors)


def link_header(request: Request[Any, Any, Any], page: Page[Any], origin: str) -> str | None:
    """`<…max_id=A>; rel="next", <…min_id=B>; rel="prev"` for a page with rows; None for an empty one.

    Also for one whose rows are all hidden by now: some clients ask again for as long as there is a previous page.
    """
    if not page.items or page.first_cursor is None or page.last_cursor is None:
        return None
    kept = ""
    if request.scope["query_string"]:
        pairs = [(k, v) for k, vs in request.query_params.dict().items() if k not in _CURSORS for v in vs]
        kept = urlencode(pairs) + "&" if pairs else ""
    base = f"{origin}{quote(request.scope['path'])}?{kept}"
    previous = f'<{base}{page.prev_name}={page.first_cursor}>; rel="prev"'
    return f'<{base}max_id={page.last_cursor}>; rel="next", {previous}' if page.more else previous
