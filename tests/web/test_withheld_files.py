"""Files of what moderators withhold: for their owner and the staff alone, and back for everybody when it is lifted."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from parvis.base.ids import PostId
from tests.rig.house import House, furnished
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


async def with_picture(person: Person) -> tuple[PostId, str]:
    """A post with a picture, and the path of its file."""
    sent = await person.client.post("/api/v2/media", files={"file": ("a.png", png(40, 30))}, headers=person.headers)
    body = {"status": "look", "media_ids": [decoded(sent)["id"]]}
    post = decoded(await person.post("/api/v1/statuses", body))
    return PostId(int(post["id"])), urlsplit(post["media_attachments"][0]["url"]).path


async def test_files_of_a_withheld_post_are_for_its_author_and_the_staff_until_it_is_lifted(
    house: House, alices: Browser, bobs: Browser, stranger: Browser, open_browser: Callable[[], Browser]
) -> None:
    alice = await house.world.person("anna")
    annas, monas = await open_browser().sign_in(alice), await open_browser().sign_in(house.mona)
    post, path = await with_picture(alice)
    everybody = (stranger, bobs, alices, annas, monas)
    assert [(await one.get(path)).status_code for one in everybody] == [200] * 5
    restriction = await house.restricts("withhold", alice.id, post)
    await house.world.settle()
    await house.world.settle()
    assert [(await one.get(path)).status_code for one in everybody] == [404, 404, 404, 200, 200]
    own = await annas.get(path)
    assert "no-store" in own.headers["cache-control"]
    assert (await monas.get(path.replace("/media/", "/media/withheld/"))).status_code == 404
    assert (await stranger.get(path.replace("/media/", "/media/withheld/"))).status_code == 404
    assert (await annas.get(path, Range="bytes=0-9")).status_code == 206
    await house.lifts(restriction, by=house.max)
    await house.world.settle()
    assert [(await one.get(path)).status_code for one in everybody] == [200] * 5
    assert "no-store" not in (await annas.get(path)).headers["cache-control"]


async def test_a_file_that_is_nowhere_is_nowhere_for_the_staff_too(
    house: House, open_browser: Callable[[], Browser]
) -> None:
    monas = await open_browser().sign_in(house.mona)
    assert (await monas.get("/media/posts/00/00000000000000000000000000000000/small.webp")).status_code == 404
