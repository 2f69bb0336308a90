"""Pages of videos: what other places are told of them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from tests.rig import films
from tests.rig.people import Person, decoded
from tests.rig.world import ORIGIN, World


async def video_of(world: World, person: Person, folder: Path) -> str:
    """The id of a video that is ready."""
    film = films.pattern(folder / "a.mp4", *films.H264, size="320x180", seconds=1)
    sent = await world.client.post(
        "/api/v2/media", files={"file": ("a.mp4", film.read_bytes())}, headers=person.headers
    )
    await world.settle()
    return sent.json()["id"]


def tags(page: str) -> dict[str, str]:
    """Names and contents of a page's meta elements."""
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', page)
    return {name: unescape(content) for name, content in found}


async def test_other_places_are_told_of_the_player_of_a_public_video_and_of_no_other(
    world: World, tmp_path: Path
) -> None:
    alice = await world.person("alice")
    shown = decoded(
        await alice.post(
            "/api/v1/statuses", {"status": "A film", "media_ids": [await video_of(world, alice, tmp_path)]}
        )
    )
    said = tags((await world.client.get(f"/@alice/{shown['id']}")).text)
    item = shown["media_attachments"][0]
    assert (said["og:type"], said["og:video"], said["og:video:type"]) == ("video.other", item["url"], "video/mp4")
    assert (said["og:video:width"], said["og:video:height"]) == ("320", "180")
    assert said["og:image"] == item["preview_url"]
    assert said["twitter:card"] == "player"
    assert said["twitter:player:stream"] == item["url"]
    framed = await world.client.get(said["twitter:player"].removeprefix(ORIGIN))
    assert "<video" in framed.text
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    for more in ({"visibility": "unlisted"}, {"spoiler_text": "careful"}, {"sensitive": "true"}):
        kept = {"status": "Not so", "media_ids": [await video_of(world, alice, tmp_path)], **more}
        hidden = decoded(await alice.post("/api/v1/statuses", kept))
        assert "og:video" not in tags((await world.client.get(f"/@alice/{hidden['id']}")).text), more
