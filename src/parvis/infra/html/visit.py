"""One visit of a page: who comes, in which language, what they sent; and the kinds of answers."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from litestar import Request, Response
from litestar.datastructures import Cookie

from parvis.base.ids import AccountId
from parvis.base.settings import Settings
from parvis.infra.catalogues import accepted_locale, catalogue_of
from parvis.infra.html import csrf
from parvis.infra.html.paths import with_query
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

V = TypeVar("V")
P = TypeVar("P")

NOTICE_COOKIE = "parvis_notice"
_FORM_COOKIE_S = 12 * 3600


@dataclass(slots=True)
class Page:
    """A template and what it shows. `form_action`: where else its forms may lead (a CSP source)."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    form_action: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[Cookie] = field(default_factory=list)


@dataclass(slots=True)
class Redirect:
    """On to another of our pages (303). `notice` is the name of a sentence that the next page shows once.

    `wipes`: the browser forgets what it has kept of this place.
    """

    path: str
    notice: str = ""
    wipes: bool = False
    cookies: list[Cookie] = field(default_factory=list)


@dataclass(slots=True)
class Elsewhere:
    """On to an address outside that was proved to be the right one (303)."""

    address: str


Answer = Page | Redirect | Elsewhere | Response[Any]


@dataclass(slots=True)
class Visit(Generic[V, P]):
    """One request of a browser. `db` is an open transaction where the page writes.

    `values` and `errors` are what a form is shown again with: the texts that were sent, a message for each field.
    """

    services: Services
    db: Connection
    request: Request[Any, Any, Any]
    now: datetime
    params: P
    viewer: V | None = None
    locale: str = "en"
    theme: str = "auto"
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    signed_in: bool = False  # somebody is behind the session, whether or not the page is made for them
    beside: dict[str, Any] = field(default_factory=dict)  # what the door looked up for all its pages
    form_made: bool = False
    _form_secret: str | None = None

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def me(self) -> AccountId:
        """The account behind the session; the page's policy guarantees that there is one."""
        assert self.viewer is not None
        return self.viewer.account_id  # type: ignore[attr-defined]

    @property
    def viewer_id(self) -> AccountId | None:
        return None if self.viewer is None else self.viewer.account_id  # type: ignore[attr-defined]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection, for a page that is shown without one: the one that is there already, or another for a moment."""
        if self.db is not None:  # a form is shown again
            yield self.db
            return
        async with self.services.db.connection() as db:
            yield db

    @property
    def swaps(self) -> bool:
        """Whether htmx asks, and wants only the part of the page that changes."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def ahead(self) -> bool:
        """Whether the page is only fetched in case somebody opens it next, by sw.js or by the browser itself."""
        headers = self.request.headers
        asked = "x-ahead" in headers or "prefetch" in headers.get("sec-purpose", "")
        return asked and self.request.method == "GET"

    @property
    def here(self) -> str:
        """This page's path and query, for coming back to it."""
        return with_query(self.request.url.path, dict(parse_qsl(self.request.url.query)))

    @property
    def session_token(self) -> str | None:
        return self.request.cookies.get(session_cookie(self.settings)) or None

    def text(self, message: str, **values: object) -> str:
        """The message in the visitor's language; mark it with `later` where it is written."""
        found = catalogue_of(self.locale).text(message)
        return found % values if values else found

    # ── protection of forms ──

    def binding(self) -> str | None:
        """What this visitor's form tokens are bound to: the session, or a cookie of its own kind for strangers."""
        if self.signed_in:
            return self.session_token
        return self._form_secret or self.request.cookies.get(form_cookie(self.settings)) or None

    def form_token(self) -> str:
        """A token for a form of this page."""
        self.form_made = True
        if self.binding() is None:
            self._form_secret = secrets.token_urlsafe(24)
        return csrf.form_token(self.services.secrets["form"], self.binding() or "")

    def form_fits(self, token: str) -> bool:
        """Whether the form that came was one of this visitor's."""
        return csrf.fits(self.services.secrets["form"], self.binding(), token)

    def new_cookies(self) -> list[Cookie]:
        """The cookies that rendering the page made necessary."""
        if self._form_secret is None:
            return []
        return [cookie(self.settings, form_cookie(self.settings), self._form_secret, _FORM_COOKIE_S)]


def accepted(request: Request[Any, Any, Any]) -> str:
    """The language that the browser asks for."""
    return accepted_locale(request.headers.get("accept-language", ""))


def cookie(settings: Settings, name: str, value: str, seconds: int) -> Cookie:
    """A cookie that scripts cannot read and other sites' forms do not carry; `seconds=0` takes it back."""
    return Cookie(
        key=name, value=value, max_age=seconds, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )


def session_cookie(settings: Settings) -> str:
    """Its name. Cookies do not tell ports apart, so two places on one machine need two names."""
    return "__Host-parvis_session" if settings.secure else f"parvis_session_{settings.port}"


def half_cookie(settings: Settings) -> str:
    return "__Host-parvis_half" if settings.secure else f"parvis_half_{settings.port}"


def form_cookie(settings: Settings) -> str:
    return "__Host-parvis_form" if settings.secure else f"parvis_form_{settings.port}"


def ticket_cookie(settings: Settings) -> str:
    return "__Host-parvis_ticket" if settings.secure else f"parvis_ticket_{settings.port}"


def device_cookie(settings: Settings) -> str:
    return "__Host-parvis_device" if settings.secure else f"parvis_device_{settings.port}"
