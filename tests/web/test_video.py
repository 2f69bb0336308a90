"""Pages of videos: what other places are told of them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from tests.rig import films
from tests.rig.people import Person, decoded
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser, hidden


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


async def test_without_scripts_a_video_is_sent_first_and_posted_from_the_form(
    alices: Browser, world: World, tmp_path: Path
) -> None:
    assert 'href="/compose/film"' in (await alices.get("/compose")).text
    film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=1).read_bytes()
    wrong = await alices.post("/compose/film", files={"file": ("a.mp4", b"nothing of the kind", "video/mp4")})
    assert wrong.status_code == 422
    assert "no video and no sound" in wrong.text
    none = await alices.post("/compose/film", files={"file": ("", b"", "application/octet-stream")})
    assert none.status_code == 422
    sent = await alices.post("/compose/film", {"description": "A walk"}, files={"file": ("a.mp4", film, "video/mp4")})
    assert sent.status_code == 303, sent.text
    form = await alices.get(sent.headers["location"])
    media_id = hidden(form.text, "media_ids")
    assert "being made playable" in form.text
    assert ">A walk</textarea>" in form.text
    early = await alices.post("/compose", {"text": "Look", "media_ids": media_id})
    assert early.status_code == 422
    assert "Publish it in a moment" in early.text
    assert hidden(early.text, "media_ids") == media_id
    await world.settle()
    done = await alices.post("/compose", {"text": "Look", "media_ids": media_id})
    assert done.status_code == 303, done.text
    assert "<video" in (await alices.get("/home")).text


async def test_why_a_video_was_refused_stands_in_the_visitors_language(
    alices: Browser, world: World, tmp_path: Path
) -> None:
    fast = films.made(tmp_path / "a.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=1000:d=1", "-c:v", "libx264")
    await alices.post("/settings/appearance", {"theme": "auto", "locale": "fr"})
    for data, said in (
        (fast.read_bytes(), "Cette vidéo a trop d’images par seconde."),
        (b"\x1a\x45\xdf\xa3" + b"\x00" * 500, "Ce fichier est abîmé, ou d’un type qui n’est pas accepté."),
    ):
        sent = await alices.post("/compose/film", files={"file": ("a.mp4", data, "video/mp4")})
        await world.settle()
        form = await alices.get(sent.headers["location"])
        assert said in unescape(form.text)
        line = await alices.get(f"/compose/media/{sent.headers['location'].rpartition('=')[2]}")
        assert (line.status_code, unescape(line.text)) == (422, said)
