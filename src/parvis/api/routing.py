"""How an API route is declared: verb, path, scope, parameters, answer. Handlers stay three steps long.

    @endpoint("GET", "/api/v1/timelines/home", user=True, scopes=("read:statuses",), params=Paging, returns=list[Status])
    async def home(call: Call[Paging]) -> object: ...

The declaration is also the source of the OpenAPI document and of the tests that walk every route. `responding` answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from litestar import Request

from parvis.api.answers import Answers, Making
from parvis.api.fragments import Fragments
from parvis.base.ids import AccountId
from parvis.domain.accounts.types import Viewer
from parvis.infra.doors import Audience, Bulkhead, Policy, Urgency
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import Limit
from parvis.infra.services import Services

P = TypeVar("P")


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
        self.making.rests_on((self.viewer_id, *keys, *(found.keys if followed else ())), *found.ends)
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
