"""How an API route is declared: verb, path, scope, parameters, answer. Handlers stay three steps long.

    @endpoint("GET", "/api/v1/timelines/home", user=True, scopes=("read:statuses",), params=Paging, returns=list[Status])
    async def home(call: Call[Paging]) -> object: ...

The declaration is also the source of the OpenAPI document and of the tests that walk every route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from parvis.api import parameters
from parvis.api.answers import Answer, Answers, Making, key_of
from parvis.api.fragments import Fragments
from parvis.api.links import link_header
from parvis.base.clock import iso_ms, utc_now
from parvis.base.errors import Forbidden, Invalid, Problem, Unauthenticated
from parvis.base.ids import AccountId
from parvis.base.pages import Page
from parvis.domain import accounts, admission
from parvis.domain.accounts.types import State, Viewer
from parvis.infra import jobs
from parvis.infra.compressing import encoding_for
from parvis.infra.doors import Audience, Bulkhead, Policy, Urgency
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import BY_ADDRESS, READS, STRANGERS, Limit, Standing
from parvis.infra.requests import client_address, header, network_of
from parvis.infra.services import Services

P = TypeVar("P")

JSON = "application/json; charset=utf-8"

_encoder = msgspec.json.Encoder()


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


@dataclass(slots=True)
class Call(Generic[P]):
    """One request, authorised and parsed. `db` is an open transaction where the route writes.

    On a reading route the viewer may be remembered from an earlier request. `token` is then the hash to be proved in the
    handler's own statement, which sets `proven`; what a handler leaves unproved is checked before anything is sent.
    """

    services: Services
    db: Connection
    viewer: Viewer | None
    params: P
    now: datetime
    request: Request[Any, Any, Any]
    token: bytes | None = None
    proven: bool = False
    making: Making | None = None

    @property
    def me(self) -> AccountId:
        """The account behind the token; the route's policy guarantees that there is one."""
        assert self.viewer is not None
        assert self.viewer.account_id is not None
        return self.viewer.account_id

    @property
    def fragments(self) -> Fragments:
        """The encoded statuses that this process keeps."""
        return self.request.app.state.fragments

    @property
    def viewer_id(self) -> AccountId | None:
        return self.viewer.account_id if self.viewer else None

    async def remember(self, *keys: int, followed: bool = False) -> None:
        """The answer may be remembered: it changes by the caller, by those on it, and by these keys, and by nothing else.

        `followed`: and by whatever the caller follows.
        """
        if self.making is None or self.viewer_id is None:
            return
        answers: Answers = self.request.app.state.answers
        found = await answers.reliance(self.db, self.viewer_id)
        self.making.rests_on((self.viewer_id, *keys, *(found.keys if followed else ())), found.until)
        self.making.whole = True


