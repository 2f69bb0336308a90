"""The ASGI application in front of all others: strangers are answered from `pages`, everybody else passes the limiter."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import structlog

from parvis.base.settings import Settings
from parvis.infra import tracing, waits
from parvis.infra.doors import BROWSING, ENTRANCE, READING
from parvis.infra.overload import answers, levels
from parvis.infra.overload.answers import LEVEL
from parvis.infra.overload.audience import Listener, opened, telling
from parvis.infra.overload.bodies import Body, TooSlow
from parvis.infra.overload.control import Buckets
from parvis.infra.overload.pacing import Pace
from parvis.infra.overload.principals import AHEAD, Asking, Principals
from parvis.infra.overload.routes import STREAMING, Route, Routes
from parvis.infra.overload.sharing import Sharing
from parvis.infra.overload.shedder import Shedder
from parvis.infra.overload.status import Status
from parvis.infra.overload.watch import Watch
from parvis.infra.services import Services

App = Callable[[Any, Any, Any], Any]

# Places of their own: what is slow in another way than by the database must not take the common ones.
# Receipts wait for a commit that many share, and hold no connection: the more are together, the less each costs.
BULKHEADS = {"receipts": 1000, "hashing": 64, "media": 16, "files": 500, "operators": 8}
BODIES_OF_NETWORK = 50  # that may be on their way at once
UNTIMED = frozenset(("files",))
EXPIRE_EVERY_S = 0.02
LOCAL = frozenset(("127.0.0.1", "::1", ""))
TOLD_EVERY_S, TOLD_AT_MOST = 60.0, 20

log = structlog.get_logger(__name__)


class Overload:
    """The limiter and the cache of one process."""

    def __init__(self, handlers: Iterable[Any], settings: Settings) -> None:
        self.settings = settings
        self.limits = settings.limiter
        self.routes = Routes(handlers)
        self.principals = Principals(settings)
        self.shedder = Shedder(pool=settings.database_pool)
        self.levels = levels.Levels()
        self.sharing = Sharing(self, settings)
        self.watch = Watch(self)
        self.tell_of_page: Listener | None = None  # set by whoever counts
        self.refusals: Counter[str] = Counter()
        self.spent = waits.Totals()
        self.rationed = 0  # of them, for what one network asks, however much room there is
        self.entered: Counter[str] = Counter()  # let in without one of the common places, by bulkhead
        self.pace = Pace()
        self.entrance = Buckets(rate=2.0, burst=60.0)  # a network; behind one address there may be a school
        self.entrances = Buckets(rate=3000.0, burst=6000.0)  # everybody together
        self.inside = dict.fromkeys(BULKHEADS, 0)
        self._bodies: Counter[str] = Counter()
        self._told: set[str] = set()  # networks, since the time beside
        self._told_since = 0.0
        self._expiring = False

    async def open(self, services: Services) -> None:
        """The clock ticks and news are heard."""
        answers.prepare(self.settings.status_page)
        await self.watch.open(services)

    async def close(self) -> None:
        await self.watch.close()

    @property
    def level(self) -> int:
        return self.levels.level

    def status(self) -> Status:
        """How this process stands, for the console, for pages and for health."""
        return Status.of(self)

    async def __call__(self, scope: Any, receive: Any, send: Any, inner: App) -> None:
        """The request is answered: by `inner`, from the cache, or by a refusal."""
        if scope["type"] != "http":
            await self.limited(STREAMING, self.principals.asking(scope), scope, receive, send, inner)
            return
        route = self.routes.find(scope["method"], scope["path"])
        asking = self.principals.asking(scope)
        if self.tell_of_page is not None and route.page and AHEAD in asking.headers and scope.get("head"):
            await opened(self.tell_of_page, route, asking, send)
            return
        if route.shared_s and asking.stranger and self.sharing.pages.most_bytes:
            await self.sharing.answer(route, asking, scope, receive, send, inner)
        else:
            await self.limited(route, asking, scope, receive, self.telling(route, asking, scope, send), inner)

    def telling(self, route: Route, asking: Asking, scope: Any, send: Any) -> Any:
        """`send`, by which whoever counts pages hears of this one, if it is one."""
        if route.page and self.tell_of_page is not None:
            return telling(self.tell_of_page, route, asking, scope, send)
        return send

    async def stream(self, scope: Any, receive: Any, send: Any, inner: App) -> None:
        """A stream is opened: a place is taken until it is open, and no longer."""
        await self.limited(STREAMING, self.principals.asking(scope), scope, receive, send, inner)

    async def limited(self, route: Route, asking: Asking, scope: Any, receive: Any, send: Any, inner: App) -> None:
        """The request is answered by `inner` or by a refusal, and it is known whether it failed and what its time went to;
        of files only whether they failed, and of streams nothing: these take as long as whoever listens."""
        work = self._limited(route, asking, scope, receive, send, inner)
        if route.bulkhead == "streams":
            await work
            return
        spent = waits.Spent()
        try:
            await waits.timed(work, spent)
        finally:
            if spent.failed:
                self.spent.failed_at(route.path)
            if not spent.refused and route.bulkhead not in UNTIMED:
                self.spent.add(spent)
                if tracing.is_on():
                    tracing.note(
                        {f"parvis.{name}_s": s for name, s in zip(waits.NAMES, spent.seconds, strict=True) if s}
                    )

    async def _limited(self, route: Route, asking: Asking, scope: Any, receive: Any, send: Any, inner: App) -> None:
        if not self.limits:
            self.entered[route.bulkhead] += 1
            await inner(scope, receive, send)
            return
        urgency = _urgency(route, asking)
        now = asyncio.get_running_loop().time()
        reason = self._closed(route, urgency, asking, now)
        if reason:
            if reason == "load":
                await self.pace.turn(now)
            await self.refuse(reason, asking, scope, send)
            return
        sending = self._noting(route, asking, send)
        bulkhead = route.bulkhead
        if asking.sends_body:
            body = await self._body(asking, scope, receive, send)
            if body is None:
                return
            receive = body.receive
            if not body.is_here:  # what goes on arriving must not hold one of the common places
                bulkhead = "media"
        if bulkhead in self.inside:
            await self._in_bulkhead(bulkhead, asking, scope, receive, sending, inner)
            return
        await self._in_place(route, urgency, asking, scope, receive, sending, inner)

    def would_shed(self, route: Route, asking: Asking, now: float) -> bool:
        """Whether the request would be refused for load if it went on to the application."""
        urgency = _urgency(route, asking)
        return bool(urgency) and self.limits and self.shedder.would_shed(urgency, asking.principal, now=now)

    def _closed(self, route: Route, urgency: int, asking: Asking, now: float) -> str:
        """Why the request is refused before anything of it is read; empty if it is not."""
        if urgency == ENTRANCE:
            if route.bulkhead == "operators" or not self.settings.rate_limits:
                return ""
            if asking.network not in LOCAL and not asking.proven and not self.entrance.take(asking.network, now):
                self.rationed += 1
                return "share"
            return "" if self.entrances.take("", now) else "load"
        if route.bulkhead == "files":
            return ""
        if self.watch.database_gone:
            return "database"
        return "load" if self.shedder.sheds(urgency, asking.principal, now=now) else ""

    async def _body(self, asking: Asking, scope: Any, receive: Any, send: Any) -> Body | None:
        """The request's body, once it is here; None when the request was answered instead."""
        if self._bodies[asking.network] >= BODIES_OF_NETWORK and self.settings.rate_limits:
            self.rationed += 1
            await self.refuse("share", asking, scope, send)
            return None
        body = Body(receive)
        self._bodies[asking.network] += 1
        try:
            await body.arrive()
        except TooSlow:
            await self.refuse("slow", asking, scope, send)
            return None
        finally:
            self._bodies[asking.network] -= 1
            if not self._bodies[asking.network]:
                del self._bodies[asking.network]
        return body

    async def _in_bulkhead(self, name: str, asking: Asking, scope: Any, receive: Any, send: Any, inner: App) -> None:
        if self.inside[name] >= BULKHEADS[name]:
            await self.refuse(name, asking, scope, send)
            return
        self.inside[name] += 1
        self.entered[name] += 1
        try:
            await inner(scope, receive, send)
        finally:
            self.inside[name] -= 1

    async def _in_place(
        self, route: Route, urgency: int, asking: Asking, scope: Any, receive: Any, send: Any, inner: App
    ) -> None:
        loop = asyncio.get_running_loop()
        principal = asking.principal
        turn = Turn(principal)
        verdict: str = self.shedder.arrive(urgency, principal, now=loop.time(), ticket=turn)
        if verdict == "wait":
            self._expire_later(loop)
            turn.coming = coming = loop.create_future()
            try:
                with (
                    waits.on(waits.PLACE),
                    tracing.span("wait for a place", **{"parvis.class": f"P{int(urgency)}"}),
                ):
                    verdict = await coming
            except asyncio.CancelledError:
                if not coming.cancelled() and coming.result() == "run":
                    self.leave(principal, 0.0)
                raise
        if verdict != "run":
            await self.refuse("share" if verdict == "share" else "load", asking, scope, send)
            return
        place = Place(self, principal, loop.time())
        try:
            await inner(scope, receive, place.until_answered(send) if route.bulkhead == "streams" else send)
        finally:
            place.leave()

    async def refuse(self, reason: str, asking: Asking, scope: Any, send: Any) -> None:
        """The request is answered without having been worked on."""
        self.refusals[reason] += 1
        waits.refused()
        if reason == "share":
            self._tell(asking.network, asyncio.get_running_loop().time())
        if scope["type"] == "websocket":
            reason_code = {"type": "websocket.close", "code": 1013, "reason": ""}
            if "websocket.http.response" not in scope.get("extensions", {}):
                await send(reason_code)
                return
        api = scope["path"].startswith(("/api/", "/oauth/token", "/oauth/revoke"))
        locale = "en" if api else self.sharing.locale(asking)
        start, body = answers.refusal(reason, self.level, api=api, locale=locale, status_page=self.settings.status_page)
        if scope["type"] == "websocket":
            await send({**start, "type": "websocket.http.response.start"})
            await send({**body, "type": "websocket.http.response.body"})
            return
        await send(
            {**start}
        )  # who sends it on adds headers to what it is given; the prepared answer must stay as it is
        await send(body)

    def _tell(self, network: str, now: float) -> None:
        """Operators can find out who asks for too much: a network is in the log once a minute, of many the first few."""
        if now - self._told_since >= TOLD_EVERY_S:
            self._told, self._told_since = set(), now
        if network not in self._told and len(self._told) < TOLD_AT_MOST:
            self._told.add(network)
            log.info("request.refused", reason="share", network=network)

    def _noting(self, route: Route, asking: Asking, send: Any) -> Any:
        """What the answer tells is noted: whether a credential is good, whether the database is there."""
        credential = asking.credential

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                if status == 503:
                    self.watch.look()
                elif credential is not None and route.audience != "public":
                    if status == 200:
                        self.principals.found_good(credential)
                    elif status == 401:
                        self.principals.found_bad(credential)
                # A refusal that was made on the way says it already.
                if self.levels.level and not any(name == LEVEL for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], (LEVEL, str(self.levels.level).encode())]
            await send(message)

        return noting

    def leave(self, principal: Hashable, took_s: float) -> None:
        """A place is free; those whose turn it is now begin."""
        self.hand_out(self.shedder.leave(principal, took_s=took_s, now=asyncio.get_running_loop().time()))

    def hand_out(self, turns: list[Turn]) -> None:
        """These begin; the turn of whoever has left goes on to the next."""
        for turn in turns:
            assert turn.coming is not None
            if turn.coming.done():
                self.leave(turn.principal, 0.0)
            else:
                turn.coming.set_result("run")

    def _expire_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._expiring:
            self._expiring = True
            loop.call_later(EXPIRE_EVERY_S, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._expiring = False
        for turn in self.shedder.expire(loop.time()):
            if not turn.coming.done():
                turn.coming.set_result("late")
        if self.shedder.waiting:
            self._expire_later(loop)


def _urgency(route: Route, asking: Asking) -> int:
    """The class: reading is a member's only if it is known that a member asks, or if nobody else may.

    What may be opened next is as urgent as nothing else is.
    """
    if AHEAD in asking.headers and route.urgency in (READING, ENTRANCE):
        return BROWSING
    if route.audience != "public" and asking.credential is not None:
        return route.urgency
    return BROWSING if route.urgency == READING and not asking.proven else route.urgency


class Turn:
    """What the limiter keeps of a request that waits."""

    __slots__ = ("coming", "principal")

    def __init__(self, principal: Hashable) -> None:
        self.principal = principal
        self.coming: asyncio.Future[str] | None = None


class Place:
    """One of the common places, given back once."""

    __slots__ = ("_began", "_held", "_overload", "_principal")

    def __init__(self, overload: Overload, principal: Hashable, began: float) -> None:
        self._overload, self._principal, self._began = overload, principal, began
        self._held = True

    def leave(self) -> None:
        if self._held:
            self._held = False
            self._overload.leave(self._principal, asyncio.get_running_loop().time() - self._began)

    def until_answered(self, send: Any) -> Any:
        """The place is given back with the first message of the answer."""

        async def sending(message: Any) -> None:
            self.leave()
            await send(message)

        return sending
