"""The runbooks, as those who run the place read them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from parvis.console import runbooks
from parvis.domain import accounts
from tests.domain.health.test_verdicts import BY_NAME
from tests.rig.world import World
from tests.web.conftest import Browser

ROOT = Path(__file__).parent.parent.parent
PAGE = "/console/runbooks"
OURS = re.compile(r"<(?!/?(?:p|h2|a|pre|code|ul|ol|li|em|strong)[ >])[^>]*>")


@pytest.fixture
async def monas(world: World, open_browser: Callable[[], Browser]) -> Browser:
    return await open_browser().sign_in(await world.person("mona", role=accounts.Role.MODERATOR))


async def test_the_list_leads_to_every_page_and_every_verdict_has_one(monas: Browser) -> None:
    page = (await monas.get(PAGE)).text
    listed = set(re.findall(r'href="/console/runbooks/([a-z-]+)"', page))
    assert listed == runbooks.known().keys() - {runbooks.LIST}
    assert {name.replace("_", "-") for name in BY_NAME} <= listed


async def test_a_page_is_what_stands_in_the_file(monas: Browser) -> None:
    answer = await monas.get(f"{PAGE}/wal-piling")
    assert answer.status_code == 200
    assert "The journal piles up</span></h1>" in answer.text
    assert "<h2>What it means</h2>" in answer.text
    assert "SELECT slot_name, active" in answer.text
    assert '<a href="/console/runbooks/archive-failing">archive-failing</a>' in answer.text


def test_no_page_has_other_elements_or_leads_elsewhere() -> None:
    for name, one in runbooks.known().items():
        assert OURS.findall(str(one.html)) == [], name
        for address in re.findall(r'href="([^"]*)"', str(one.html)):
            assert address.removeprefix(f"{PAGE}/") in runbooks.known() or address == PAGE, (name, address)


@pytest.mark.parametrize(
    "name", ["README", "nothing", "..%2Foperating", "%2e%2e", "wal-piling.md", "WAL-PILING", "%00"]
)
async def test_there_is_no_other_page(monas: Browser, name: str) -> None:
    assert (await monas.get(f"{PAGE}/{name}")).status_code == 404


async def test_members_find_nothing(world: World, open_browser: Callable[[], Browser]) -> None:
    member = await open_browser().sign_in(await world.person("alice"))
    for path in (PAGE, f"{PAGE}/wal-piling"):
        assert (await member.get(path)).status_code == 404


def test_source_archives_have_the_pages_that_wheels_are_made_with() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert "/docs/runbooks" in build["targets"]["sdist"]["include"]
    assert "parvis/runbooks" in (ROOT / "hatch_build.py").read_text()
