"""The glue of a door with pages: who is at the door, what the form says, one transaction, a page or a redirect.

    @page("POST", "/compose", audience="session", params=NewPost, again=compose_page)
    async def publish(visit: Visit[NewPost]) -> Answer: ...

A handler stays three steps long: parsed parameters, one call of the domain, an answer. It refuses by raising.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

from parvis.base.clock import utc_now
from parvis.base.errors import Forbidden, Invalid, InvalidFields, Problem, Unauthenticated
from parvis.infra.doors import Audience, Bulkhead, Policy, Urgency
from parvis.infra.html import csrf, forms
from parvis.infra.html.paths import encoded
from parvis.infra.html.visit import NOTICE_COOKIE, Answer, Elsewhere, Page, Redirect, Visit, accepted, cookie
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import Limit
from parvis.infra.requests import client_address, network_of

H = TypeVar("H", bound=Callable[..., Awaitable[Any]])

FORM_BYTES = 1024 * 1024
WIPED = '"cache", "storage"'


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


@dataclass(slots=True, frozen=True)
class Declared:
    """A declared page."""

    method: str
    path: str
    policy: Policy
    params: Any
    again: Callable[..., Awaitable[Any]] | None
    connects: bool
    writes: bool
    limit: Limit | None
    body_bytes: int
    handler: Callable[..., Awaitable[Any]]


@dataclass(slots=True, frozen=True)
class Customs:
    """What only rooms above know: who is behind a cookie, who may pass, how pages and problems look."""

    viewer_of: Callable[..., Awaitable[Any]]
    admit: Callable[[Policy, Any], Any]  # the viewer for whom the page is then made
    present: Callable[[Visit[Any, Any], Page], Response[Any]]
    problem_page: Callable[[Visit[Any, Any], Problem], Page]
    message_of: Callable[[Visit[Any, Any], Invalid], str]
    refused: Callable[[Declared, Visit[Any, Any], Problem], Awaitable[None]] | None = None  # told of every refusal
    let_in: Callable[[Visit[Any, Any], Connection], Awaitable[None]] | None = None  # told of everybody who may look


@dataclass(slots=True)
class Door:
    """A collection of pages."""

    customs: Customs
    pages: list[Declared] = field(default_factory=list)

    def page(
        self,
        method: str,
        path: str,
        *,
        audience: Audience = "public",
        params: Any = Nothing,
        waiting: bool | None = None,
        barred: bool = False,
        again: Callable[..., Awaitable[Any]] | None = None,
        connects: bool = True,
        writes: bool | None = None,
        limit: Limit | None = None,
        body_bytes: int = FORM_BYTES,
        urgency: Urgency | None = None,
        bulkhead: Bulkhead = "",
        shared_s: float = 0.0,
    ) -> Callable[[H], H]:
        """The function answers `method path`; POST gets a transaction.

        `waiting`: accounts without a confirmed address may come in (to read they may, to write only if said).
        `barred`: those who are frozen or suspended may come in: to what concerns that, and to nothing else.
        `again`: what shows the form once more, with the messages beside the fields, when a field is Invalid.
        `connects=False`: the handler opens its own connections, for work that must not hold one.
        `urgency`, `bulkhead`, `shared_s`: how it is served under load, as in Policy; public pages must say `urgency`.
        """

        def register(handler: H) -> H:
            policy = Policy(
                audience,
                waiting=method == "GET" if waiting is None else waiting,
                barred=barred,
                urgency=urgency,
                bulkhead=bulkhead or ("operators" if audience in ("moderator", "owner") else ""),
                shared_s=shared_s,
            )
            writing = method != "GET" if writes is None else writes
            self.pages.append(
                Declared(method, path, policy, params, again, connects, writing, limit, body_bytes, handler)
            )
            return handler

        return register

    def handlers(self) -> list[HTTPRouteHandler]:
        """A Litestar handler for each declared page."""
        return [self._litestar_handler(one) for one in self.pages]

    def _litestar_handler(self, declared: Declared) -> HTTPRouteHandler:
        async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
            return await self.respond(declared, request)

        answer.__name__ = declared.handler.__name__
        return HTTPRouteHandler(
            declared.path,
            http_method=[HttpMethod(declared.method)],
            status_code=200,
            opt={"policy": declared.policy, "page": declared},
            request_max_body_size=declared.body_bytes,
            include_in_schema=False,
        )(answer)

    async def respond(self, declared: Declared, request: Request[Any, Any, Any]) -> Response[Any]:
        """Check, parse, call, present; a problem becomes a page in the visitor's language and theme."""
        visit: Visit[Any, Any] = Visit(
            services=request.app.state.services,
            db=None,  # type: ignore[arg-type]  # opened below, once the form is read
            request=request,
            now=utc_now(),
            params=None,
            locale=accepted(request),
        )
        try:
            answer = await self._answer(declared, visit)
        except Problem as problem:
            if self.customs.refused is not None:
                await self.customs.refused(declared, visit, problem)
            answer = await self._refusal(declared, visit, problem)
        response = self._response(visit, answer)
        if visit.ahead and response.cookies:
            # Of two pages that are fetched at once, only one could leave its secret here, and the form of the other
            # would not fit: whoever opens it asks anew.
            return Response(b"", status_code=204, headers={"Cache-Control": "no-store"})
        return response

    async def _answer(self, declared: Declared, visit: Visit[Any, Any]) -> Answer:
        if declared.method != "GET" and not csrf.comes_from_here(visit.request.headers, visit.settings.hosts):
            raise Forbidden("This form did not come from one of our pages")
        database = visit.services.db
        if not declared.connects or declared.body_bytes > FORM_BYTES:
            await self._let_in_first(declared, visit)
            await self._read(declared, visit)
            if not declared.connects:
                return await declared.handler(visit)
            async with database.transaction() as visit.db:
                return await declared.handler(visit)
        if visit.session_token is None:
            self.customs.admit(declared.policy, None)  # who is refused anyway need not be listened to
        fields = await self._fields(declared, visit)
        async with database.transaction() if declared.writes else database.connection() as db:
            await self._let_in(declared, visit, db)
            self._check_form(declared, visit)
            visit.params = forms.convert(fields, visit.request.path_params, declared.params)
            visit.db = db
            return await declared.handler(visit)

    async def _let_in_first(self, declared: Declared, visit: Visit[Any, Any]) -> None:
        """The visitor may come in, which is known before anything of the body is read: it may be a gigabyte."""
        if declared.policy.audience == "public" and visit.session_token is None:
            await self._let_in(declared, visit, None)  # a stranger: even while the database is away
            return
        async with visit.services.db.connection() as db:
            await self._let_in(declared, visit, db)

    async def _read(self, declared: Declared, visit: Visit[Any, Any]) -> None:
        fields = await self._fields(declared, visit)
        self._check_form(declared, visit)
        visit.params = forms.convert(fields, visit.request.path_params, declared.params)

    async def _fields(self, declared: Declared, visit: Visit[Any, Any]) -> forms.Fields:
        fields = await forms.read(visit.request, declared.params)
        visit.values = forms.texts(fields)
        return fields

    async def _let_in(self, declared: Declared, visit: Visit[Any, Any], db: Connection | None) -> None:
        if visit.session_token is not None and db is not None:
            visit.viewer = await self.customs.viewer_of(db, visit.session_token, now=visit.now)
        if visit.viewer is not None:
            visit.locale, visit.theme = visit.viewer.locale, visit.viewer.theme
            visit.signed_in = True
        visit.viewer = self.customs.admit(declared.policy, visit.viewer)
        if self.customs.let_in is not None and db is not None and declared.method == "GET":
            await self.customs.let_in(visit, db)
        if declared.limit is not None:
            visit.services.limits.hit(declared.limit, _principal(visit))

    def _check_form(self, declared: Declared, visit: Visit[Any, Any]) -> None:
        if declared.method == "GET":
            return
        token = visit.request.headers.get("x-form-token") or visit.values.get("form_token", "")
        if not visit.form_fits(token):
            raise Forbidden("This form is too old")

    async def _refusal(self, declared: Declared, visit: Visit[Any, Any], problem: Problem) -> Answer:
        """Sign-in for strangers, the form once more for what can be corrected, a page about the problem for the rest."""
        if isinstance(problem, Unauthenticated) and not visit.swaps:
            return Redirect(
                "/sign-in" if declared.method != "GET" else f"/sign-in?return_to={quote(visit.here, safe='')}"
            )
        found = problem.problems if isinstance(problem, InvalidFields) else [problem]
        invalid = [one for one in found if isinstance(one, Invalid)]
        if declared.again is None or len(invalid) != len(found):
            return self.customs.problem_page(visit, problem)
        visit.errors = {one.field: self.customs.message_of(visit, one) for one in invalid}
        async with visit.services.db.connection() as db:
            visit.db = db
            answer = await declared.again(visit)
        if isinstance(answer, Page):
            answer.status = 422
        return answer

    def _response(self, visit: Visit[Any, Any], answer: Answer) -> Response[Any]:
        if isinstance(answer, Page):
            response = self.customs.present(visit, answer)
            for one in [*answer.cookies, *visit.new_cookies()]:
                response.set_cookie(one)
            return response
        if isinstance(answer, Redirect):
            return _redirect(visit, answer)
        if isinstance(answer, Elsewhere):
            return Response(b"", status_code=303, headers={"Location": answer.address, "Cache-Control": "no-store"})
        return answer


def _principal(visit: Visit[Any, Any]) -> str:
    if visit.viewer is not None:
        return str(visit.viewer.account_id)
    return network_of(client_address(visit.request.scope, visit.settings))


def _redirect(visit: Visit[Any, Any], answer: Redirect) -> Response[Any]:
    path = encoded(answer.path)
    headers = {"Location": path, "Cache-Control": "no-store"}
    status = 303
    if visit.swaps:  # the browser would follow a 303 silently and htmx would swap a whole page into a part of one
        headers, status = {"HX-Redirect": path, "Cache-Control": "no-store"}, 200
    if answer.wipes:
        headers["Clear-Site-Data"] = WIPED
    response: Response[Any] = Response(b"", status_code=status, headers=headers)
    if answer.notice:
        response.set_cookie(cookie(visit.settings, NOTICE_COOKIE, answer.notice, 60))
    for one in answer.cookies:
        response.set_cookie(one)
    return response
