"""Who looks at pages: each page that is given to somebody is told of, whether it was made for them or remembered.

What is told is what the request said; what of it is counted, and for how long it is known, the listener decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from parvis.infra.overload.principals import AHEAD, Asking
from parvis.infra.overload.routes import Route

# The route's path, the network that asks, what the request's headers say that the limiter reads.
Listener = Callable[[str, str, Mapping[bytes, bytes]], None]


def may_look(asking: Asking, scope: Any) -> bool:
    """Whether a page would be looked at: parts of pages and bare heads are no pages, and what is fetched ahead may never be."""
    return b"hx-request" not in asking.headers and AHEAD not in asking.headers and not scope.get("head")


def telling(tell: Listener, route: Route, asking: Asking, scope: Any, send: Any) -> Any:
    """`send`, by which a page is told of as soon as its answer begins."""
    if not may_look(asking, scope):
        return send

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200 and is_page(message["headers"]):
            tell(route.path, asking.network, asking.headers)
        await send(message)

    return sending


async def opened(tell: Listener, route: Route, asking: Asking, send: Any) -> None:
    """A page that was fetched ahead is told of, because it has been opened; nothing is made for that."""
    # The service worker says it, of a page that a person went to.
    tell(route.path, asking.network, {k: v for k, v in asking.headers.items() if not k.startswith(b"sec-fetch")})
    await send({"type": "http.response.start", "status": 204, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})


def is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether these headers of an answer say that it is a page."""
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
