"""Video and sound through the client API: sent, made playable, posted, refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from parvis.base.errors import NotFound
from parvis.infra import busy, video
from tests.rig import films, pictures
from tests.rig.people import Person, decoded
from tests.rig.world import World


async def send(world: World, person: Person, path: Path) -> dict[str, object]:
    answer = await world.client.post(
        "/api/v2/media", files={"file": (path.name, path.read_bytes(), "application/x")}, headers=person.headers
    )
    assert answer.status_code == 202, answer.text
    found: dict[str, object] = json.loads(answer.content)
    return found


async def put(world: World, person: Person, path: str, body: dict[str, str]) -> httpx.Response:
    return await world.client.put(path, json=body, headers=person.headers)


async def fetched(world: World, url: str, into: Path) -> Path:
    answer = await world.client.get(url)
    assert answer.status_code == 200
    into.write_bytes(answer.content)
    return into


async def test_a_video_that_browsers_play_is_taken_as_it_is_and_gets_smaller_sizes(
    world: World, tmp_path: Path
) -> None:
    alice = await world.person("alice")
    sent = await send(world, alice, films.pattern(tmp_path / "a.mp4", *films.H264))
    assert (sent["type"], sent["url"], sent["preview_url"]) == ("video", None, None)
    path = f"/api/v1/media/{sent['id']}"
    waiting = await alice.get(path)
    assert waiting.status_code == 206
    assert waiting.json()["processing"] == {"percent": 0, "doing": None}
    early = await alice.post("/api/v1/statuses", {"status": "soon", "media_ids": [sent["id"]]})
    assert early.status_code == 422
    await world.settle()
    ready = await alice.get(path)
    assert ready.status_code == 200
    item = ready.json()
    assert "processing" not in item
    assert item["meta"]["original"] | {"bitrate": 0} == {
        "width": 640, "height": 360, "frame_rate": "25/1", "duration": pytest.approx(2, abs=0.1), "bitrate": 0
    }  # fmt: skip
    assert (item["meta"]["size"], item["meta"]["fps"], item["meta"]["length"][:5]) == ("640x360", 25, "0:00:")
    assert item["preview_url"].endswith("small.webp")
    assert item["blurhash"]
    count, last = films.decoded(await fetched(world, item["url"], tmp_path / "back.mp4"))
    assert (count, last) == (50, pytest.approx(1.96, abs=0.05))
    status = decoded(await alice.post("/api/v1/statuses", {"status": "look", "media_ids": [sent["id"]]}))
    assert status["media_attachments"][0]["url"] == item["url"]


async def test_every_size_of_the_ladder_can_be_decoded_from_its_playlist(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    sent = await send(world, alice, films.pattern(tmp_path / "a.webm", *films.VP9, seconds=6))
    await world.settle()
    item = (await alice.get(f"/api/v1/media/{sent['id']}")).json()
    assert item["meta"]["original"]["height"] == 360
    folder = item["url"].rpartition("/")[0]
    master = await world.client.get(f"{folder}/master.m3u8")
    assert master.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert master.headers["cache-control"] == "public, max-age=5"
    rungs = [line for line in master.text.splitlines() if line and not line.startswith("#")]
    assert [name.partition("-")[0] for name in rungs] == ["240p", "360p"]
    for name in rungs:
        playlist = await world.client.get(f"{folder}/{name}")
        assert playlist.text.count("#EXT-X-BYTERANGE") == 2  # four seconds, then two
        assert "immutable" in playlist.headers["cache-control"]
        file = await fetched(world, f"{folder}/{name.replace('m3u8', 'm4s')}", tmp_path / name)
        count, last = films.decoded(file)
        assert (count, last) == (pytest.approx(150, abs=2), pytest.approx(6, abs=0.15))
    async with world.services.db.connection() as db:
        listed = await db.fetchval("SELECT files->'previews'->>'name' FROM media")
    text = (await world.client.get(f"{folder}/{listed}")).text
    tiles = [line for line in text.splitlines() if "#xywh=" in line]
    assert [line.partition("#")[2] for line in tiles] == ["xywh=0,0,160,90", "xywh=160,0,160,90"]
    assert "00:00:04.000 --> 00:00:08.000" in text
    shown = pictures.opened((await world.client.get(f"{folder}/{tiles[0].partition('#')[0]}")).content)
    assert (shown.width, shown.height) == (320, 90)


async def test_every_encoding_stands_still_while_the_machine_is_busy(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.services.settings = msgspec.structs.replace(world.services.settings, transcodings_idle=True)
    alice = await world.person("alice")
    await send(world, alice, films.pattern(tmp_path / "a.webm", *films.VP9, seconds=1, size="320x180"))
    for one in (busy, video):
        monkeypatch.setattr(one, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(busy, "BUSY_FROM", -1.0)  # as if others used it up
    monkeypatch.setattr(busy, "CALM_BELOW", -1.0)
    making = asyncio.create_task(world.settle())
    async with asyncio.timeout(60):
        while not any("libx264" in words for words in standing_still()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    monkeypatch.setattr(busy, "BUSY_FROM", 2.0)
    monkeypatch.setattr(busy, "CALM_BELOW", 2.0)
    await making
    async with world.services.db.connection() as db:
        assert await db.fetchval("SELECT state FROM media") == "ready"


def standing_still() -> list[list[str]]:
    """The words to each child of ours that was stopped."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if one.status() == psutil.STATUS_STOPPED:
                found.append(one.cmdline())
    return found


