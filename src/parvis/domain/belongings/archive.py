"""Everything that somebody wrote, in one file for themselves: made by a job, fetched by its owner alone, gone after a week.

The file is a ZIP. `actor.json` says who they are and `outbox.json` what they published, both in the words of ActivityStreams;
the tables of `tables.py` lie beside them, and pictures under `media_attachments/`.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from parvis.base.clock import iso_ms
from parvis.base.errors import NotFound, TooMany, Unavailable
from parvis.base.ids import AccountId, PostId
from parvis.domain import accounts, media
from parvis.domain.belongings import queries, tables
from parvis.domain.belongings.export import exported
from parvis.domain.belongings.types import Archive
from parvis.domain.media.rules import new_key
from parvis.domain.posts.types import Visibility
from parvis.infra import jobs
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services
from parvis.infra.storage import StoredFile
from parvis.infra.text import with_origin

ARCHIVE_JOB = "belongings.archive"
PREFIX = ".archive-"
ABANDONED_AFTER_S = 2 * 3600  # twice as long as the job may take
LEAST_FREE, LEAST_FREE_BYTES = 0.05, 256 << 20
ONE_EVERY = timedelta(days=1)
KEPT_FOR = timedelta(days=7)
_AT_ONCE = 200
_CHUNK_BYTES = 256 * 1024
_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_CONTEXT = ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive", "Hashtag": "as:Hashtag"}]


async def ask(tx: Connection, services: Services, account_id: AccountId, *, now: datetime) -> int:
    """An archive will be made; its id. Raises: TooMany when one was asked for within a day."""
    archive_id = services.ids.next()
    if not await queries.new_archive(tx, account_id, archive_id, now - ONE_EVERY, now):
        raise TooMany(retry_after_s=int(ONE_EVERY.total_seconds()))
    await jobs.enqueue(tx, ARCHIVE_JOB, {"account_id": account_id, "archive_id": archive_id}, priority=8)
    return archive_id


async def of(db: Connection, account_id: AccountId) -> list[Archive]:
    """The account's archives, the newest first."""
    return await queries.archives(db, account_id)


async def fetch(services: Services, account_id: AccountId, archive_id: int) -> StoredFile:
    """The file. Raises: NotFound, also for somebody else's, and for one that is not ready or is gone."""
    async with services.db.connection() as db:
        found = await queries.archive_by_id(db, account_id, archive_id)
    if found is None or found.key is None:
        raise NotFound
    return await services.storage.open(found.key)


async def make(services: Services, account_id: AccountId, archive_id: int, *, now: datetime) -> None:
    """The archive can be fetched, in place of earlier ones. A run that was cut short leaves nothing that anybody could
    reach; the next begins anew. Raises: Unavailable while the disk has too little room.
    """
    async with services.db.connection() as db:
        wanted = await queries.archive_by_id(db, account_id, archive_id)
    if wanted is None or wanted.ready_at is not None:
        return
    home = services.settings.home
    await asyncio.to_thread(sweep, home, now)
    _check_room(home)
    with tempfile.TemporaryDirectory(dir=home, prefix=PREFIX) as folder:
        path = Path(folder) / "archive.zip"
        await _write(services, account_id, path)
        key = new_key("originals")  # the one place in the store that is served to nobody
        size = await services.storage.put(key, _chunks(path), "application/zip")
    async with services.db.transaction() as tx:
        kept = await queries.archive_ready(tx, account_id, archive_id, key, size, now)
    if not kept:
        await services.storage.delete(key)
        return
    async with services.db.connection() as db:
        earlier = [one for one in await queries.archives(db, account_id) if one.id < archive_id]
    for one in earlier:
        await forget(services, account_id, one.id, one.key)


async def purge(services: Services, *, now: datetime) -> int:
    """Archives that were asked for long ago are gone, files first; how many."""
    await asyncio.to_thread(sweep, services.settings.home, now)
    gone = 0
    while True:
        async with services.db.connection() as db:
            rows = await queries.old_archives(db, now - KEPT_FOR, 100)
        for row in rows:
            await forget(services, row["account_id"], row["id"], row["key"])
        gone += len(rows)
        if len(rows) < 100:
            return gone


async def forget(services: Services, account_id: AccountId, archive_id: int, key: str | None) -> None:
    """That archive is gone."""
    if key is not None:
        await services.storage.delete(key)
    async with services.db.transaction() as tx:
        await queries.archive_deleted(tx, account_id, archive_id)


def sweep(home: Path, now: datetime) -> None:
    """What jobs that were killed left half made on this machine is gone."""
    for folder in home.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if now.timestamp() - folder.stat().st_mtime > ABANDONED_AFTER_S:
                shutil.rmtree(folder)


def _check_room(home: Path) -> None:
    """An archive may take what the place does not need, and no more."""
    disk = shutil.disk_usage(home)
    if disk.free < max(LEAST_FREE_BYTES, LEAST_FREE * disk.total):
        raise Unavailable("There is no room left for archives", retry_after_s=3600)


