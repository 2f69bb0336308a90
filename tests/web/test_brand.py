"""The operator's own colour and sign: on every page, legible whatever was chosen, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from parvis.infra.html import brand
from tests.rig.world import World
from tests.web.conftest import Browser
from tests.web.test_contrast import DARK, LIGHT

THEMES = {"light": (brand.LIGHT, LIGHT), "dark": (brand.DARK, DARK)}
SIGN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>'


@pytest.mark.parametrize("name", THEMES)
def test_the_colours_around_are_those_of_the_tokens(name: str) -> None:
    theme, tokens = THEMES[name]
    assert theme.grounds == tuple(tokens[one] for one in ("paper", "surface", "raised", "sunken"))
    assert (theme.soft_ground, theme.soft_ink, theme.on_accent) == (
        tokens["surface"],
        tokens["ink-soft"],
        tokens["on-accent"],
    )


@given(number=some.integers(0, 0xFFFFFF))
@settings(deadline=None, max_examples=300)
def test_every_colour_becomes_one_in_which_words_can_be_read(number: int) -> None:
    for theme, tokens in THEMES.values():
        made = brand.palette(f"#{number:06x}", theme)
        for accent in (made.accent, made.accent_strong):
            assert all(brand.contrast(accent, ground) >= 4.5 for ground in (*theme.grounds, made.on_accent))
        for ink in (tokens["ink"], tokens["ink-soft"], made.accent):
            assert brand.contrast(ink, made.accent_soft) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert brand.palette("#1f5a7a", brand.LIGHT).accent == "#1f5a7a"


def _with(world: World, **changed: str) -> None:
    world.services.settings = msgspec.structs.replace(world.services.settings, **changed)


async def test_pages_have_the_operators_colour_from_our_own_address(world: World, stranger: Browser) -> None:
    page = (await stranger.get("/sign-in")).text
    assert "/brand/" not in page
    assert (await stranger.get("/brand/colours.css")).status_code == 404
    for none in ("red", "#12345", "#123456;}"):
        _with(world, accent=none)
        assert "/brand/" not in (await stranger.get("/sign-in")).text
    _with(world, accent="#1f5a7a")
    address = brand.colours_path("#1f5a7a")
    assert f'href="{address}"' in (await stranger.get("/sign-in")).text
    sheet = await stranger.get(address)
    assert "--accent: #1f5a7a;" in sheet.text
    assert "immutable" in sheet.headers["cache-control"]
    assert sheet.headers["content-type"].startswith("text/css")
    assert 'content="#1f5a7a" media="(prefers-color-scheme: light)"' in (await stranger.get("/sign-in")).text
    assert (await stranger.get("/manifest.webmanifest")).json()["theme_color"] == "#1f5a7a"
    assert address in (await stranger.get("/sw.js")).text  # it is there without a network, too
    _with(world, accent="#ffd700")
    assert (await stranger.get(address)).content == sheet.content  # whoever has not heard of it yet gives the same


async def test_pages_and_the_app_have_the_operators_sign(world: World, stranger: Browser, tmp_path: Path) -> None:
    assert (await stranger.get("/brand/logo")).status_code == 404
    for name, content in (("none.svg", None), ("page.html", SIGN), ("large.svg", SIGN * 3000)):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        _with(world, logo_file=str(path))
        assert "/brand/" not in (await stranger.get("/sign-in")).text
    path = tmp_path / "sign.svg"
    path.write_bytes(SIGN)
    _with(world, logo_file=str(path))
    address = brand.logo_path(str(path))
    assert f'<img src="{address}"' in (await stranger.get("/sign-in")).text
    sent = await stranger.get(address)
    assert (sent.content, sent.headers["content-type"]) == (SIGN, "image/svg+xml")
    assert sent.headers["content-security-policy"].startswith("default-src 'none'")
    manifest = (await stranger.get("/manifest.webmanifest")).json()
    assert manifest["icons"][0]["src"] == address
