"""Pictures from upload to oblivion: whose they are, which post has them, and what is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, NotFound, TooLarge, TooMany
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain import media
from parvis.domain.media import rules
from parvis.infra.services import Services
from tests.rig import pictures
from tests.rig.media import media_services

ALICE, BOB = AccountId(1), AccountId(2)
POST, OTHER_POST = PostId(100), PostId(101)


@pytest.fixture
async def services(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with media_services(tmp_path, fresh_database_url) as opened:
        yield opened


async def upload(services: Services, owner: AccountId = ALICE, **more: object) -> media.Media:
    return await media.upload_image(services, owner, data=pictures.jpeg(), now=utc_now(), **more)  # type: ignore[arg-type]


async def attach(services: Services, owner: AccountId, ids: list[MediaId], post: PostId) -> list[media.Attachment]:
    async with services.db.transaction() as tx:
        return await media.attach(tx, owner, ids, post)


async def stored(services: Services, one: media.Media | media.Attachment) -> bool:
    try:
        await services.storage.open(f"{one.key}/original.webp")
    except NotFound:
        return False
    return True


async def rows(services: Services) -> int:
    async with services.db.connection() as db:
        return await db.fetchval("SELECT count(*) FROM media")


# ── uploading ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_upload_is_ready_stored_and_described(services: Services) -> None:
    made = await upload(services, description="  Red and blue. ", focus=(0.5, -0.25))
    assert made.ready
    assert (made.description, made.focus_x, made.focus_y, made.post_id) == ("Red and blue.", 0.5, -0.25, None)
    assert set(made.files) == {"original", "small", "preview"}
    for picture in made.files.values():
        file = await services.storage.open(f"{made.key}/{picture.name}")
        assert (file.size_bytes, file.content_type) == (picture.size_bytes, picture.content_type)
    assert made.size_bytes == sum(picture.size_bytes for picture in made.files.values())
    async with services.db.connection() as db:
        assert await media.unattached(db, ALICE, made.id) == made


async def test_c11_keys_hold_128_random_bits_and_never_repeat(services: Services) -> None:
    first, second = await upload(services), await upload(services)
    assert first.key != second.key
    place, folder, token = first.key.split("/")
    assert (place, folder, len(token)) == ("posts", token[:2], 32)
    assert int(token, 16) >= 0


async def test_what_is_refused_leaves_no_row_and_no_file(services: Services) -> None:
    for data, problem in (
        (b"", Invalid),
        (b"holiday.png", Invalid),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Invalid),
        (pictures.png_header(65535, 65535), Invalid),
        (b"\xff" * (services.settings.image_bytes + 1), TooLarge),
    ):
        with pytest.raises(problem):
            await media.upload_image(services, ALICE, data=data, now=utc_now())
    for more in (
        {"description": "x" * 1501},
        {"description": "a\0b"},
        {"focus": (2.0, 0.0)},
        {"focus": (float("nan"), 0)},
    ):
        with pytest.raises(Invalid):
            await upload(services, **more)
    assert await rows(services) == 0
    assert not (services.settings.home / "media" / "posts").exists()


async def test_a_hundred_waiting_pictures_are_enough(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_UNATTACHED", 2)
    first = await upload(services)
    await upload(services)
    with pytest.raises(TooMany):
        await upload(services)
    await upload(services, BOB)
    await attach(services, ALICE, [first.id], POST)
    await upload(services)


async def test_only_the_owner_finds_describes_and_discards_an_upload(services: Services) -> None:
    made = await upload(services, description="before")
    async with services.db.transaction() as tx:
        for attempt in (
            media.unattached(tx, BOB, made.id),
            media.describe(tx, BOB, made.id, description="mine"),
            media.discard(tx, BOB, made.id),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert (await media.describe(tx, ALICE, made.id, focus=(1.0, 1.0))).description == "before"
        changed = await media.describe(tx, ALICE, made.id, description="after")
        assert (changed.description, changed.focus_x) == ("after", 1.0)
        assert (await media.describe(tx, ALICE, made.id, description=None)).description is None


# ── attaching ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_pictures_are_attached_in_the_order_given(services: Services) -> None:
    made = [await upload(services, description=str(number)) for number in range(3)]
    wanted = [made[2].id, made[0].id, made[1].id]
    attached = await attach(services, ALICE, wanted, POST)
    assert [one.id for one in attached] == wanted
    assert [one.description for one in attached] == ["2", "0", "1"]
    assert attached[0].files == made[2].files
    async with services.db.connection() as db:
        with pytest.raises(NotFound):
            await media.unattached(db, ALICE, made[0].id)


async def test_somebody_elses_picture_cannot_be_attached(services: Services) -> None:
    mine, theirs = await upload(services), await upload(services, BOB)
    for wanted in ([theirs.id], [mine.id, theirs.id], [MediaId(424242)]):
        with pytest.raises(Invalid) as refusal:
            await attach(services, ALICE, wanted, POST)
        assert (refusal.value.field, refusal.value.code) == ("media_ids", "not_found")
    assert await attach(services, ALICE, [mine.id], POST)
    assert await attach(services, BOB, [theirs.id], OTHER_POST)


async def test_a_picture_belongs_to_one_post_only(services: Services) -> None:
    made = await upload(services)
    await attach(services, ALICE, [made.id], POST)
    with pytest.raises(Invalid) as refusal:
        await attach(services, ALICE, [made.id], OTHER_POST)
    assert refusal.value.code == "taken"
    async with services.db.transaction() as tx:
        with pytest.raises(NotFound):
            await media.describe(tx, ALICE, made.id, description="too late")


async def test_of_two_posts_at_the_same_moment_one_gets_the_picture(services: Services) -> None:
    made = [await upload(services) for _ in range(2)]
    ids = [one.id for one in made]
    outcomes = await asyncio.gather(
        attach(services, ALICE, ids, POST),
        attach(services, ALICE, ids[::-1], OTHER_POST),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Invalid", "list"]


async def test_an_unfinished_upload_cannot_be_attached(services: Services) -> None:
    made = await upload(services)
    async with services.db.transaction() as tx:
        await tx.execute("UPDATE media SET state = 'processing' WHERE id = $1", made.id)
    with pytest.raises(Invalid) as refusal:
        await attach(services, ALICE, [made.id], POST)
    assert refusal.value.code == "not_ready"


async def test_detached_pictures_can_be_used_again(services: Services) -> None:
    made = await upload(services)
    await attach(services, ALICE, [made.id], POST)
    later = utc_now() + timedelta(days=30)
    async with services.db.transaction() as tx:
        await media.detach(tx, ALICE, POST, now=later)
    await media.purge_unattached(services, now=later + timedelta(hours=23))
    assert [one.key for one in await attach(services, ALICE, [made.id], OTHER_POST)] == [made.key]
    assert await stored(services, made)


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_no_post_took_within_a_day_is_removed(services: Services) -> None:
    waiting, posted = await upload(services), await upload(services)
    await attach(services, ALICE, [posted.id], POST)
    assert await media.purge_unattached(services, now=utc_now() + timedelta(hours=23)) == 0
    assert await media.purge_unattached(services, now=utc_now() + timedelta(hours=25)) == 1
    assert not await stored(services, waiting)
    assert await stored(services, posted)
    assert await rows(services) == 1


async def test_a_sweep_takes_any_number_and_two_sweeps_do_not_disturb_each_other(services: Services) -> None:
    made = await upload(services)
    async with services.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO media (account_id, id, kind, state, key, size_bytes, created_at)
            SELECT 1, 1000 + n, 'image', 'ready', 'posts/00/' || md5(n::text), 1, now()
              FROM generate_series(1, 249) AS n
            """
        )
    tomorrow = utc_now() + timedelta(days=2)
    await asyncio.gather(*(media.purge_unattached(services, now=tomorrow) for _ in range(2)))
    assert await rows(services) == 0
    assert not await stored(services, made)


