"""Media that come back from a kit while the kit, the disk and people do not stand still."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable
from pathlib import Path

import pytest

from parvis.base.errors import Unavailable
from parvis.base.settings import Settings
from parvis.infra.engines.kit import BackupFailed
from parvis.infra.postgres import Database
from parvis.infra.storage_directory import DirectoryStorage
from parvis.worker import kept_media

WORDS = ("first", "second", "third")


def file_of(word: str) -> str:
    token = hashlib.md5(word.encode()).hexdigest()
    return f"posts/{token[:2]}/{token}/original.webp"


@pytest.fixture
async def place(fresh_database: Database, fresh_database_url: str, tmp_path: Path) -> Settings:
    """A kit has an upload for each word, and the folder of the place has nothing."""
    async with fresh_database.connection() as db:
        for number, word in enumerate(WORDS):
            await db.execute(
                """
                INSERT INTO media (account_id, id, kind, state, key, size_bytes, created_at)
                VALUES (1, $1, 'image', 'ready', $2, 7, now())
                """,
                number,
                file_of(word).rpartition("/")[0],
            )
            file = tmp_path / "kit" / "media" / file_of(word)
            file.parent.mkdir(parents=True)
            file.write_bytes(b"picture")
    return Settings(home=tmp_path, backup=str(tmp_path / "kit"), database_url=fresh_database_url)


def lying(folder: Path) -> set[str]:
    return {word for word in WORDS if (folder / file_of(word)).exists()}


async def test_what_a_backup_removes_from_the_kit_meanwhile_is_left_out(
    place: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = DirectoryStorage.open_at

    async def pruned(root: Path, origin: str) -> DirectoryStorage:
        (tmp_path / "kit" / "media" / file_of("second")).unlink()
        return await opened(root, origin)

    monkeypatch.setattr(DirectoryStorage, "open_at", pruned)
    assert await kept_media.put_back(place, place.backup, tmp_path / "media") == 2
    assert lying(tmp_path / "media") == {"first", "third"}


async def test_what_came_back_before_the_disk_was_full_is_settled(
    place: Settings, fresh_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put, stored = DirectoryStorage.put, list[str]()

    async def full(self: DirectoryStorage, key: str, data: bytes | AsyncIterable[bytes], content_type: str) -> int:
        if len(stored) == 2:
            raise Unavailable("There is no room left for files")
        stored.append(key)
        async with fresh_database.connection() as db:
            await db.execute("DELETE FROM media WHERE key || '/original.webp' = $1", stored[0])  # its author removed it
        return await put(self, key, data, content_type)

    monkeypatch.setattr(DirectoryStorage, "put", full)
    with pytest.raises(BackupFailed, match="takes no more of the media files"):
        await kept_media.put_back(place, place.backup, tmp_path / "media")
    assert {file_of(word) for word in lying(tmp_path / "media")} == {stored[1]}