@dataclass(slots=True)
class Reply:
    """An answer that is not simply 200 and JSON of a struct."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Endpoint:
    """A declared route."""

    method: str
    path: str
    policy: Policy
    params: type
    returns: Any
    writes: bool
    connects: bool
    handler: Callable[[Call[Any]], Awaitable[object]]
    summary: str
    limit: Limit | None
    body_bytes: int
    answers: tuple[int, ...]
    refusals: tuple[int, ...]
    headers: Mapping[str, dict[str, Any]]
    media_type: str | None
    remembered: bool


ENDPOINTS: list[Endpoint] = []
NO_HEADERS: Mapping[str, dict[str, Any]] = {}


def endpoint(
    method: str,
    path: str,
    *,
    user: bool = False,
    app: bool = False,
    scopes: tuple[str, ...] = (),
    params: type = Nothing,
    returns: Any = dict,
    writes: bool | None = None,
    waiting: bool | None = None,
    connects: bool = True,
    limit: Limit | None = None,
    body_bytes: int = 1_000_000,
    urgency: Urgency | None = None,
    bulkhead: Bulkhead = "",
    shared_s: float = 0.0,
    answers: tuple[int, ...] = (200,),
    refusals: tuple[int, ...] = (),
    headers: Mapping[str, dict[str, Any]] = NO_HEADERS,
    media_type: str | None = "application/json",
    remembered: bool = False,
) -> Callable[[Callable[[Call[Any]], Awaitable[object]]], Callable[[Call[Any]], Awaitable[object]]]:
    """The function answers `method path`. Writing verbs get a transaction unless `writes` says otherwise.

    `waiting`: accounts whose address is not confirmed may call it; reading may be, writing is not, unless said.
    `connects=False`: the handler opens its own connections, for work that must not hold one (uploads, hashing).
    `urgency`, `bulkhead`, `shared_s`: how it is served under load, as in Policy; public routes must say `urgency`.
    `answers`: the statuses of good answers; `refusals`: of others than every route may have. `headers`: those it reads,
    each with its schema. `media_type`: of a good answer with a body, None where none has one.
    `remembered`: an answer to a token may be given again, if the handler has said what it rests on (`Call.remember`).
    """
    audience: Audience = "user" if user else "app" if app else "public"

    def register(handler: Callable[[Call[Any]], Awaitable[object]]) -> Callable[[Call[Any]], Awaitable[object]]:
        ENDPOINTS.append(
            Endpoint(
                method=method,
                path=path,
                policy=Policy(
                    audience, scopes, method == "GET" if waiting is None else waiting, urgency, bulkhead, shared_s
                ),
                params=params,
                returns=returns,
                writes=(method != "GET") if writes is None else writes,
                connects=connects,
                handler=handler,
                summary=(handler.__doc__ or handler.__name__.replace("_", " ")).strip().splitlines()[0],
                limit=limit,
                body_bytes=body_bytes,
                answers=answers,
                refusals=refusals,
                headers=headers,
                media_type=media_type,
                remembered=remembered,
            )
        )
        return handler

    return register


def handlers() -> list[HTTPRouteHandler]:
    """A Litestar handler for each declared route."""
    return [_litestar_handler(one) for one in ENDPOINTS]


def _litestar_handler(declared: Endpoint) -> HTTPRouteHandler:
    async def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await respond(declared, request)

    answer.__name__ = declared.handler.__name__
    path = "/".join(f"{{{p[1:]}:str}}" if p.startswith(":") else p for p in declared.path.split("/"))
    return HTTPRouteHandler(
        path,
        http_method=[HttpMethod(declared.method)],
        status_code=200,
        opt={"policy": declared.policy, "endpoint": declared},
        request_max_body_size=declared.body_bytes,
        include_in_schema=False,
    )(answer)


async def respond(declared: Endpoint, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Authorise, parse, call within a transaction if it writes, present.

    A token that an app got for somebody who had to wait opens nothing until they are admitted; its next use enters.
    """
    token = bearer_token(request)
    try:
        return await _respond(declared, request, token)
    except Unauthenticated:
        if token is None:
            raise
        await _come_in(request.app.state.services, token)
    return await _respond(declared, request, token)


async def _come_in(services: Services, token: str) -> None:
    """Whoever waited with that token has entered. Raises: Forbidden while they wait; Unauthenticated for other tokens."""
    found = await admission.enter_by_token(services, token, now=utc_now())
    if found is None:
        raise Unauthenticated
    ticket, entered = found
    if not entered:
        address = services.settings.public_origin + admission.rules.path_of(ticket)
        raise Forbidden(f"Your login is currently pending approval. Your place in the line: {address}")
    await jobs.wake(services)


