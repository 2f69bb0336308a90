"""Emoji of this place: in apps, on pages, and gone again."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, NotFound
from parvis.domain import media, moderation
from tests.rig.people import decoded
from tests.rig.pictures import png
from tests.rig.world import World


async def added(world: World, shortcode: str = "bread", category: str | None = "Food", **more: Any) -> str:
    """The address of a new emoji's picture; this process knows it."""
    made = await media.emoji.add(
        world.services, shortcode=shortcode, data=png(300, 200), category=category, now=utc_now(), **more
    )
    await media.emoji.look(world.services)
    world.app.inner.framework.state.fragments.clear()
    world.app.inner.framework.state.answers.clear()
    return f"http://parvis.test/media/{made.key}"


def entity(shortcode: str, url: str, **more: Any) -> dict[str, Any]:
    return {"shortcode": shortcode, "url": url, "static_url": url, "visible_in_picker": True, **more}


async def test_every_emoji_is_listed_with_its_picture(world: World) -> None:
    bread, salt = await added(world), await added(world, "salt", None, listed=False)
    listed = decoded(await world.client.get("/api/v1/custom_emojis"))
    assert listed == [entity("bread", bread, category="Food"), entity("salt", salt) | {"visible_in_picker": False}]
    picture = await world.client.get(bread)
    assert (picture.headers["content-type"], picture.content[8:12]) == ("image/webp", b"WEBP")


async def test_what_holds_a_shortcode_names_its_emoji(world: World) -> None:
    alice = await world.person("alice")
    bread = entity("bread", await added(world), category="Food")
    poll = {"options": [":bread:", "cake"], "expires_in": 3600}
    body = {"status": "Fresh :bread: and :nothing:", "spoiler_text": "about :bread:", "poll": poll}
    made = decoded(await alice.post("/api/v1/statuses", body))
    profile = {"display_name": "Alice :bread:", "note": "Bakes :bread:"}
    changed = await alice.client.patch("/api/v1/accounts/update_credentials", json=profile, headers=alice.headers)
    await world.settle()
    assert decoded(changed)["emojis"] == [bread]
    for status in (
        made,
        decoded(await alice.get(f"/api/v1/statuses/{made['id']}")),
        decoded(await world.client.get("/api/v1/timelines/public"))[0],
    ):
        assert status["emojis"] == [bread]
        assert status["poll"]["emojis"] == [bread]
        assert ":bread:" in status["content"]
    assert decoded(await alice.get(f"/api/v1/statuses/{made['id']}"))["account"]["emojis"] == [bread]
    (first,) = decoded(await alice.get(f"/api/v1/statuses/{made['id']}/history"))
    assert first["emojis"] == [bread]


async def test_an_announcement_names_its_emoji(world: World) -> None:
    alice = await world.person("alice")
    bread = entity("bread", await added(world), category="Food")
    async with world.services.db.transaction() as tx:
        await moderation.announcements.announce(tx, world.services.ids, text="Free :bread:", now=utc_now())
    (one,) = decoded(await alice.get("/api/v1/announcements"))
    assert one["emojis"] == [bread]


async def test_pages_show_pictures_and_words_again_when_they_are_gone(world: World) -> None:
    alice = await world.person("alice")
    post = await alice.says("Fresh :bread:")
    url = await added(world)
    path = url.removeprefix("http://parvis.test")
    shown = (await world.client.get(f"/@alice/{post}")).text
    assert f'<img class="emoji" src="{path}" alt=":bread:"' in shown
    await media.emoji.remove(world.services, "bread")
    await media.emoji.look(world.services)
    assert '<img class="emoji"' not in (await world.client.get(f"/@alice/{post}")).text
    assert (await world.client.get(path)).status_code == 404
    with pytest.raises(NotFound):
        await media.emoji.remove(world.services, "bread")


async def test_another_picture_replaces_the_first_and_no_picture_changes_nothing(world: World) -> None:
    old, new = await added(world), await added(world)
    assert old != new
    assert (await world.client.get(old)).status_code == 404
    with pytest.raises(Invalid):
        await media.emoji.add(world.services, shortcode="bread", data=b"none", category=None, now=utc_now())
    assert [one["url"] for one in decoded(await world.client.get("/api/v1/custom_emojis"))] == [new]


async def test_a_process_learns_of_a_change_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(media.emoji, "LOOK_EVERY_S", 0.01)
    heard = asyncio.Event()
    task = asyncio.create_task(media.emoji.keep_looking(world.services, heard.set))
    try:
        await media.emoji.add(world.services, shortcode="salt", data=png(20, 20), category=None, now=utc_now())
        await asyncio.wait_for(heard.wait(), 20)
    finally:
        task.cancel()


async def test_of_two_that_are_added_at_once_only_one_is_the_last_that_fits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    monkeypatch.setattr(media.emoji, "MOST", 2)
    await added(world, "bread")
    names = ["salt", "wine", "oil"]
    new = [
        media.emoji.add(world.services, shortcode=name, data=png(20, 20), category=None, now=utc_now())
        for name in names
    ]
    refused = [one for one in await asyncio.gather(*new, return_exceptions=True) if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [Invalid, Invalid]
    await added(world, "bread")  # another picture for one that is there always fits
    kept = {one.key for one in await media.emoji.current(world.services.db.pool)}  # type: ignore[arg-type]
    folder = world.services.settings.home / "media"
    assert {str(path.relative_to(folder)) for path in (folder / "emoji").rglob("*") if path.is_file()} == kept
