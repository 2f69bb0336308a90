"""Group G of the cases: what people upload may be anything."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections import namedtuple
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from parvis.infra import images
from tests.rig import films, pictures
from tests.rig.people import Person
from tests.rig.world import World

TINY = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1")
TONE = ("-f", "lavfi", "-i", "sine=d=1")
FAST = ("-c:v", "libx264", "-preset", "ultrafast")


async def made(world: World, person: Person, path: Path, name: str | None = None) -> tuple[int, dict[str, Any]]:
    """Status and answer for the upload once everything is made of it."""
    answer = await world.client.post(
        "/api/v2/media", files={"file": (name or path.name, path.read_bytes(), "video/mp4")}, headers=person.headers
    )
    if answer.status_code == 202:
        await world.settle()
        answer = await person.get(f"/api/v1/media/{answer.json()['id']}")
    return answer.status_code, answer.json()


async def back(world: World, item: dict[str, Any], folder: Path) -> Path:
    path = folder / "back.mp4"
    path.write_bytes((await world.client.get(item["url"])).content)
    return path


async def test_g1_names_are_ours_and_what_is_both_picture_and_script_is_only_a_picture(world: World) -> None:
    alice = await world.person("alice")
    data = pictures.jpeg() + b"<script>alert(1)</script>\nPK\x03\x04"
    for name in ("../../../etc/cron.d/x.jpg", "x\x00.php", "x.html", "|id;.jpg", "a" * 200):
        answer = await world.client.post(
            "/api/v2/media", files={"file": (name, data, "text/html")}, headers=alice.headers
        )
        assert answer.status_code == 200, name
        served = await world.client.get(answer.json()["url"])
        assert served.headers["content-type"] == "image/webp"
        assert b"script" not in served.content
        assert answer.json()["url"].endswith("/original.webp")


ODD = {
    "odd_dimensions": (("-f", "lavfi", "-i", "testsrc2=s=321x181:r=25:d=1", *FAST, "-pix_fmt", "yuv444p"), (322, 182)),
    "no_sound": ((*TINY, *FAST, "-pix_fmt", "yuv420p"), (320, 180)),
    "eight_sound_tracks": ((*TINY, *TONE, *FAST, "-map", "0:v", *(["-map", "1:a"] * 8)), (320, 180)),
    "ten_bit_hdr": (
        (*TINY, *FAST, "-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc", "smpte2084",
         "-colorspace", "bt2020nc"), (320, 180),
    ),
    "changing_frame_rate": (
        (*TINY, "-vf", "select='not(mod(n,3))+lt(n,8)'", "-fps_mode", "vfr", *FAST, "-pix_fmt", "yuv420p"), (320, 180),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
async def test_g2_odd_videos_are_made_playable(world: World, tmp_path: Path, kind: str) -> None:
    alice = await world.person("alice")
    words, size = ODD[kind]
    status, item = await made(world, alice, films.made(tmp_path / f"{kind}.mkv", *words))
    assert status == 200, item
    original = item["meta"]["original"]
    assert abs(original["width"] - size[0]) <= 2, original
    assert abs(original["height"] - size[1]) <= 2, original
    with av.open(await back(world, item, tmp_path)) as container:
        assert len(container.streams.video) == 1
        assert len(container.streams.audio) <= 1
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert sum(1 for _ in container.decode(video=0)) > 5


async def test_g2_video_of_a_phone_held_upright_is_shown_upright(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    flat = films.made(tmp_path / "flat.mp4", *TINY, *FAST, "-pix_fmt", "yuv420p")
    turned = films.made(tmp_path / "turned.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy")
    status, item = await made(world, alice, turned)
    assert status == 200, item
    assert (item["meta"]["original"]["width"], item["meta"]["original"]["height"]) == (180, 320)


async def test_g2_video_without_duration_is_refused_and_the_next_is_taken(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    whole = films.made(tmp_path / "whole.mp4", *TINY, *FAST, "-pix_fmt", "yuv420p")
    empty = films.made(
        tmp_path / "empty.mp4", "-i", str(whole), "-c", "copy", "-frames:v", "0", "-movflags", "empty_moov"
    )
    status, answer = await made(world, alice, empty)
    assert status == 422, answer
    assert answer["error"]
    assert (await made(world, alice, whole))[0] == 200


def archives() -> dict[str, bytes]:
    """What unpacks to much, to places outside, or to other files."""
    bomb, slip, tar = BytesIO(), BytesIO(), BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.jpg", bytes(20_000_000))
    with zipfile.ZipFile(slip, "w") as file:
        file.writestr("../../../tmp/parvis-was-here", b"x")
        file.writestr("nested.zip", bomb.getvalue())
    with tarfile.open(fileobj=tar, mode="w:gz") as file:
        link = tarfile.TarInfo("passwd.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return {"bomb.zip": bomb.getvalue(), "slip.zip": slip.getvalue(), "link.tar.gz": tar.getvalue()}


async def test_g3_archives_are_unpacked_nowhere_whatever_they_are_called(world: World) -> None:
    alice = await world.person("alice")
    video = await world.client.post("/api/v2/media", files={"file": ("a.jpg", pictures.jpeg())}, headers=alice.headers)
    for name, data in archives().items():
        for called in (name, "a.jpg", "a.mp4"):
            answer = await world.client.post(
                "/api/v2/media", files={"file": (called, data, "application/zip")}, headers=alice.headers
            )
            assert answer.status_code == 422, (name, called)
        avatar = await world.client.patch(
            "/api/v1/accounts/update_credentials", files={"avatar": ("a.png", data)}, headers=alice.headers
        )
        assert avatar.status_code == 422, name
        captions = await world.client.put(
            f"/api/parvis/v1/media/{video.json()['id']}/captions/en", files={"file": ("a.vtt", data)},
            headers=alice.headers,
        )  # fmt: skip
        assert captions.status_code in (404, 413, 422), name
    assert not Path("/tmp/parvis-was-here").exists()


async def test_g4_nothing_that_a_camera_says_of_itself_is_served(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    told = ("-metadata", "location=+48.8584+002.2945/", "-metadata", "title=SECRET", "-metadata", "make=PHONE-12345")
    for name in ("copied.mp4", "encoded.mkv"):
        film = films.made(
            tmp_path / name, *TINY, *TONE, *FAST, "-pix_fmt", "yuv420p", "-c:a", "aac", *told,
            *(("-movflags", "use_metadata_tags") if name.endswith("mp4") else ()),
        )  # fmt: skip
        assert b"SECRET" in film.read_bytes()
        status, item = await made(world, alice, film)
        assert status == 200, item
        base = item["url"].rpartition("/")[0]
        master = (await world.client.get(f"{base}/master.m3u8")).text
        for part in [item["url"], *(f"{base}/{one.replace('m3u8', 'm4s')}" for one in master.split() if one[0] != "#")]:
            content = (await world.client.get(part)).content
            for secret in (b"SECRET", b"48.8584", b"PHONE-12345"):
                assert secret not in content, (name, part)


async def test_g5_what_is_uploaded_is_never_served_as_a_document_of_ours(world: World) -> None:
    alice = await world.person("alice")
    data = b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Person","id":"http://parvis.test/@alice"}'
    answer = await world.client.post(
        "/api/v2/media", files={"file": ("a.json", data, "application/activity+json")}, headers=alice.headers
    )
    assert answer.status_code == 422


def components(blurhash: str) -> tuple[int, int]:
    """How many components its first character promises."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
    return digits.index(blurhash[0]) % 9 + 1, digits.index(blurhash[0]) // 9 + 1


