"""The media store: one behaviour, two drivers; the folder's guarantees besides."""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from parvis.base.errors import NotFound
from parvis.base.settings import BadSetting, Settings
from parvis.infra.storage import Storage, content_type_of, is_key, media_folder, open_storage
from parvis.infra.storage_directory import DirectoryStorage
from parvis.infra.storage_s3 import S3Storage, s3_store

ORIGIN = "https://parvis.example"


@pytest.fixture(params=["directory", "objects", pytest.param("seaweedfs", marks=pytest.mark.long)])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "directory":
        return await DirectoryStorage.open_at(tmp_path / "media", ORIGIN)
    if request.param == "seaweedfs":
        request.getfixturevalue("seaweedfs")
        return S3Storage(s3_store(f"s3://parvis/{secrets.token_hex(4)}"), ORIGIN, tmp_path)
    return S3Storage(MemoryStore(), ORIGIN, tmp_path)


async def read(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    file = await storage.open(key, start, end)
    return b"".join([chunk async for chunk in file.chunks])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_what_was_put_is_read_back_with_size_and_type(storage: Storage) -> None:
    assert await storage.put("posts/3f/3fa0/original.webp", b"picture", "image/webp") == 7
    file = await storage.open("posts/3f/3fa0/original.webp")
    assert (file.size_bytes, file.content_type) == (7, "image/webp")
    assert b"".join([chunk async for chunk in file.chunks]) == b"picture"


async def test_chunks_are_put_as_one_file(storage: Storage) -> None:
    assert await storage.put("a/b.mp4", parts(b"one", b"two", b"three"), "video/mp4") == 11
    assert await read(storage, "a/b.mp4") == b"onetwothree"


async def test_a_slice_is_read_and_the_whole_size_is_told(storage: Storage) -> None:
    await storage.put("a/b.webp", bytes(range(100)), "image/webp")
    assert await read(storage, "a/b.webp", 10, 20) == bytes(range(10, 20))
    assert await read(storage, "a/b.webp", 90) == bytes(range(90, 100))
    assert await read(storage, "a/b.webp", 100, 200) == b""
    assert (await storage.open("a/b.webp", 10, 20)).size_bytes == 100


async def test_large_files_come_in_several_chunks(storage: Storage) -> None:
    data = os.urandom(1_000_000)
    await storage.put("a/large.webp", data, "image/webp")
    assert await read(storage, "a/large.webp") == data


async def test_a_deleted_file_is_gone_and_deleting_twice_is_no_error(storage: Storage) -> None:
    await storage.put("a/b.webp", b"x", "image/webp")
    await storage.delete("a/b.webp")
    await storage.delete("a/b.webp")
    with pytest.raises(NotFound):
        await storage.open("a/b.webp")


async def test_a_prefix_is_deleted_whole_and_its_neighbour_stays(storage: Storage) -> None:
    for key in ("p/ab/one.webp", "p/ab/two.webp", "p/abc/three.webp"):
        await storage.put(key, b"x", "image/webp")
    await storage.delete_prefix("p/ab")
    await storage.delete_prefix("p/ab")
    for key in ("p/ab/one.webp", "p/ab/two.webp"):
        with pytest.raises(NotFound):
            await storage.open(key)
    assert await read(storage, "p/abc/three.webp") == b"x"


async def test_a_prefix_is_moved_whole_and_moving_again_is_no_error(storage: Storage) -> None:
    for key in ("p/ab/one.webp", "p/ab/hls/two.m4s", "p/abc/three.webp"):
        await storage.put(key, key.encode(), content_type_of(key))
    await storage.put("q/p/ab/one.webp", b"what a crash left", "image/webp")
    await storage.move_prefix("p/ab", "q/p/ab")
    await storage.move_prefix("p/ab", "q/p/ab")
    for key in ("p/ab/one.webp", "p/ab/hls/two.m4s"):
        with pytest.raises(NotFound):
            await storage.open(key)
        assert await read(storage, f"q/{key}") == key.encode()
        assert (await storage.open(f"q/{key}")).content_type == content_type_of(key)
    assert await read(storage, "p/abc/three.webp") == b"p/abc/three.webp"
    await storage.move_prefix("q/p/ab", "p/ab")
    assert await read(storage, "p/ab/one.webp") == b"p/ab/one.webp"


@pytest.mark.parametrize(
    "key",
    ["", "/", "../secret", "a/../b", "a//b", "/etc/passwd", "a/.hidden", ".incoming/x", "A/b", "a\x00b", "a\nb",
     "a/", "ä", "a b", "a\\b", "x" * 201],
)  # fmt: skip
async def test_keys_that_are_not_ours_are_refused_everywhere(storage: Storage, key: str) -> None:
    assert not is_key(key)
    for attempt in (
        storage.put(key, b"x", "image/webp"),
        storage.open(key),
        storage.delete(key),
        storage.delete_prefix(key),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(NotFound):
        storage.url(key)


def test_urls_stand_below_our_own_origin(tmp_path: Path) -> None:
    assert DirectoryStorage(tmp_path, ORIGIN).url("a/b.webp") == "https://parvis.example/media/a/b.webp"


async def test_a_broken_upload_leaves_nothing_behind(tmp_path: Path) -> None:
    storage = await DirectoryStorage.open_at(tmp_path, ORIGIN)

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await storage.put("a/b.webp", broken(), "image/webp")
    assert files_below(tmp_path) == []


async def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    storage = await DirectoryStorage.open_at(tmp_path, ORIGIN)
    await storage.put("a/b.webp", b"old" * 1000, "image/webp")
    written, seen = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"new" * 500
        written.set()
        await seen.wait()
        yield b"new" * 500

    put = asyncio.create_task(storage.put("a/b.webp", slow(), "image/webp"))
    await written.wait()
    assert await read(storage, "a/b.webp") == b"old" * 1000
    seen.set()
    await put
    assert await read(storage, "a/b.webp") == b"new" * 1000


async def test_files_and_folders_are_closed_to_others(tmp_path: Path) -> None:
    storage = await DirectoryStorage.open_at(tmp_path / "media", ORIGIN)
    await storage.put("a/b.webp", b"x", "image/webp")
    for path in (tmp_path / "media", *(tmp_path / "media").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0, path


async def test_symbolic_links_and_folders_are_not_files(tmp_path: Path) -> None:
    storage = await DirectoryStorage.open_at(tmp_path / "media", ORIGIN)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "media" / "a").mkdir()
    (tmp_path / "media" / "a" / "link.webp").symlink_to(tmp_path / "secret")
    for key in ("a/link.webp", "a"):
        with pytest.raises(NotFound):
            await storage.open(key)


async def test_remains_of_a_crash_are_removed_at_the_next_start(tmp_path: Path) -> None:
    storage = await DirectoryStorage.open_at(tmp_path, ORIGIN)
    old, fresh = tmp_path / ".incoming" / "old", tmp_path / ".incoming" / "fresh"
    old.write_bytes(b"x")
    fresh.write_bytes(b"x")
    os.utime(old, (0, 0))
    await DirectoryStorage.open_at(storage.root, ORIGIN)
    assert fresh.exists()
    assert not old.exists()


async def test_the_setting_chooses_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = await open_storage(Settings(home=tmp_path))
    assert isinstance(default, DirectoryStorage)
    assert default.root == tmp_path / "media"
    by_url = await open_storage(Settings(media_url=f"file://{tmp_path}/with%20space"))
    assert isinstance(by_url, DirectoryStorage)
    assert by_url.root == tmp_path / "with space"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert isinstance(await open_storage(Settings(media_url="s3://bucket/prefix")), S3Storage)
    with pytest.raises(BadSetting):
        await open_storage(Settings(media_url="ftp://somewhere"))


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("", "/home/parvis/media"),
        ("/srv/media", "/srv/media"),
        ("file:///srv/more%20media", "/srv/more media"),
        ("s3://bucket/prefix", None),
    ],
)
def test_the_folder_of_the_media_is_known_where_there_is_one(url: str, folder: str | None) -> None:
    settings = Settings(home=Path("/home/parvis"), media_url=url)
    assert media_folder(settings) == (Path(folder) if folder else None)
