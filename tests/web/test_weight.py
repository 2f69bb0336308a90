"""What a page costs a phone before anybody touches it: at most 30 kB of script and 20 kB of style, compressed."""

from __future__ import annotations

import gzip
import re

from tests.rig.people import Person
from tests.web.conftest import Browser

MOST_SCRIPT, MOST_STYLE = 30_000, 20_000
_SCRIPTS = re.compile(r'<script[^>]* src="([^"]+)"|data-(?:live|installed)="([^"]+)"')
_STYLES = re.compile(r'<link rel="stylesheet" href="([^"]+)"')


async def _size(browser: Browser, path: str) -> int:
    answer = await browser.client.get(path, headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200, path
    return len(gzip.compress(answer.content, 9))


async def test_pages_are_light(alices: Browser, stranger: Browser, alice: Person) -> None:
    post_id = await alice.says("Light as bread")
    pages = [(alices, one) for one in ("/home", "/public", "/notifications", "/compose", "/explore", "/@alice")]
    pages += [(stranger, one) for one in ("/", "/@alice", f"/@alice/{post_id}", "/sign-up", "/explore")]
    for browser, path in pages:
        page = (await browser.get(path)).text
        scripts = [one or other for one, other in _SCRIPTS.findall(page)]
        assert any("app.js" in one for one in scripts)
        if browser is alices:
            assert any("live.js" in one for one in scripts)
        script = sum([await _size(browser, one) for one in [*scripts, "/sw.js"]])
        style = sum([await _size(browser, one) for one in _STYLES.findall(page)])
        print(f"{path}: page {len(gzip.compress(page.encode(), 9))}, script {script}, style {style} bytes")
        assert 0 < script <= MOST_SCRIPT, path
        assert 0 < style <= MOST_STYLE, path
