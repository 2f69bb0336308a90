"""Uploads that are taken up again where they were cut. Each request adds one part; memory and locks stay small.

Nothing is moved when the last part has come: the worker reads the parts as one file. (docs/media.md, "In parts")
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import msgspec

from parvis.base.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from parvis.base.ids import AccountId, MediaId
from parvis.domain.media import film, queries, rules, sources, upload_queries
from parvis.domain.media.types import Upload
from parvis.domain.media.upload import check_quota, upload_image
from parvis.domain.media.waiting import enqueue
from parvis.infra import jobs
from parvis.infra.services import Services
from parvis.infra.storage import CHUNK_BYTES

KEPT_FOR = timedelta(hours=24)
MOST_OPEN = 10
_CLAIM = timedelta(seconds=30)
_CLAIM_AGAIN_S = 10
_BATCH = 100

Clock = Callable[[], datetime]


class Part(msgspec.Struct, frozen=True):
    """What one request brings: bytes that belong at `offset`. `checksum`: the name of its kind, and its value."""

    offset: int
    chunks: AsyncIterator[bytes]
    checksum: tuple[str, bytes] | None = None


async def begin(
    services: Services, owner: AccountId, *, size_bytes: int, description: str | None = None, now: datetime
) -> Upload:
    """A file of that size may come, for a day.

    Raises: Invalid; TooLarge; TooMany when ten are open, or a hundred uploads wait for a post.
    """
    if size_bytes <= 0:
        raise Invalid("file", "The file is empty", "blank")
    settings = services.settings
    most = max(settings.video_bytes, settings.audio_bytes)
    if size_bytes > most:
        raise TooLarge(f"The file is larger than {most // (1024 * 1024)} MB")
    description = rules.check_description(description)
    await check_quota(services, owner, now)
    upload = Upload(
        account_id=owner, id=services.ids.next(), key=rules.new_key("originals"), size_bytes=size_bytes,
        description=description, expires_at=now + KEPT_FOR,
    )  # fmt: skip
    async with services.db.transaction() as tx:
        if await upload_queries.open_count(tx, owner, now) >= MOST_OPEN:
            raise TooMany(600, f"{MOST_OPEN} uploads are open already; finish or end one of them first")
        await upload_queries.new_upload(tx, upload)
    return upload


async def find_upload(services: Services, owner: AccountId, upload_id: int, *, now: datetime) -> Upload:
    """How far the upload is; one that is complete has become media.

    Raises: NotFound, also for somebody else's and when its time is over; Invalid when what came is nothing we take.
    """
    async with services.db.connection() as db:
        upload = await upload_queries.upload_by_id(db, owner, upload_id, now)
    if upload is None:
        raise NotFound
    return await _finished(services, upload, now) if _is_whole(upload) else upload


async def receive(services: Services, owner: AccountId, upload_id: int, part: Part, *, clock: Clock) -> Upload:
    """The upload with what came of this part, even when the connection was cut; the last part makes it media.

    Raises: NotFound; Conflict at another offset, or while another request adds to it; TooLarge past its size;
    Invalid("checksum", …, "mismatch"), Invalid("file", …) when the whole is nothing we take.
    """
    upload = await find_upload(services, owner, upload_id, now=clock())
    if part.offset != upload.received_bytes:
        raise Conflict("The upload goes on at another offset")
    if upload.media_id is not None:
        return upload
    writer, now = secrets.randbits(62), clock()
    async with services.db.transaction() as tx:
        claimed = await upload_queries.claimed(
            tx, owner, upload_id, offset=part.offset, writer=writer, until=now + _CLAIM, now=now
        )
    if claimed is None:
        raise Conflict("Another request adds to this upload")
    grown = await _added(services, claimed, writer, part, clock)
    return await _finished(services, grown, clock()) if _is_whole(grown) else grown


async def end_upload(services: Services, owner: AccountId, upload_id: int) -> None:
    """Nothing is left of it; media that it became stay. Raises: NotFound."""
    async with services.db.transaction() as tx:
        upload = await upload_queries.ended(tx, owner, upload_id)
    if upload is None:
        raise NotFound
    await _forget(services, upload)


async def purge_uploads(services: Services, *, now: datetime) -> int:
    """Uploads that were not finished in a day are gone; answers how many rows that were. May run twice at a time."""
    purged = 0
    while True:
        async with services.db.connection() as db:
            gone = await upload_queries.expired(db, now, _BATCH)
        for upload in gone:  # files first: if that fails, the row is still there for the next sweep
            await _forget(services, upload)
            async with services.db.transaction() as tx:
                await upload_queries.ended(tx, upload.account_id, upload.id)
        purged += len(gone)
        if len(gone) < _BATCH:
            return purged


async def _added(services: Services, upload: Upload, writer: int, part: Part, clock: Clock) -> Upload:
    name = f"{upload.received_bytes:014d}-{secrets.token_hex(8)}"  # never used twice, whoever else still writes
    incoming = _Incoming(services, upload, writer, part, clock)
    kept = 0
    try:
        kept = await services.storage.put(f"{upload.key}/{name}", incoming.chunks(), sources.OPAQUE)
        incoming.check()
    except BaseException:
        kept = 0
        raise
    finally:
        if not kept:
            await services.storage.delete(f"{upload.key}/{name}")
        async with services.db.transaction() as tx:
            grown = await upload_queries.grown(
                tx, upload.account_id, upload.id, writer, part=name if kept else None, size_bytes=kept
            )
    if grown is None:
        await services.storage.delete(f"{upload.key}/{name}")
        raise Conflict("Another request adds to this upload")
    return grown


class _Incoming:
    """The bytes of one request on their way: bounded, checked, and with the claim kept as long as they come."""

    def __init__(self, services: Services, upload: Upload, writer: int, part: Part, clock: Clock) -> None:
        self._services = services
        self._upload = upload
        self._writer = writer
        self._part = part
        self._clock = clock
        self._sum = None if part.checksum is None else hashlib.new(part.checksum[0], usedforsecurity=False)
        self._room = upload.size_bytes - upload.received_bytes
        self._claimed_at = time.monotonic()

    async def chunks(self) -> AsyncIterator[bytes]:
        waiting = bytearray()
        async for chunk in self._part.chunks:
            self._room -= len(chunk)
            if self._room < 0:
                raise TooLarge("There are more bytes than were announced")
            if self._sum is not None:
                self._sum.update(chunk)
            waiting += chunk
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
                await self._keep_claim()
        if waiting:
            yield bytes(waiting)

    def check(self) -> None:
        if self._sum is not None and self._part.checksum is not None and self._sum.digest() != self._part.checksum[1]:
            raise Invalid("checksum", "The bytes are not those that the checksum was made of", "mismatch")

    async def _keep_claim(self) -> None:
        if time.monotonic() - self._claimed_at < _CLAIM_AGAIN_S:
            return
        self._claimed_at = time.monotonic()
        one = self._upload
        async with self._services.db.transaction() as tx:
            await upload_queries.keep_claim(tx, one.account_id, one.id, self._writer, self._clock() + _CLAIM)


def _is_whole(upload: Upload) -> bool:
    return upload.received_bytes == upload.size_bytes


async def _finished(services: Services, upload: Upload, now: datetime) -> Upload:
    """The upload, and the media that it became; what is nothing we take is gone with its upload."""
    if upload.media_id is not None:
        return upload
    try:
        media_id = await _become_media(services, upload, now)
    except (Invalid, TooLarge):
        await end_upload(services, upload.account_id, upload.id)
        raise
    return msgspec.structs.replace(upload, media_id=media_id)


async def _become_media(services: Services, upload: Upload, now: datetime) -> MediaId:
    await sources.list_parts(services, upload.key, upload.parts)
    sort = rules.sort_of(await _head(services, upload.key))
    if sort is None:
        return await _become_picture(services, upload, now)
    film.check_bytes(services.settings, sort, upload.size_bytes)
    media_id = MediaId(services.ids.next())
    async with services.db.transaction() as tx:
        if not await upload_queries.became(tx, upload.account_id, upload.id, media_id):
            return await _media_of(services, upload, now)
        await queries.new_media(
            tx, media_id, upload.account_id, key=rules.new_key("posts"), description=upload.description, focus=(0, 0),
            size_bytes=upload.size_bytes, now=now, kind=sort, source_key=upload.key,
        )  # fmt: skip
        await enqueue(tx, upload.account_id, media_id)
    await jobs.wake(services)
    return media_id


async def _become_picture(services: Services, upload: Upload, now: datetime) -> MediaId:
    if upload.size_bytes > services.settings.image_bytes:
        raise Invalid("file", "This file is no video and no sound that can be taken", "not_a_film")
    data = b"".join([chunk async for chunk in sources.chunks(services, upload.key)])
    picture = await upload_image(services, upload.account_id, data=data, description=upload.description, now=now)
    async with services.db.transaction() as tx:
        first = await upload_queries.became(tx, upload.account_id, upload.id, picture.id)
    if not first:
        return await _media_of(services, upload, now)
    await sources.forget(services, upload.key)
    return picture.id


async def _media_of(services: Services, upload: Upload, now: datetime) -> MediaId:
    async with services.db.connection() as db:
        again = await upload_queries.upload_by_id(db, upload.account_id, upload.id, now)
    if again is None or again.media_id is None:
        raise NotFound
    return again.media_id


async def _head(services: Services, key: str) -> bytes:
    head = b""
    async for chunk in sources.chunks(services, key):
        head += chunk
        if len(head) >= 64:
            break
    return head


async def _forget(services: Services, upload: Upload) -> None:
    if upload.media_id is None:
        await sources.forget(services, upload.key)
