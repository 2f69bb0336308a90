"""Video and sound: stored as they come, then made into what every browser plays, soonest first."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import datetime
from pathlib import Path

from parvis.base.errors import Invalid, NotFound, TooLarge, Unavailable
from parvis.base.ids import AccountId, MediaId
from parvis.base.settings import Settings
from parvis.domain.media import encodings, film_queries, queries, rules, sources
from parvis.domain.media.aside import aside_key
from parvis.domain.media.types import Media, Picture
from parvis.domain.media.upload import check_quota
from parvis.domain.media.waiting import enqueue
from parvis.infra import jobs, video
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

TRIES = 3
MOST_LOST = 20  # workers are killed for many reasons; a file is at fault only when it happens again and again
DAMAGED = Invalid("file", "This file is damaged, or of a kind that cannot be taken.", "film_damaged")

# Called in the transaction that changes an upload, so that a post which has it already follows.
Follow = Callable[[Connection, Media], Awaitable[None]]


async def upload_film(
    services: Services,
    owner: AccountId,
    *,
    sort: rules.Sort,
    chunks: AsyncIterable[bytes],
    size_bytes: int,
    description: str | None = None,
    focus: tuple[float, float] = (0.0, 0.0),
    now: datetime,
) -> Media:
    """The original is stored, out of everybody's reach, and its transcoding recorded; until then it is `processing`.

    Raises: Invalid; TooLarge; TooMany when a hundred uploads wait already; Unavailable.
    """
    check_bytes(services.settings, sort, size_bytes)
    description, focus = rules.check_description(description), rules.check_focus(focus)
    await check_quota(services, owner, now)
    media_id, key, source = MediaId(services.ids.next()), rules.new_key("posts"), rules.new_key("originals")
    async with services.db.transaction() as tx:
        await queries.new_media(
            tx, media_id, owner, key=key, description=description, focus=focus, size_bytes=size_bytes, now=now,
            kind=sort, source_key=source,
        )  # fmt: skip
    await services.storage.put(source, chunks, sources.OPAQUE)
    async with services.db.transaction() as tx:
        await enqueue(tx, owner, media_id)
        media = await queries.media_by_id(tx, owner, media_id)
    await jobs.wake(services)
    if media is None:
        raise Unavailable("The file could not be stored")
    return media


def check_bytes(settings: Settings, sort: rules.Sort, size_bytes: int) -> None:
    """Raises: TooLarge."""
    most = settings.video_bytes if sort == "video" else settings.audio_bytes
    if size_bytes > most:
        raise TooLarge(f"The file is larger than {most // (1024 * 1024)} MB")


async def transcode_again(services: Services, owner: AccountId, media_id: MediaId, *, lost: int) -> None:
    """The upload, whose worker died so many times, gets another turn, or is refused."""
    if lost < MOST_LOST:
        async with services.db.transaction() as tx:
            await enqueue(tx, owner, media_id, lost=lost)
        await jobs.wake(services)
        return
    async with services.db.connection() as db:
        media = await queries.media_by_id(db, owner, media_id)
    if media is not None:
        await _refuse(services, media, DAMAGED)


async def transcode(services: Services, owner: AccountId, media_id: MediaId, *, failures: int, follow: Follow) -> None:
    """Everything is made of the upload, or it is refused with a reason; a run that was cut short starts anew.

    Raises: CannotEncode while it may be tried again.
    """
    async with services.db.connection() as db:
        media = await queries.media_by_id(db, owner, media_id)
    if media is None or media.source_key is None or media.state not in ("processing", "ready"):
        return
    place = services.settings.home / "transcoding"
    place.mkdir(parents=True, exist_ok=True)
    _forget_remains(place)
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        await _transcode(services, media, folder, follow)
    except Invalid as problem:
        await _refuse(services, media, problem)
    except video.CannotEncode:
        if failures + 1 < TRIES:
            raise
        await _refuse(services, media, DAMAGED)
    except NotFound:  # its post, or the upload itself, went away meanwhile
        for key in (media.key, aside_key(media.key)):
            await services.storage.delete_prefix(key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _transcode(services: Services, media: Media, folder: Path, follow: Follow) -> None:
    assert media.source_key is not None
    source = folder / "source"
    with source.open("wb") as file:
        async for chunk in sources.chunks(services, media.source_key):
            file.write(chunk)
    if media.kind == "gifv":
        await _loop(services, media, folder, follow)
        await sources.forget(services, media.source_key)
        return
    found = await video.probe(source)
    film = encodings.film_of(found)
    rules.check_film(film, most_seconds=services.settings.video_seconds)
    video.open_folder(folder)
    work = encodings.Work(
        services=services, media=media, folder=folder, film=film, form=found.format,
        most_seconds=services.settings.video_seconds,
    )  # fmt: skip
    steps = encodings.picture_steps(work) if film.video_codec is not None else encodings.sound_steps(work)
    async for files, blurhash, complete in steps:
        await _show(services, media, files, blurhash, complete, follow)
    await sources.forget(services, media.source_key)


async def _loop(services: Services, media: Media, folder: Path, follow: Follow) -> None:
    """An animation; the caged process for pictures has looked into it before it was stored."""
    with (folder / "source").open("rb") as file:
        form = "gif" if file.read(4) == b"GIF8" else "webp_anim"
    video.open_folder(folder)
    work = encodings.Work(
        services=services, media=media, folder=folder, film=rules.Film(duration_ms=None), form=form,
        most_seconds=services.settings.video_seconds,
    )  # fmt: skip
    async for files, blurhash, complete in encodings.loop_steps(work):
        await _show(services, media, files, blurhash, complete, follow)


async def _show(
    services: Services,
    media: Media,
    files: dict[str, Picture],
    blurhash: str | None,
    complete: bool,
    follow: Follow,
) -> None:
    async with services.db.transaction() as tx:
        now = await film_queries.shown(
            tx, media.account_id, media.id, files=files, blurhash=blurhash, complete=complete
        )
        if now is None:
            raise NotFound
        if now.post_id is not None:
            await follow(tx, now)


async def _refuse(services: Services, media: Media, problem: Invalid) -> None:
    async with services.db.transaction() as tx:
        source = await film_queries.refused(tx, media.account_id, media.id, problem.message, problem.code)
    if source is not None:
        await sources.forget(services, source)


def _forget_remains(place: Path) -> None:
    """Folders of runs that were killed are gone after a day."""
    for old in place.iterdir():
        if time.time() - old.stat().st_mtime > 24 * 3600:
            shutil.rmtree(old, ignore_errors=True)