async def test_parts_of_a_file_are_sent_alone(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    sent = await send(world, alice, films.pattern(tmp_path / "a.mp4", *films.H264, seconds=1, size="320x180"))
    await world.settle()
    url = (await alice.get(f"/api/v1/media/{sent['id']}")).json()["url"]
    whole = (await world.client.get(url)).content
    for header, part in (("bytes=4-7", whole[4:8]), ("bytes=100-", whole[100:]), ("bytes=0-99999999", whole)):
        answer = await world.client.get(url, headers={"Range": header})
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    beyond = await world.client.get(url, headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert (await world.client.get(url, headers={"Range": "lines=1-2"})).status_code == 200


async def test_sound_becomes_one_file_with_a_picture_of_its_wave(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    sent = await send(world, alice, films.made(tmp_path / "a.flac", "-f", "lavfi", "-i", "sine=d=2"))
    assert sent["type"] == "audio"
    await world.settle()
    item = (await alice.get(f"/api/v1/media/{sent['id']}")).json()
    assert item["url"].endswith(".m4a")
    assert item["preview_url"].endswith("small.webp")
    assert item["meta"]["original"] == {"duration": pytest.approx(2, abs=0.1), "bitrate": 128000}


async def test_what_was_sent_is_kept_until_all_is_made_and_never_served(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    await send(world, alice, films.pattern(tmp_path / "a.mp4", *films.H264, seconds=1, size="320x180"))
    async with world.services.db.connection() as db:
        key = await db.fetchval("SELECT source_key FROM media")
    stored = await world.services.storage.open(key)
    assert stored.size_bytes == (tmp_path / "a.mp4").stat().st_size
    await stored.chunks.aclose()  # type: ignore[attr-defined]
    assert (await world.client.get(f"/media/{key}")).status_code == 404
    await world.settle()
    async with world.services.db.connection() as db:
        assert await db.fetchval("SELECT source_key FROM media") is None
    with pytest.raises(NotFound):
        await world.services.storage.open(key)


@pytest.mark.parametrize(
    ("name", "words", "reason"),
    [
        ("fast.mp4", ("testsrc2=s=64x64:r=1000:d=1",), "pictures a second"),
        ("lying.webm", (), "damaged"),
        ("cut.mp4", (), "damaged"),
    ],
)
async def test_g2_video_that_cannot_be_shown_is_refused_with_a_reason(
    world: World, tmp_path: Path, name: str, words: tuple[str, ...], reason: str
) -> None:
    alice = await world.person("alice")
    path = tmp_path / name
    if words:
        films.made(path, "-f", "lavfi", "-i", *words, "-c:v", "libx264", "-preset", "ultrafast")
    elif name == "lying.webm":
        path.write_bytes(b"\x1a\x45\xdf\xa3" + b"\x00" * 5000)
    else:  # its table of contents stands at the end, which is missing
        path.write_bytes(films.pattern(tmp_path / "whole.mp4", *films.H264).read_bytes()[:9000])
    sent = await send(world, alice, path)
    await world.settle()
    answer = await alice.get(f"/api/v1/media/{sent['id']}")
    assert answer.status_code == 422
    assert reason in answer.json()["error"]
    posted = await alice.post("/api/v1/statuses", {"status": "x", "media_ids": [sent["id"]]})
    assert posted.status_code == 422


@pytest.mark.parametrize(
    "text", ["#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "ffconcat version 1.0\nfile /etc/passwd\n"]
)
async def test_g6_lists_that_name_other_files_are_never_read(world: World, text: str) -> None:
    alice = await world.person("alice")
    for name, prefix in (("a.m3u8", b""), ("a.mp4", b"\x00\x00\x00\x18ftypisom"), ("a.mp3", b"ID3")):
        answer = await world.client.post(
            "/api/v2/media", files={"file": (name, prefix + text.encode(), "video/mp4")}, headers=alice.headers
        )
        if answer.status_code == 202:
            await world.settle()
            answer = await alice.get(f"/api/v1/media/{answer.json()['id']}")
        assert answer.status_code == 422


async def test_captions_can_be_added_corrected_and_removed_also_after_posting(world: World, tmp_path: Path) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    sent = await send(world, alice, films.pattern(tmp_path / "a.mp4", *films.H264, seconds=1, size="320x180"))
    path = f"/api/parvis/v1/media/{sent['id']}/captions"
    vtt = "WEBVTT\n\n00:00.000 --> 00:01.000\n%s\n"
    early = await put(world, alice, f"{path}/en", {"text": vtt % "Early"})
    assert early.status_code == 200, early.text
    await world.settle()  # what is made later leaves them alone
    item = (await alice.get(f"/api/v1/media/{sent['id']}")).json()
    assert [one["language"] for one in item["captions"]] == ["en"]
    status = decoded(await alice.post("/api/v1/statuses", {"status": "look", "media_ids": [sent["id"]]}))
    await put(world, alice, f"{path}/en", {"text": vtt % "Better"})
    await put(world, alice, f"{path}/pt-BR", {"text": vtt % "Melhor"})
    shown = decoded(await alice.get(f"/api/v1/statuses/{status['id']}"))["media_attachments"][0]["captions"]
    assert [one["language"] for one in shown] == ["en", "pt-BR"]
    text = await world.client.get(shown[0]["url"])
    assert (text.headers["content-type"].partition(";")[0], "Better" in text.text) == ("text/vtt", True)
    assert (await world.client.get(item["captions"][0]["url"])).status_code == 404  # the earlier version
    assert (await bob.get(path)).status_code == 404
    assert (await put(world, bob, f"{path}/en", {"text": vtt % "Mine"})).status_code == 404
    for language in ("../x", "english please", "EN"):
        assert (await put(world, alice, f"{path}/{language}", {"text": vtt % "x"})).status_code in (404, 422)
    left = await alice.delete(f"{path}/en")
    assert [one["language"] for one in left.json()] == ["pt-BR"]


@pytest.mark.parametrize(
    ("name", "words"), [("a.gif", ()), ("a.webp", ("-c:v", "libwebp_anim", "-loop", "0"))], ids=["gif", "webp"]
)
async def test_an_animation_becomes_a_silent_video(
    world: World, tmp_path: Path, name: str, words: tuple[str, ...]
) -> None:
    alice = await world.person("alice")
    path = films.made(tmp_path / name, "-f", "lavfi", "-i", "testsrc2=s=161x91:r=10:d=1", *words)
    sent = await send(world, alice, path)
    assert sent["type"] == "gifv"
    await world.settle()
    item = (await alice.get(f"/api/v1/media/{sent['id']}")).json()
    assert (item["type"], item["url"][-4:], item["preview_url"][-5:]) == ("gifv", ".mp4", ".webp")
    count, last = films.decoded(await fetched(world, item["url"], tmp_path / "back.mp4"))
    assert (count, last) == (10, pytest.approx(0.9, abs=0.11))
    status = decoded(await alice.post("/api/v1/statuses", {"status": "look", "media_ids": [sent["id"]]}))
    assert status["media_attachments"][0]["type"] == "gifv"


async def test_a_picture_that_was_chosen_for_a_video_stands_for_it(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    film = films.pattern(tmp_path / "a.mp4", *films.H264, seconds=1, size="320x180")
    answer = await world.client.post(
        "/api/v1/media",
        files={"file": ("a.mp4", film.read_bytes()), "thumbnail": ("t.png", pictures.png(50, 90))},
        headers=alice.headers,
    )
    assert answer.status_code == 202, answer.text
    path = f"/api/v1/media/{answer.json()['id']}"
    await world.settle()
    first = (await alice.get(path)).json()
    assert (first["meta"]["small"]["width"], first["meta"]["small"]["height"]) == (50, 90)
    assert first["meta"]["original"]["width"] == 320
    files = {"thumbnail": ("t.jpg", pictures.jpeg(80, 20))}
    changed = await world.client.put(path, files=files, data={"description": "A walk"}, headers=alice.headers)
    second = decoded(changed)
    assert (second["meta"]["small"]["width"], second["description"]) == (80, "A walk")
    assert second["preview_url"] != first["preview_url"]
    assert (await world.client.get(second["preview_url"])).status_code == 200
    wrong = await world.client.put(path, files={"thumbnail": ("t.jpg", b"nothing")}, headers=alice.headers)
    assert wrong.status_code == 422
    bob = await world.person("bob")
    assert (await world.client.put(path, files=files, headers=bob.headers)).status_code == 404
    refused = await world.client.post(
        "/api/v2/media", files={"file": ("a.mp4", film.read_bytes()), "thumbnail": ("t", b"x")}, headers=alice.headers
    )
    assert refused.status_code == 422
