"""Answering strangers from the cache: one asks the application, the others get what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from parvis.base.settings import Settings
from parvis.infra.catalogues import accepted_locale
from parvis.infra.overload import levels
from parvis.infra.overload.audience import may_look
from parvis.infra.overload.pages import BEHIND_S, KEPT_S, MOST_BYTES, Answer, Pages
from parvis.infra.overload.principals import Asking
from parvis.infra.overload.routes import Route

if TYPE_CHECKING:
    from parvis.infra.overload.middleware import App, Overload

PATIENCE_S = 0.5  # for a new answer where there is an old one
BEHIND_UNDER_LOAD_S = 60.0
REFUSED = (429, 503)  # what was said to one is not meant for others
_accepted = lru_cache(1024)(accepted_locale)


class Sharing:
    """The cache of public pages at work."""

    def __init__(self, overload: Overload, settings: Settings) -> None:
        self.pages = Pages(settings.page_cache_bytes)
        self._overload = overload
        self._flights: dict[Hashable, asyncio.Task[Answer | None]] = {}

    def locale(self, asking: Asking) -> str:
        """The language of the answer."""
        return _accepted(asking.headers.get(b"accept-language", b"").decode("latin-1"))

    async def answer(self, route: Route, asking: Asking, scope: Any, receive: Any, send: Any, inner: App) -> None:
        """The stranger has an answer, an old one if need be."""
        key = self._key(asking, scope)
        now = asyncio.get_running_loop().time()
        known = self.pages.get(key)
        if known is not None:
            age = now - known.went_out_at
            if known.verified and age < (route.shared_s if self._overload.watch.hears_news else 1.0):
                self.pages.hits += 1
                tell = self._overload.tell_of_page
                if tell is not None and known.is_page and route.page and may_look(asking, scope):
                    tell(route.path, asking.network, asking.headers)
                await _give(send, known, None)
                return
            send = self._overload.telling(route, asking, scope, send)
            if known.verified and age < route.shared_s + self._behind_s():
                self._fly(key, route, asking, scope, inner)
                await self._give_old(send, known, age)
                return
            if age > KEPT_S:
                known = None
        elif self._overload.level == levels.CACHED_ONLY and self._overload.limits:
            await self._overload.refuse("load", asking, scope, send)
            return
        else:
            send = self._overload.telling(route, asking, scope, send)
        if known is None and key not in self._flights and self._overload.would_shed(route, asking, now):
            await self._overload.limited(route, asking, scope, receive, send, inner)  # refused, without a task for it
            return
        await self._ask(key, route, asking, scope, receive, send, inner, known)

    async def _ask(
        self, key: Hashable, route: Route, asking: Asking, scope: Any, receive: Any, send: Any, inner: App,
        known: Answer | None,
    ) -> None:  # fmt: skip
        mine = key not in self._flights
        flight = self._fly(key, route, asking, scope, inner)
        made: Answer | None = None
        try:
            async with asyncio.timeout(None if known is None else PATIENCE_S):
                made = await asyncio.shield(flight)
        except TimeoutError:
            pass
        if known is not None and (made is None or made.status in REFUSED or made.status >= 500):
            await self._give_old(send, known, asyncio.get_running_loop().time() - known.went_out_at)
        elif made is not None and (mine or (made.for_everybody and made.status not in REFUSED)):
            self.pages.misses += 1
            self.pages.joined += not mine
            await _give(send, made, None)
        else:  # what was made is for its one reader, or too large to be kept
            await self._overload.limited(route, asking, scope, receive, send, inner)

    def forget_flights(self) -> None:
        """Nobody waits any longer for what was begun before this moment; who comes now asks anew."""
        self._flights.clear()

    def _fly(self, key: Hashable, route: Route, asking: Asking, scope: Any, inner: App) -> asyncio.Task[Answer | None]:
        """The one request for that key that is under way; it begins if there is none."""
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._made(key, route, asking, scope, inner), name="shared answer")
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        return flight

    def _landed(self, key: Hashable, flight: asyncio.Task[Answer | None]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # it was told to whoever waited

    async def _made(self, key: Hashable, route: Route, asking: Asking, scope: Any, inner: App) -> Answer | None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        caught = _Caught()
        await self._overload.limited(route, asking, {**scope}, _nothing_more, caught.send, inner)
        if caught.start is None or caught.too_large:
            return None
        answer = Answer(caught.start["status"], list(caught.start["headers"]), b"".join(caught.parts), began)
        self.pages.keep(key, answer, loop.time())
        return answer

    def _behind_s(self) -> float:
        if self._overload.level == levels.NO_DATABASE:
            return KEPT_S
        if self._overload.level == levels.WELL:
            return BEHIND_S
        return BEHIND_UNDER_LOAD_S

    async def _give_old(self, send: Any, known: Answer, age: float) -> None:
        self.pages.stale += 1
        await _give(send, known, age)

    def _key(self, asking: Asking, scope: Any) -> Hashable:
        wants_json = b"json" in asking.headers.get(b"accept", b"")
        return (scope["path"], scope["query_string"], self.locale(asking), wants_json, b"hx-request" in asking.headers)


class _Caught:
    """An answer, held back."""

    def __init__(self) -> None:
        self.start: Any = None
        self.parts: list[bytes] = []
        self.too_large = False
        self._size = 0

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self._size += len(message.get("body", b""))
            self.too_large = self.too_large or self._size > MOST_BYTES
            if not self.too_large:
                self.parts.append(bytes(message.get("body", b"")))


async def _nothing_more() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _give(send: Any, answer: Answer, age: float | None) -> None:
    headers = list(answer.headers)
    if age is not None:
        headers += [(b"age", str(int(age)).encode()), (b"x-parvis-cache", b"stale")]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
