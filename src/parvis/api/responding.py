"""How a declared route answers: authorise, read the parameters, call the handler, present what it gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from parvis.api import parameters
from parvis.api.answers import Answer, Answers, Making, key_of
from parvis.api.authorising import Remembered, authorise, bearer_token, check
from parvis.api.links import link_header
from parvis.api.routing import ENDPOINTS, Call, Endpoint, Reply
from parvis.base.clock import iso_ms, utc_now
from parvis.base.errors import Forbidden, Problem, Unauthenticated
from parvis.base.pages import Page
from parvis.domain import accounts, admission
from parvis.domain.accounts.types import Viewer
from parvis.infra import jobs
from parvis.infra.compressing import encoding_for
from parvis.infra.doors import Policy
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import BY_ADDRESS, READS, STRANGERS, Standing
from parvis.infra.requests import client_address, network_of
from parvis.infra.services import Services

P = TypeVar("P")

JSON = "application/json; charset=utf-8"

_encoder = msgspec.json.Encoder()


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
    token = _token(declared, request)
    try:
        return await _respond(declared, request, token)
    except Unauthenticated:
        if token is None:
            raise
        await _come_in(request.app.state.services, token)
    return await _respond(declared, request, token)


def _token(declared: Endpoint, request: Request[Any, Any, Any]) -> str | None:
    """The token that was brought. Outside the interface itself, where nobody is asked for one, none is looked at.

    Clients send the old token along when they ask for a new one; that it is no longer good must not keep them from it.
    """
    if declared.policy.audience == "public" and not declared.path.startswith("/api/"):
        return None
    return bearer_token(request)


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
    making = await answers.begin()
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
