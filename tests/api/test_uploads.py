"""Resumable uploads: taken up where they were cut, by nobody but their owner, in any weather."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from parvis.base.clock import utc_now
from parvis.domain import media
from tests.rig import films, pictures
from tests.rig.people import Person
from tests.rig.stored import keys
from tests.rig.world import World

ROOT = "/api/parvis/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}


def path_of(answer: httpx.Response) -> str:
    return answer.headers["location"].removeprefix("http://parvis.test")


async def begin(world: World, person: Person, size: int, **headers: Any) -> httpx.Response:
    return await world.client.post(ROOT, headers=person.headers | TUS | {"Upload-Length": str(size)} | headers)


async def add(world: World, person: Person, path: str, offset: int, body: Any, **headers: Any) -> httpx.Response:
    own = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    return await world.client.patch(path, content=body, headers=person.headers | TUS | own | headers)


async def offset_of(world: World, person: Person, path: str) -> int:
    answer = await world.client.head(path, headers=person.headers | TUS)
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["upload-offset"])


def checksum(data: bytes, kind: str = "sha256") -> str:
    return f"{kind} {base64.b64encode(hashlib.new(kind, data).digest()).decode()}"


async def stored(world: World) -> list[str]:
    return await keys(world.services.storage, "originals")


async def test_a_film_that_comes_in_parts_is_made_playable(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    data = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=1).read_bytes()
    said = base64.b64encode(b"A pattern").decode()
    begun = await begin(world, alice, len(data), **{"Upload-Metadata": f"filename YS5tcDQ=,description {said}"})
    assert begun.status_code == 201
    path, third = path_of(begun), len(data) // 3
    for start, stop in ((0, third), (third, 2 * third), (2 * third, len(data))):
        assert await offset_of(world, alice, path) == start
        answer = await add(
            world, alice, path, start, data[start:stop], **{"Upload-Checksum": checksum(data[start:stop])}
        )
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(stop))
    media_id = answer.headers["parvis-media-id"]
    assert (await alice.get(f"/api/v1/media/{media_id}")).status_code == 206
    await world.settle()
    item = (await alice.get(f"/api/v1/media/{media_id}")).json()
    assert (item["type"], item["description"]) == ("video", "A pattern")
    assert await stored(world) == []
    again = await world.client.head(path, headers=alice.headers | TUS)
    assert again.headers["parvis-media-id"] == media_id


async def test_what_came_before_a_cut_is_kept(world: World) -> None:
    alice = await world.person("alice")
    path = path_of(await begin(world, alice, 1_000_000))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        """The server's side of a connection that is lost: no error, only that it is gone."""
        came: list[dict[str, Any]] = [{"type": "http.request", "body": b"x" * 300_000, "more_body": True}]

        async def receiving() -> dict[str, Any]:
            return came.pop() if came else {"type": "http.disconnect"}

        await world.app(scope, receiving, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://parvis.test") as client:
        own = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        await client.patch(path, content=b"", headers=alice.headers | TUS | own)
    assert await offset_of(world, alice, path) == 300_000
    assert (await add(world, alice, path, 300_000, b"y" * 10)).headers["upload-offset"] == "300010"


async def test_g7_offsets_sums_sizes_and_versions_are_checked(world: World) -> None:
    alice = await world.person("alice")
    path = path_of(await begin(world, alice, 100))
    assert (await add(world, alice, path, 5, b"jump")).status_code == 409
    assert (await add(world, alice, path, 0, b"wrong", **{"Upload-Checksum": checksum(b"right")})).status_code == 460
    assert (await add(world, alice, path, 0, b"x", **{"Upload-Checksum": "crc9 AAAA"})).status_code == 400
    assert (await add(world, alice, path, 0, b"x" * 101)).status_code == 413
    assert (await add(world, alice, path, 0, b"x", **{"Content-Type": "text/plain"})).status_code == 415
    assert (await add(world, alice, path, 0, b"x", **{"Tus-Resumable": "0.2.2"})).status_code == 412
    assert await offset_of(world, alice, path) == 0
    assert await stored(world) == []
    for length in ("", "-1", "x", "9" * 30):
        assert (await begin(world, alice, 1, **{"Upload-Length": length})).status_code in (400, 413), length
    for strange in ("filename é", "filename !", "filename /w=="):  # no ASCII, no base64, no UTF-8
        assert (await begin(world, alice, 1, **{"Upload-Metadata": strange.encode("latin-1")})).status_code == 400, (
            strange
        )
    for strange in ("sha1 é", "sha1 !"):
        assert (
            await add(world, alice, path, 0, b"x", **{"Upload-Checksum": strange.encode("latin-1")})
        ).status_code == 400, strange
    assert (await begin(world, alice, 0)).status_code == 422
    assert (await begin(world, alice, 2 * 1024**3)).status_code == 413


async def test_g7_nobody_else_can_see_add_to_or_end_an_upload(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    path = path_of(await begin(world, alice, 100))
    assert (await world.client.head(path, headers=bob.headers | TUS)).status_code == 404
    assert (await add(world, bob, path, 0, b"x")).status_code == 404
    assert (await world.client.delete(path, headers=bob.headers | TUS)).status_code == 404
    assert await offset_of(world, alice, path) == 0


async def test_g7_of_two_who_write_at_once_one_is_refused(world: World) -> None:
    alice = await world.person("alice")
    path = path_of(await begin(world, alice, 100))
    reading, going_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * 10

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def receiving() -> dict[str, Any]:
            reading.set()
            await going_on.wait()
            return await receive()

        await world.app(scope, receiving, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://parvis.test") as client:
        own = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        first = asyncio.create_task(client.patch(path, content=slow(), headers=alice.headers | TUS | own))
        await reading.wait()
        going_on.set()
        second = await add(world, alice, path, 0, b"b" * 10)
        answers = sorted([(await first).status_code, second.status_code])
    assert answers == [204, 409]
    assert await offset_of(world, alice, path) == 10


async def test_g7_open_uploads_are_few_and_end_with_their_files(world: World) -> None:
    alice = await world.person("alice")
    paths = [path_of(await begin(world, alice, 100)) for _ in range(10)]
    assert (await begin(world, alice, 100)).status_code == 429
    await add(world, alice, paths[0], 0, b"x")
    assert len(await stored(world)) == 1
    assert (await world.client.delete(paths[0], headers=alice.headers | TUS)).status_code == 204
    assert await stored(world) == []
    assert (await world.client.head(paths[0], headers=alice.headers | TUS)).status_code == 404
    assert (await begin(world, alice, 100)).status_code == 201


async def test_g7_what_is_never_finished_is_gone_after_a_day(world: World) -> None:
    alice = await world.person("alice")
    path = path_of(await begin(world, alice, 100))
    await add(world, alice, path, 0, b"x")
    assert await media.purge_uploads(world.services, now=utc_now() + timedelta(hours=23)) == 0
    assert await media.purge_uploads(world.services, now=utc_now() + timedelta(hours=25)) == 1
    assert await stored(world) == []
    assert (await world.client.head(path, headers=alice.headers | TUS)).status_code == 404


async def test_a_whole_that_is_nothing_we_take_is_refused_and_gone(world: World) -> None:
    alice = await world.person("alice")
    data = os.urandom(2000)
    path = path_of(await begin(world, alice, len(data)))
    answer = await add(world, alice, path, 0, data)
    assert answer.status_code == 422
    assert await stored(world) == []
    assert (await world.client.head(path, headers=alice.headers | TUS)).status_code == 404


async def test_a_picture_may_come_in_parts_too(world: World) -> None:
    alice = await world.person("alice")
    data = pictures.jpeg()
    answer = await add(world, alice, path_of(await begin(world, alice, len(data))), 0, data)
    assert answer.status_code == 204
    item = await alice.get(f"/api/v1/media/{answer.headers['parvis-media-id']}")
    assert (item.status_code, item.json()["type"]) == (200, "image")


async def test_what_is_offered_is_told_before(world: World) -> None:
    answer = await world.client.options(ROOT)
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