async def test_g8_placeholders_are_as_long_as_they_say_for_pictures_of_any_shape(world: World) -> None:
    alice = await world.person("alice")
    for width, height in ((1, 1), (1, 900), (900, 1), (64, 48)):
        sent = {"file": ("a.png", pictures.png(width, height) if width > 1 else pictures.noise_png(width, height))}
        item = (await world.client.post("/api/v2/media", files=sent, headers=alice.headers)).json()
        across, down = components(item["blurhash"])
        assert len(item["blurhash"]) == 4 + 2 * across * down
        assert {across, down} == {3, 4}


@pytest.mark.parametrize(
    "said", ["", "L", "LEHV6n", "L" * 91, "LEHV6nWB2yk8pyo0adR*.7kCMdn\\0", "LEHV6nWB2yk8 pyo0adR"]
)
async def test_g8_a_placeholder_that_lies_about_its_length_is_not_believed(said: str) -> None:
    assert not images.is_blurhash(said)
    assert images.is_blurhash("LEHV6nWB2yk8pyo0adR*.7kCMdnj")


async def test_g9_uploads_are_refused_before_the_disk_is_full_while_posts_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await world.person("alice")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000, 910, 90))
    answer = await world.client.post(
        "/api/v2/media", files={"file": ("a.jpg", pictures.jpeg(), "image/jpeg")}, headers=alice.headers
    )
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    begun = await world.client.post(
        "/api/parvis/v1/uploads", headers=alice.headers | {"Tus-Resumable": "1.0.0", "Upload-Length": "9"}
    )
    assert begun.status_code == 503
    assert (await alice.post("/api/v1/statuses", {"status": "still here"})).status_code == 200
