"""What happens while a page is open: new posts for its list, posts that go, how many notifications wait.

Server-sent events for app.js, as raw ASGI because hundreds of them stay open. They carry ids, not posts: the page asks
for what it shows, and what somebody may see is decided there once more.
"""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec
from litestar import asgi

from parvis.base.clock import utc_now
from parvis.base.errors import Problem, TooMany, Unauthenticated
from parvis.base.ids import AccountId
from parvis.domain import accounts, notifications
from parvis.domain.accounts.types import Viewer
from parvis.domain.timelines import HOME, NOTIFICATIONS, PUBLIC, Audience, Happening, Key, Listener
from parvis.infra.doors import READING, Policy
from parvis.infra.html.visit import session_cookie
from parvis.infra.requests import header
from parvis.infra.services import Services

SILENCE_S = 15.0
SEND_WITHIN_S = 20.0
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"private, no-store"),
    (b"x-accel-buffering", b"no"),
]
_LISTS = {HOME: "home", PUBLIC: "public"}


class Pages:
    """The door of open pages, as `Live` sees it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def deliver(self, happening: Happening, audience: Audience) -> None:
        """Each page has been told what concerns it."""
        if happening.kind == "notified":
            told = _event("unread", {"count": await unread(self._services, happening.account_id)})
            for listener, _ in audience:
                listener.put(told)
            return
        name = {"published": "post", "removed": "gone"}.get(happening.kind)
        if name is None:
            return
        for listener, streams in audience:
            lists = sorted(_LISTS[stream] for stream in streams if stream in _LISTS)
            listener.put(_event(name, {"id": str(happening.id), "lists": lists}))


async def unread(services: Services, account: AccountId) -> int:
    """How many notifications wait."""
    async with services.db.connection() as db:
        return await notifications.unread_count(db, account)


@asgi("/live", opt={"policy": Policy("session", waiting=True, urgency=READING, bulkhead="streams")}, copy_scope=True)
async def live(scope: Any, receive: Any, send: Any) -> None:
    """The stream of one open page."""
    state = scope["litestar_app"].state
    services: Services = state.services
    try:
        viewer = await _viewer(services, scope)
        listener = Listener(_door_of(state), viewer.account_id, Key("session", viewer.session_id or 0))
        state.live.join(listener)
    except Problem as problem:
        # 204 tells a browser not to come again by itself; it may when the page is opened anew.
        await _refuse(send, 503 if isinstance(problem, TooMany) else 204)
        return
    try:
        await state.live.listen(listener, (HOME, PUBLIC, NOTIFICATIONS))
        listener.put(_event("unread", {"count": await unread(services, listener.account_id)}))  # type: ignore[arg-type]
        await _narrate(listener, receive, send)
    except (OSError, TimeoutError):
        pass  # the connection broke
    finally:
        state.live.leave(listener)


def _door_of(state: Any) -> Pages:
    """The one door of this process."""
    door = getattr(state, "pages", None)
    if door is None:
        door = state.pages = Pages(state.services)
    return door


async def _viewer(services: Services, scope: Any) -> Viewer:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(header(scope, b"cookie") or "")
    except CookieError:
        raise Unauthenticated from None
    morsel = cookies.get(session_cookie(services.settings))
    if morsel is None:
        raise Unauthenticated
    async with services.db.connection() as db:
        viewer = await accounts.viewer_of_session(db, morsel.value, now=utc_now())
    if viewer is None or viewer.barred:
        raise Unauthenticated
    return viewer


async def _narrate(listener: Listener, receive: Any, send: Any) -> None:
    leaving = asyncio.create_task(_wait_for_leaving(listener, receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _write(send, b"retry: 4000\n\n")
        async for event in listener.heard(silence_s=SILENCE_S):
            await _write(send, event or _event("here", {}))
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leaving.cancel()


async def _write(send: Any, body: bytes) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _wait_for_leaving(listener: Listener, receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close("gone")


async def _refuse(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