async def _respond(declared: Endpoint, request: Request[Any, Any, Any], token: str | None) -> Response[bytes]:
    services: Services = request.app.state.services
    standing = count(declared, services, request, token)
    now = utc_now()
    if not declared.connects:
        viewer = await _authorised(declared.policy, token, services, now)
        params = await parameters.read(request, declared.params)
        result = await declared.handler(Call(services, None, viewer, params, now, request))  # type: ignore[arg-type]
    elif declared.writes:
        params, problem = await _parameters(request, declared.params)
        async with services.db.transaction() as db:
            viewer = await authorise(declared.policy, token, db, now)
            if problem is not None:
                raise problem
            result = await declared.handler(Call(services, db, viewer, params, now, request))
        await jobs.wake(services)
    elif declared.remembered and token is not None:
        return _with_standing(await _remembered(declared, request, token, now), standing)
    else:
        result = await _read(declared, request, token, now)
    return _with_standing(present(result, request, services), standing)


def _with_standing(response: Response[bytes], standing: Standing | None) -> Response[bytes]:
    if standing is not None:
        response.headers.update(limit_headers(standing))
    return response


async def _authorised(policy: Policy, token: str | None, services: Services, now: datetime) -> Viewer | None:
    """The same as `authorise`; the database is not asked about those who bring no token where none is needed."""
    if token is None and policy.audience == "public":
        return None
    async with services.db.connection() as db:
        return await authorise(policy, token, db, now)


async def _remembered(
    declared: Endpoint, request: Request[Any, Any, Any], token: str, now: datetime
) -> Response[bytes]:
    """What this token was answered before, if nothing has changed since; otherwise it is answered anew."""
    answers: Answers = request.app.state.answers
    if not answers.most_bytes:
        return present(await _read(declared, request, token, now), request, request.app.state.services)
    key = key_of(token, request.scope)
    known = await answers.find(key)
    if known is not None:
        return _again(known, encoding_for(request.scope["headers"]))
    making = Making(await answers.begin())
    response = present(await _read(declared, request, token, now, making), request, request.app.state.services)
    if making.whole and response.status_code == 200:
        answers.keep(key, response.content, response.headers.get("Link"), making, now)
    return response


def _again(known: Answer, encoding: bytes) -> Response[bytes]:
    headers = {} if known.link is None else {"Link": known.link}
    if encoding == b"zstd" and known.packed is not None:
        headers |= {"Content-Encoding": "zstd", "Vary": "Accept-Encoding"}
        return Response(known.packed, headers=headers, media_type=JSON)
    return Response(known.body, headers=headers, media_type=JSON)


async def _read(
    declared: Endpoint,
    request: Request[Any, Any, Any],
    token: str | None,
    now: datetime,
    making: Making | None = None,
) -> object:
    """The result of a reading route. A viewer who is remembered is proved by the handler's statement or after it."""
    services: Services = request.app.state.services
    params, problem = await _parameters(request, declared.params)
    remembered: Remembered = request.app.state.remembered
    async with services.db.connection() as db:
        viewer = remembered.viewer(token) if problem is None else None
        if viewer is None:
            viewer = await authorise(declared.policy, token, db, now)
            if problem is not None:
                raise problem
            remembered.keep(token, viewer)
            return await declared.handler(Call(services, db, viewer, params, now, request, making=making))
        check(declared.policy, viewer)
        assert token is not None
        call = Call(services, db, viewer, params, now, request, token=accounts.digest(token), making=making)
        try:
            result = await declared.handler(call)
        except Problem:
            await _prove(declared, remembered, token, db, now)
            raise
        if not call.proven:
            await _prove(declared, remembered, token, db, now)
        return result


async def _prove(declared: Endpoint, remembered: Remembered, token: str, db: Connection, now: datetime) -> None:
    """The token is still good. Raises: as `authorise`."""
    remembered.forget(token)
    remembered.keep(token, await authorise(declared.policy, token, db, now))