async def _write(services: Services, account_id: AccountId, path: Path) -> None:
    settings = services.settings
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as file:
        async with services.db.connection() as db:
            account = await accounts.by_id(db, account_id)
            actor = f"{settings.public_origin}/@{account.handle}"
            _put(file, "actor.json", _actor(account, actor, settings.public_origin))
            for kind in tables.KINDS:
                text = await exported(db, account_id, kind, domain=settings.domain, origin=settings.public_origin)
                file.writestr(f"{kind}.csv", text)
        keys = await _write_posts(services, file, account_id, actor)
        for key in [*keys, *(key for key in (account.avatar_key, account.header_key) if key)]:
            await _add_stored(services, file, key)


async def _write_posts(services: Services, file: zipfile.ZipFile, account_id: AccountId, actor: str) -> list[str]:
    """All posts are in the file, one after the other, so that memory holds few of them; the keys of their pictures."""
    keys: list[str] = []
    after, count = PostId(0), 0
    with file.open("outbox.json", "w", force_zip64=True) as out:
        head = msgspec.json.encode({"@context": _CONTEXT, "id": "outbox.json", "type": "OrderedCollection"})
        out.write(head[:-1] + b',"orderedItems":[')
        while True:
            async with services.db.connection() as db:
                rows = await queries.written(db, account_id, after, _AT_ONCE)
            for row in rows:
                media = from_json(row["media"], list[dict[str, Any]])
                keys += [one["key"] for one in _files(media)]
                out.write((b"," if count else b"") + msgspec.json.encode(_activity(row, media, actor, services)))
                count += 1
            if len(rows) < _AT_ONCE:
                break
            after = rows[-1]["id"]
        out.write(b'],"totalItems":%d}' % count)
    return keys


def _actor(account: accounts.Account, actor: str, origin: str) -> dict[str, Any]:
    return {
        "@context": _CONTEXT,
        "id": actor,
        "type": "Service" if account.bot else "Person",
        "preferredUsername": account.handle,
        "name": account.display_name,
        "summary": with_origin(account.note_html, origin),
        "published": iso_ms(account.created_at),
        "manuallyApprovesFollowers": account.locked,
        "attachment": [{"type": "PropertyValue", "name": one.name, "value": one.value} for one in account.fields],
        "icon": account.avatar_key and {"type": "Image", "url": f"media_attachments/{account.avatar_key}"},
        "image": account.header_key and {"type": "Image", "url": f"media_attachments/{account.header_key}"},
        "outbox": "outbox.json",
    }


def _activity(row: Row, media: list[dict[str, Any]], actor: str, services: Services) -> dict[str, Any]:
    origin = services.settings.public_origin
    to = [_PUBLIC] if row["visibility"] == Visibility.PUBLIC else [f"{actor}/followers"]
    cc = [_PUBLIC] if row["visibility"] == Visibility.QUIET else []
    if row["visibility"] == Visibility.MENTIONED:
        to = []
    common = {"actor": actor, "published": iso_ms(row["created_at"]), "to": to, "cc": cc}
    if row["repost_of_id"] is not None:
        return {
            "id": f"{actor}/{row['id']}",
            "type": "Announce",
            "object": f"{origin}/posts/{row['repost_of_id']}",
            **common,
        }
    note = {
        "id": f"{actor}/{row['id']}",
        "type": "Note",
        "summary": row["warning"] or None,
        "inReplyTo": f"{origin}/posts/{row['in_reply_to_id']}" if row["in_reply_to_id"] else None,
        "published": iso_ms(row["created_at"]),
        "updated": iso_ms(row["edited_at"]) if row["edited_at"] else None,
        "attributedTo": actor,
        "to": to,
        "cc": cc,
        "sensitive": row["sensitive"],
        "content": with_origin(row["html"], origin),
        "source": {"content": row["text"], "mediaType": "text/plain"},
        "contentMap": {row["language"]: with_origin(row["html"], origin)} if row["language"] else None,
        "attachment": [
            {"type": "Document", "url": f"media_attachments/{one['key']}", "name": one["description"]}
            for one in _files(media)
        ],
        "tag": [{"type": "Hashtag", "name": f"#{tag}", "href": f"{origin}/tags/{tag}"} for tag in row["tags"]],
    }
    return {"id": f"{actor}/{row['id']}/activity", "type": "Create", "object": note, **common}


def _files(media: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each picture, film or sound once, as its largest file."""
    found: list[dict[str, Any]] = []
    for one in media:
        files = [file for file in one["files"].values() if _is_whole(file.get("content_type", "image/webp"))]
        if files:
            largest = max(
                files, key=lambda file: (file["width"], "original" in file["name"], file.get("size_bytes", 0))
            )
            found.append({"key": f"{one['key']}/{largest['name']}", "description": one["description"]})
    return found


def _is_whole(content_type: str) -> bool:
    """Whether such a file is the thing itself, and no list of parts or captions."""
    return content_type.startswith(("image/", "video/", "audio/"))


def _put(file: zipfile.ZipFile, name: str, content: object) -> None:
    file.writestr(name, msgspec.json.format(msgspec.json.encode(content), indent=2))


async def _add_stored(services: Services, file: zipfile.ZipFile, key: str) -> None:
    """The stored file is in the archive; one that is gone meanwhile is left out."""
    try:
        stored = await media.open_anywhere(services, key)
    except NotFound:
        return
    info = zipfile.ZipInfo(f"media_attachments/{key}")
    with file.open(info, "w", force_zip64=True) as out:  # pictures and films are packed already
        async for chunk in stored.chunks:
            await asyncio.to_thread(out.write, chunk)
    _check_room(services.settings.home)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
