"""The page on which those who run the place read what they did."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from parvis.base.clock import utc_now
from parvis.console import log as page_module
from parvis.domain import accounts, moderation
from tests.rig.world import World
from tests.web.conftest import Browser

LOG = "/console/log"


@pytest.fixture
async def monas(world: World, open_browser: Callable[[], Browser]) -> Browser:
    return await open_browser().sign_in(await world.person("mona", role=accounts.Role.MODERATOR))


async def test_what_the_owner_tells_the_gate_stands_in_the_log_and_so_does_what_a_moderator_may_not(
    world: World, monas: Browser, open_browser: Callable[[], Browser]
) -> None:
    olga = await world.person("olga", role=accounts.Role.OWNER)
    olgas = await open_browser().sign_in(olga)
    assert "Nothing yet" in (await monas.get(LOG)).text
    await olgas.post("/console/gate", {"mode": "pause", "message": "<b>Back at noon</b>"})
    assert (await monas.post("/console/gate", {"mode": "open"})).status_code == 404
    page = (await monas.get(LOG)).text
    assert page.count("<article") == 2
    told, tried = page.index("Told the gate what to do</strong>"), page.index("Tried what is not theirs</strong>")
    assert tried < told
    assert '<strong class="bad">refused</strong>' in page[tried:told]
    assert "&lt;b&gt;Back at noon" in page
    assert "<b>Back" not in page
    assert "@olga" in page[told:]
    only = (await monas.get(f"{LOG}?person=@olga")).text
    assert only.count("<article") == 1
    assert (await monas.get(f"{LOG}?act=console.act")).text.count("<article") == 1
    assert "Nobody of that name" in (await monas.get(f"{LOG}?person=nobody")).text


async def test_older_entries_are_a_link_away(world: World, monas: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "LIMIT", 2)
    async with world.services.db.transaction() as tx:
        for number in range(5):
            await moderation.log.record(tx, actor_id=None, act="rule.remove", subject=f"rule:{number}", now=utc_now())
    seen: list[str] = []
    path: str | None = f"{LOG}?act=rule.remove"
    while path:
        page = (await monas.get(path)).text
        seen += re.findall(r"rule:\d", page)
        more = re.search(r'class="more" href="([^"]+)"', page)
        path = more[1].replace("&amp;", "&").replace("&#x2f;", "/") if more else None
    assert seen == [f"rule:{number}" for number in (4, 3, 2, 1, 0)]
    part = await monas.get(LOG, **{"HX-Request": "true"})
    assert "<html" not in part.text
    assert part.text.count("<article") == 2
