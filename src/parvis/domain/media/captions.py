"""Captions: what is said in a video, as text in any number of languages, beside its other files."""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Sequence

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, MediaId
from parvis.domain.media import film_queries, queries
from parvis.domain.media.aside import aside_key, open_anywhere
from parvis.domain.media.film import Follow
from parvis.domain.media.types import Media, Picture
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

CAPTION_BYTES = 512 * 1024
MOST_LANGUAGES = 30
_MOST_CUES = 10_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?", re.ASCII)
_SRT_TIME = re.compile(r"\s*\d+\s*\n\s*\d+:\d\d?:\d\d?[,.]\d+\s*-->")
_PREFIX = "captions-"


def languages_of(files: dict[str, Picture]) -> list[str]:
    """The languages that a video has captions in."""
    return sorted(name.removeprefix(_PREFIX) for name in files if name.startswith(_PREFIX))


async def own_video(db: Connection, owner: AccountId, media_id: MediaId) -> Media:
    """The owner's video, posted or not. Raises: NotFound, also for what is no video."""
    found = await queries.media_by_id(db, owner, media_id)
    if found is None or found.kind != "video" or found.state not in ("processing", "ready"):
        raise NotFound
    return found


async def caption(
    services: Services, owner: AccountId, media_id: MediaId, *, language: str, data: bytes, follow: Follow
) -> Media:
    """The video has these captions (WebVTT or SRT) in that language, instead of those that it had.

    Raises: NotFound; Invalid("language" or "captions", …).
    """
    if not _LANGUAGE.fullmatch(language):
        raise Invalid("language", "This is no language code, like en or pt-BR", "inclusion")
    text = cleaned(data)
    async with services.db.connection() as db:
        video = await own_video(db, owner, media_id)
    had = languages_of(video.files)
    if language not in had and len(had) >= MOST_LANGUAGES:
        raise Invalid("language", f"A video has captions in at most {MOST_LANGUAGES} languages", "too_many")
    # Each version has a name of its own: what lies under a name never changes, and caches keep it for a year.
    name = f"{_PREFIX}{language.lower()}-{secrets.token_hex(4)}.vtt"
    size = await services.storage.put(f"{video.key}/{name}", text.encode(), "text/vtt")
    return await _changed(services, video, language, Picture(name, 0, 0, size, "text/vtt"), follow)


async def uncaption(services: Services, owner: AccountId, media_id: MediaId, *, language: str, follow: Follow) -> Media:
    """The video has no captions in that language. Raises: NotFound."""
    async with services.db.connection() as db:
        video = await own_video(db, owner, media_id)
    if language not in languages_of(video.files):
        raise NotFound
    return await _changed(services, video, language, None, follow)


async def captions_of(services: Services, video: Media, language: str) -> str:
    """The text of its captions, to be corrected. Raises: NotFound."""
    file = video.files.get(_PREFIX + language)
    if file is None:
        raise NotFound
    stored = await open_anywhere(services, f"{video.key}/{file.name}")
    return b"".join([chunk async for chunk in stored.chunks]).decode()


def cleaned(data: bytes) -> str:
    """WebVTT with nothing but times and words: styles, regions, positions and notes are left out.

    Raises: Invalid("captions", …).
    """
    if len(data) > CAPTION_BYTES:
        raise Invalid("captions", f"Captions are larger than {CAPTION_BYTES // 1024} kB", "too_long")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip() + "\n"
        if _SRT_TIME.match(text):
            found: Sequence[webvtt.Caption] = webvtt.from_buffer(io.StringIO(text), format="srt").captions
        else:
            found = webvtt.from_string(text).captions
        cues = [webvtt.Caption(one.start, one.end, one.raw_text) for one in found]
        made = webvtt.WebVTT(captions=cues).content
    except (UnicodeDecodeError, MalformedFileError, MalformedCaptionError, ValueError):
        raise Invalid("captions", "These captions cannot be read: send WebVTT or SRT in UTF-8", "unreadable") from None
    if not cues or len(cues) > _MOST_CUES:
        raise Invalid("captions", f"Captions have between one and {_MOST_CUES} lines", "inclusion")
    return made


async def _changed(services: Services, video: Media, language: str, file: Picture | None, follow: Follow) -> Media:
    async with services.db.transaction() as tx:
        now = await film_queries.with_file(tx, video.account_id, video.id, _PREFIX + language, file)
        if now is None:
            raise NotFound
        if now.post_id is not None:
            await follow(tx, now)
    old = video.files.get(_PREFIX + language)
    if old is not None:
        for key in (video.key, aside_key(video.key)):
            await services.storage.delete(f"{key}/{old.name}")
    return now
