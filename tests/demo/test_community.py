"""The demo community: it makes sense as data, comes to life once, and looks as if it had always been there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pyvips

from parvis.base.clock import utc_now
from parvis.base.ids import time_of
from parvis.base.pages import PageRequest
from parvis.demo import community
from parvis.demo.art import gallery
from parvis.demo.cast import conversation, people
from parvis.domain import accounts, notifications, posts, relationships, timelines
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from parvis.worker.run import drain
from tests.rig.world import settings_for

# ── as data ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_and_everything_that_is_named_exists() -> None:
    cast, keys = people(), {said.key: said for said in conversation() if said.key}
    for person in cast.values():
        assert set(person.follows) <= set(cast) | {"*"}
    for said in conversation():
        assert {said.by, *said.favourites, *said.reposts} <= set(cast)
        assert said.by not in (*said.favourites, *said.reposts)
        assert set(re.findall(r"@(\w+)", said.text)) <= set(cast)
        if said.answers:
            assert keys[said.answers].hours > said.hours


def test_the_place_is_lively_and_speaks_many_languages() -> None:
    assert len(people()) >= 12
    assert len(conversation()) >= 60
    assert len({person.language for person in people().values()}) >= 8
    assert sum(1 for said in conversation() if said.answers) >= 30
    assert any(said.warning for said in conversation())
    assert {said.visibility for said in conversation()} == {"public", "quiet", "followers", "mentioned"}
    assert max(said.hours for said in conversation()) < 5 * 24


def test_every_picture_is_described() -> None:
    for said in conversation():
        for picture in said.pictures:
            assert 20 <= len(picture.description) <= 300
    for person in people().values():
        assert person.avatar_description
        assert person.header_description


@pytest.mark.parametrize("drawing", sorted({p.drawing for said in conversation() for p in said.pictures}))
def test_every_drawing_is_drawn(drawing: str) -> None:
    image = pyvips.Image.new_from_buffer(gallery.illustration(drawing), "")
    assert min(image.width, image.height) >= 1000
    assert image.deviate() > 20  # not an empty sheet


# ── alive ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def services(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(settings_for(tmp_path, fresh_database_url, nats_url), application="test demo") as opened:
        yield opened


async def account_of(services: Services, handle: str) -> accounts.Account:
    async with services.db.connection() as db:
        return await accounts.by_handle(db, handle, domain=services.settings.domain)


async def test_the_community_comes_to_life_once_and_looks_lived_in(services: Services) -> None:
    now = utc_now()
    made = await community.create(services, now=now)
    assert made is not None
    assert await community.create(services, now=now) is None
    demo, marta = await account_of(services, "demo"), await account_of(services, "marta")
    await _profiles(services, marta)
    await _home(services, demo)
    await _thread(services, demo)
    await _people(services)
    await _notified(services, demo)
    ticket = await accounts.sign_in(services, login="demo", password=made.password, now=now)
    assert ticket.account_id == demo.id


async def _profiles(services: Services, marta: accounts.Account) -> None:
    assert marta.name == "Marta Lindqvist"
    assert [field.name for field in marta.fields] == ["Shop", "Starter", "Pronouns"]
    assert marta.created_at < utc_now() - timedelta(days=400)
    for key in (marta.avatar_key, marta.header_key):
        assert key is not None
        assert (await services.storage.open(key)).content_type == "image/webp"


async def _home(services: Services, demo: accounts.Account) -> None:
    async with services.db.connection() as db:
        page = await timelines.home(db, demo.id, PageRequest(limit=40), now=utc_now())
        seen = await posts.views(db, page.page.items, viewer_id=demo.id)
    assert len(seen) == 40
    moments = [one.created_at for one in seen]
    assert moments == sorted(moments, reverse=True)
    assert any(one.attachments for one in seen)
    assert any(one.repost_of for one in seen)
    for one in seen:
        assert abs(time_of(one.id) - one.created_at) < timedelta(seconds=1)
        assert one.created_at < utc_now()


async def _thread(services: Services, demo: accounts.Account) -> None:
    async with services.db.connection() as db:
        row = await db.fetchrow("SELECT id FROM post WHERE text LIKE 'Evening market%'")
        assert row is not None
        whole = await posts.thread(db, row["id"], viewer_id=demo.id)
        market = await posts.view(db, row["id"], viewer_id=demo.id)
    assert len(whole.descendants) == 4
    assert market.favourites_count == 12
    assert market.reposts_count == 4
    assert market.replies_count == 4
    assert market.tags == ["market"]
    assert market.favourited


async def _people(services: Services) -> None:
    anouk, demo = await account_of(services, "anouk"), await account_of(services, "demo")
    async with services.db.connection() as db:
        (between,) = await relationships.between(db, demo.id, [anouk.id])
        assert between.requested
        wrong = await db.fetch(
            """
            SELECT c.account_id
              FROM account_counter c
             WHERE c.following <> (SELECT count(*) FROM follow f WHERE f.account_id = c.account_id)
                OR c.followers <> (SELECT count(*) FROM follower f WHERE f.account_id = c.account_id)
                OR c.posts <> (SELECT count(*) FROM post p WHERE p.account_id = c.account_id AND p.visibility < 3)
            """
        )
        assert wrong == []


async def _notified(services: Services, demo: accounts.Account) -> None:
    async def seen() -> list[tuple[str, int]]:
        async with services.db.connection() as db:
            page = await notifications.of(db, demo.id, PageRequest(limit=80))
        return [(one.kind, one.id) for one in page.items]

    before = await seen()
    assert {"mention", "follow", "favourite"} <= {kind for kind, _ in before}
    await drain(services)  # the worker hears of the same events and must tell nobody twice
    assert await seen() == before