async def test_what_a_crash_left_half_stored_is_swept_away(services: Services) -> None:
    made = await upload(services)
    async with services.db.transaction() as tx:
        await tx.execute("UPDATE media SET state = 'processing', files = '{}' WHERE id = $1", made.id)
    await media.purge_unattached(services, now=utc_now() + timedelta(days=2))
    assert (await stored(services, made), await rows(services)) == (False, 0)


async def test_a_discarded_upload_is_gone_at_once_and_swept_soon(services: Services) -> None:
    made = await upload(services)
    async with services.db.transaction() as tx:
        await media.discard(tx, ALICE, made.id)
        with pytest.raises(NotFound):
            await media.unattached(tx, ALICE, made.id)
        with pytest.raises(Invalid):
            await media.attach(tx, ALICE, [made.id], POST)
    assert await media.purge_unattached(services, now=utc_now()) == 1
    assert not await stored(services, made)


async def test_a_removed_posts_pictures_go_with_it(services: Services) -> None:
    gone, kept = await upload(services), await upload(services)
    await attach(services, ALICE, [gone.id], POST)
    await attach(services, ALICE, [kept.id], OTHER_POST)
    await media.purge_of_post(services, BOB, POST)
    assert await stored(services, gone)
    for _ in range(2):
        await media.purge_of_post(services, ALICE, POST)
    assert not await stored(services, gone)
    assert await stored(services, kept)
    assert await rows(services) == 1


# ── portraits ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_avatars_and_headers_are_stored_in_two_sizes_and_discarded_together(services: Services) -> None:
    avatar = await media.store_avatar(services, pictures.jpeg())
    header = await media.store_header(services, pictures.jpeg())
    assert avatar.startswith("avatars/")
    assert header.startswith("headers/")
    for key in (avatar, header):
        assert (await services.storage.open(key)).size_bytes > (
            await services.storage.open(media.small_of(key))
        ).size_bytes
    await media.discard_portrait(services, avatar)
    for key in (avatar, media.small_of(avatar)):
        with pytest.raises(NotFound):
            await services.storage.open(key)
    assert await services.storage.open(header)


async def test_a_refused_portrait_names_its_field(services: Services) -> None:
    with pytest.raises(Invalid) as refusal:
        await media.store_avatar(services, b"not a picture")
    assert (refusal.value.field, refusal.value.code) == ("avatar", "not_a_picture")
    with pytest.raises(Invalid) as refusal:
        await media.store_header(services, b"")
    assert refusal.value.field == "header"
