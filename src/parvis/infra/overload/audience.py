"""Who looks at pages: each page that is given to somebody is told of, whether it was made for them or remembered.

What is told is what the request said; what of it is counted, and for how long it is known, the listener decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from parvis.infra.overload.principals import Asking
from parvis.infra.overload.routes import Route

# The route's path, the network that asks, the headers of the request.
Listener = Callable[[str, str, Iterable[tuple[bytes, bytes]]], None]


def telling(tell: Listener, route: Route, asking: Asking, scope: Any, send: Any) -> Any:
    """`send`, by which a page is told of as soon as its answer begins. Parts of pages and bare heads are no pages."""
    if b"hx-request" in asking.headers or scope.get("head"):
        return send

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200 and _is_page(message["headers"]):
            tell(route.path, asking.network, scope["headers"])
        await send(message)

    return sending


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