class Remembered:
    """Whose a token is, for the tokens this process has seen lately. Good or not is proved at every use."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._viewers: dict[str, Viewer] = {}

    def viewer(self, token: str | None) -> Viewer | None:
        return self._viewers.get(token) if token is not None else None

    def keep(self, token: str | None, viewer: Viewer | None) -> None:
        if token is None or viewer is None or viewer.account_id is None:
            return
        if len(self._viewers) >= self._most:
            self._viewers.clear()
        self._viewers[token] = viewer

    def forget(self, token: str) -> None:
        self._viewers.pop(token, None)


async def _parameters(request: Request[Any, Any, Any], kind: type[P]) -> tuple[P | None, Problem | None]:
    """The parameters, or what is wrong with them: told only to those who may come in."""
    try:
        return await parameters.read(request, kind), None
    except Problem as problem:
        return None, problem


def count(
    declared: Endpoint, services: Services, request: Request[Any, Any, Any], token: str | None
) -> Standing | None:
    """The request is counted against its limits; the tightest standing comes back. Raises: TooMany."""
    who = network_of(client_address(request.scope, services.settings))
    general = services.limits.hit(STRANGERS, who) if token is None else services.limits.hit(READS, token[:64])
    if declared.limit is None or general is None:
        return general
    mine = who if declared.limit in BY_ADDRESS or token is None else token[:64]
    special = services.limits.hit(declared.limit, mine)
    return special or general


def limit_headers(standing: Standing) -> dict[str, str]:
    """What clients read of their limits."""
    reset = iso_ms(datetime.fromtimestamp(standing.reset_at, UTC)).replace("Z", "000Z")
    return {
        "X-RateLimit-Limit": str(standing.most),
        "X-RateLimit-Remaining": str(standing.remaining),
        "X-RateLimit-Reset": reset,
    }


def bearer_token(request: Request[Any, Any, Any]) -> str | None:
    """The token of the Authorization header; nowhere else is one read from (case B4)."""
    kind, _, token = (header(request.scope, b"authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


async def authorise(policy: Policy, token: str | None, db: Connection, now: datetime) -> Viewer | None:
    """Who is asking, if the policy lets them in.

    Raises: Unauthenticated without a valid token where one is demanded; Forbidden without the scope, or while the
    address is unconfirmed; Invalid for an app's token on a user's route.
    """
    if token is None:
        if policy.audience == "public":
            return None
        raise Unauthenticated
    viewer = await accounts.viewer_of_token(db, token, now=now)
    if viewer is None:
        raise Unauthenticated
    check(policy, viewer)
    return viewer


def check(policy: Policy, viewer: Viewer) -> None:
    """The viewer may come in by this policy."""
    if policy.scopes and not any(holds(viewer.scopes, scope) for scope in policy.scopes):
        raise Forbidden("This action is outside the authorized scopes")
    if viewer.account_id is None:
        if policy.audience == "user":
            raise Invalid("token", "This method requires an authenticated user", "app_token")
        return
    if viewer.state >= State.SUSPENDED:
        raise Forbidden("Your login is currently disabled")
    if not viewer.confirmed and not policy.waiting and policy.audience == "user":
        raise Forbidden("Your login is missing a confirmed e-mail address")


_FOLLOW_SCOPE = frozenset(f"{verb}:{what}" for verb in ("read", "write") for what in ("blocks", "follows", "mutes"))


def holds(held: frozenset[str], wanted: str) -> bool:
    """Whether the held scopes cover the wanted one: a parent covers its children, `follow` six of them."""
    if wanted in held:
        return True
    if wanted in _FOLLOW_SCOPE and "follow" in held:
        return True
    parent = wanted.rpartition(":")[0]
    return bool(parent) and holds(held, parent)


def present(result: object, request: Request[Any, Any, Any], services: Services) -> Response[bytes]:
    """The handler's result as a JSON response; a Page also sends the Link header."""
    if isinstance(result, Response):
        return result
    reply = result if isinstance(result, Reply) else Reply(result)
    body = reply.body
    headers = reply.headers
    if isinstance(body, Page):
        link = link_header(request, body, services.settings.public_origin)
        if link:
            headers = headers | {"Link": link}
        body = body.items
    content = body if isinstance(body, bytes) else _encoder.encode({} if body is None else body)
    return Response(content, status_code=reply.status, headers=headers, media_type=JSON)
