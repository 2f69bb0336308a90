"""People find the status page: where they look for it, and where something cannot be done right now."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from parvis.base.errors import Unavailable
from parvis.base.settings import Settings
from parvis.domain import accounts
from parvis.infra.overload import answers
from tests.rig.world import World
from tests.web.conftest import Browser

ELSEWHERE = "https://status.example/"
LINK = f'href="{ELSEWHERE}"'


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, ""),
        ({"status_directory": "/srv/status"}, "https://parvis.example/status/"),
        ({"status_directory": "s3://bucket/x", "status_url": "https://status.example"}, ELSEWHERE),
        ({"status_url": "https://status.example/"}, ELSEWHERE),
    ],
)
def test_the_status_page_has_an_address_where_there_is_one(settings: dict[str, Any], address: str) -> None:
    assert Settings(origin="https://parvis.example", **settings).status_page == address


async def fails(*_: Any, **__: Any) -> None:
    raise Unavailable("The database does not answer")


async def breaks(*_: Any, **__: Any) -> None:
    raise ValueError("a mistake of ours")


async def test_the_about_page_the_foot_and_pages_of_our_failures_lead_to_it(
    world: World, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [await page(stranger, "/about", 200), await page(stranger, "/public", 200)]
    assert [LINK in one or "How this place is doing" in one for one in shown] == [False, False]
    world.services.settings = msgspec.structs.replace(world.services.settings, status_url=ELSEWHERE)
    about = await page(stranger, "/about", 200)
    assert about.count(LINK) == 2  # there, and at its foot
    assert LINK in await page(stranger, "/public", 200)
    assert LINK not in await page(stranger, "/nothing/here", 404)
    monkeypatch.setattr(accounts, "totals", fails)
    assert LINK in await page(stranger, "/about", 503)
    monkeypatch.setattr(accounts, "totals", breaks)
    assert LINK in await page(stranger, "/about", 500)


async def page(browser: Browser, path: str, status: int) -> str:
    answer = await browser.get(path)
    assert answer.status_code == status
    return answer.text


def body(reason: str, *, api: bool = False, status_page: str = ELSEWHERE) -> str:
    _, sent = answers.refusal(reason, 3, api=api, locale="fr", status_page=status_page)
    return sent["body"].decode()


def test_who_is_refused_because_there_is_too_much_to_do_is_led_to_it_too() -> None:
    assert f'<a href="{ELSEWHERE}">Comment va ce lieu</a>' in body("load")
    assert ELSEWHERE not in body("share")  # that is theirs to mend
    assert ELSEWHERE not in body("load", api=True)
    assert "<a" not in body("load", status_page="")
