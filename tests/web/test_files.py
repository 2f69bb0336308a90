"""Our own files, and the addresses that browsers and apps ask for by themselves."""

from __future__ import annotations

import gzip
import json
import re

from parvis.infra.html.assets import FOLDER, STYLE, asset, asset_path
from tests.web.conftest import Browser


async def test_files_are_kept_for_a_year_at_an_address_that_changes_with_them(stranger: Browser) -> None:
    page = (await stranger.get("/")).text
    for address in re.findall(r'(?:src|href)="(/static/[^"#]+)', page):
        answer = await stranger.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    stale = await stranger.get(f"/static/{STYLE}?v=000000000000")
    assert "immutable" not in stale.headers["cache-control"]
    fresh = await stranger.get(asset_path(STYLE), **{"If-None-Match": stale.headers["etag"]})
    assert fresh.status_code == 304


async def test_text_is_sent_compressed_to_those_who_take_it(stranger: Browser) -> None:
    plain = await stranger.get(asset_path(STYLE), **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    small = await stranger.get(asset_path(STYLE), **{"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.content == plain.content


async def test_style_and_script_stay_small() -> None:
    assert len(asset(STYLE).compressed or b"") < 20_000
    assert len(asset("js/app.js").compressed or b"") < 10_000
    assert gzip.decompress(asset(STYLE).compressed or b"") == asset(STYLE).content


async def test_no_file_outside_the_folder_is_served(stranger: Browser) -> None:
    for path in (
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/css",
        "/static//etc/passwd",
        "/media/../secrets",
    ):
        assert (await stranger.get(path)).status_code == 404, path


async def test_what_apps_and_browsers_look_for(stranger: Browser) -> None:
    for path in ("/avatars/original/missing.png", "/headers/original/missing.png"):
        answer = await stranger.get(path)
        assert answer.content.startswith(b"\x89PNG")
        assert answer.headers["content-type"] == "image/png"
    assert (await stranger.get("/favicon.ico")).content[:4] == b"\0\0\1\0"
    assert "Disallow: /settings" in (await stranger.get("/robots.txt")).text
    answer = await stranger.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = json.loads(answer.text)
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert (await stranger.get(icon["src"])).headers["content-type"] == "image/png"


def test_nothing_of_ours_asks_another_server_for_anything() -> None:
    for path in FOLDER.rglob("*"):
        if path.suffix in (".css", ".js", ".svg") and "vendor" not in path.parts:
            text = path.read_text().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"""(?:url\(|["'(=])\s*(?:https?:)?//""", text), path


def test_every_icon_that_is_used_exists() -> None:
    names = set(re.findall(r'<symbol id="([\w-]+)"', (FOLDER / "images/icons.svg").read_text()))
    templates = FOLDER.parent / "templates"
    used: set[str] = set()
    for path in [*templates.rglob("*.html"), *(FOLDER.parent / "web").rglob("*.py")]:
        text = path.read_text()
        used |= set(re.findall(r'\b(?:icon|empty)\("([\w-]+)"', text)) | set(re.findall(r'empty_icon="([\w-]+)"', text))
    assert len(used) > 25
    assert used <= names, used - names
