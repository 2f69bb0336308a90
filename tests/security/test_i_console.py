"""Case I8 at the console: not even those who run the place are shown its secrets, and a failure tells nothing of the inside."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest

from parvis import console
from parvis.console import routing
from parvis.domain import moderation
from parvis.domain.accounts.types import Role
from tests.rig.world import World
from tests.web.conftest import Browser

console.route_handlers()
PATHS = sorted(one.path for one in routing.door.pages if one.method == "GET" and "{" not in one.path)
SECRET = "a-key-that-nobody-is-shown"


@pytest.fixture
async def olgas(world: World, open_browser: Callable[[], Browser]) -> Browser:
    return await open_browser().sign_in(await world.person("olga", role=Role.OWNER))


async def test_i8_no_page_of_the_console_shows_a_secret(world: World, olgas: Browser) -> None:
    settings = world.services.settings
    world.services.settings = msgspec.structs.replace(
        settings,
        translation_key=SECRET,
        smtp_url=f"smtp://user:{SECRET}@mail.example",
        alert_webhook=f"https://x/{SECRET}",
    )
    secrets = [SECRET, settings.database_url, settings.nats_url]
    secrets += [world.services.secrets[name].hex() for name in ("form", "log")]
    for path in PATHS:
        page = (await olgas.get(path)).text.replace("&#x2f;", "/")
        shown = [one for one in secrets if one in page]
        assert shown == [], path
        assert not re.search(r"\$(argon2|scrypt)|Traceback|asyncpg", page), path


async def test_i8_a_page_of_the_console_that_fails_says_nothing_of_the_inside(
    world: World, olgas: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret words in /a/secret/file.py")

    monkeypatch.setattr(moderation.log, "entries", broken)
    answer = await olgas.get("/console/log")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/console/metrics", "/console/debug", "/console/env", "/console/sql", "/console/../.env"]
)
async def test_i8_the_console_has_no_back_room(olgas: Browser, path: str) -> None:
    assert (await olgas.get(path)).status_code == 404
