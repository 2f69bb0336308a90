"""Who may not come in is refused before anything of what they send is read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from parvis.infra.html.visit import session_cookie
from parvis.infra.rate_limits import APPS, UPLOADS, RateLimits
from tests.rig.people import Person
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser

PART = b"x" * 64 * 1024
HEADERS = {"Origin": ORIGIN, "Content-Type": "multipart/form-data; boundary=b"}
LARGE = ["/compose/film", "/compose", "/compose/media", "/settings/profile", "/settings/data/import"]


class Sent:
    """A large body, and how many of its parts were asked for."""

    def __init__(self) -> None:
        self.parts = 0

    async def body(self) -> AsyncIterator[bytes]:
        head = 'Content-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: video/mp4'
        yield f"--b\r\n{head}\r\n\r\n".encode()
        for _ in range(32):
            self.parts += 1
            yield PART
        yield b"\r\n--b--\r\n"


async def refused(browser: Browser, path: str) -> httpx.Response:
    sent = Sent()
    answer = await browser.client.post(path, content=sent.body(), headers=HEADERS)
    assert sent.parts == 0, (path, answer.status_code)
    return answer


@pytest.mark.parametrize("path", LARGE)
async def test_nothing_is_read_of_what_strangers_send(stranger: Browser, world: World, path: str) -> None:
    assert (await refused(stranger, path)).headers["location"] == "/sign-in"
    name = session_cookie(world.services.settings)
    stranger.client.cookies.set(name, "of-nobody", domain="parvis.test")
    assert (await refused(stranger, path)).headers["location"] == "/sign-in"


async def test_nothing_is_read_of_what_comes_too_often(alices: Browser, alice: Person, world: World) -> None:
    limits = world.services.limits = RateLimits(enabled=True)
    for _ in range(UPLOADS.most):
        limits.hit(UPLOADS, str(alice.id))
    assert (await refused(alices, "/compose/film")).status_code == 429


async def test_a_browser_cannot_make_any_number_of_keys_for_messages(
    alices: Browser, alice: Person, world: World
) -> None:
    limits = world.services.limits = RateLimits(enabled=True)
    for _ in range(APPS.most):
        limits.hit(APPS, str(alice.id))
    wanted = {"endpoint": "https://push.example/1", "p256dh": "x", "auth": "x"}
    assert (await alices.post("/push", wanted)).status_code == 429


async def test_a_large_form_without_its_token_is_refused(alices: Browser) -> None:
    answer = await alices.client.post("/compose/film", content=Sent().body(), headers=HEADERS)
    assert answer.status_code == 403
    assert "too old" in answer.text
