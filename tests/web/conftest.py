"""Browsers for tests of pages: they keep cookies, fill in forms, and say where a form comes from."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from html import unescape
from typing import Any

import httpx
import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.infra.html.visit import session_cookie
from tests.rig.people import Person
from tests.rig.world import ORIGIN, World


class Browser:
    """A browser without JavaScript. It follows no redirect by itself, so that tests see them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = httpx.AsyncClient(transport=world.client._transport, base_url=ORIGIN)

    async def sign_in(self, person: Person) -> Browser:
        """It has a session of that person."""
        async with self.world.services.db.transaction() as tx:
            ticket = await accounts.open_session(tx, self.world.services.ids, person.id, now=utc_now())
        self.client.cookies.set(session_cookie(self.world.services.settings), ticket.token, domain="parvis.test")
        return self

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={"Accept-Language": "en", **headers})

    async def token(self, page: str = "/sign-in") -> str:
        """A form token of this browser."""
        shown = await self.get(page)
        if shown.status_code != 200:
            shown = await self.get("/settings/appearance")
        return hidden(shown.text, "form_token")

    async def post(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form as a page of ours sends it."""
        data = {"form_token": await self.token(), **(fields or {})}
        headers = {"Origin": ORIGIN, "Accept-Language": "en", **more.pop("headers", {})}
        return await self.client.post(path, data=data, headers=headers, **more)


def hidden(page: str, name: str) -> str:
    """The value of a field of that name."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"no field {name} in {page[:2000]}"
    return unescape(found.group(1))


@pytest.fixture
async def open_browser(world: World) -> AsyncIterator[Callable[[], Browser]]:
    """Makes browsers, strangers at first."""
    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser(world))
        return made[-1]

    yield make
    for browser in made:
        await browser.client.aclose()


@pytest.fixture
async def stranger(open_browser: Callable[[], Browser]) -> Browser:
    """A browser that nobody is signed in with."""
    return open_browser()


@pytest.fixture
async def alice(world: World) -> Person:
    return await world.person("alice")


@pytest.fixture
async def bob(world: World) -> Person:
    return await world.person("bob")


@pytest.fixture
async def alices(open_browser: Callable[[], Browser], alice: Person) -> Browser:
    """Alice's browser."""
    return await open_browser().sign_in(alice)


@pytest.fixture
async def bobs(open_browser: Callable[[], Browser], bob: Person) -> Browser:
    """Bob's browser."""
    return await open_browser().sign_in(bob)
