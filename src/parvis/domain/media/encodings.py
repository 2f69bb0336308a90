"""What is made of a video or of sound, in which order, and by which words to the encoder."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from parvis.domain.media import film_queries, previews
from parvis.domain.media.poster import put_pictures
from parvis.domain.media.rules import Film, Rung, ladder
from parvis.domain.media.types import Media, Picture
from parvis.infra import video
from parvis.infra.busy import Busy
from parvis.infra.images import ProcessedImage
from parvis.infra.services import Services
from parvis.infra.storage import CHUNK_BYTES, content_type_of
from parvis.infra.video_facts import Found

MASTER = "master.m3u8"
SEGMENT_S = 4
_SOONEST = 240  # lines of the size that is made first
_IN_HASTE = ["-skip_loop_filter", "nokey"]  # what is blurred a little anyway when it is made small
_SOUND = ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000", "-af", "loudnorm=I=-16:TP=-1.5:LRA=11"]
_TRACKS = ["-map", "0:v:0", "-map"]
_BARE = ["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"]
_RATES = {240: 400, 360: 800, 720: 2500, 1080: 5000}  # most kbit/s

T = TypeVar("T")
Step = tuple[dict[str, Picture], str | None, bool]


class Work(msgspec.Struct, kw_only=True):
    """One upload being worked on in a folder. Each run has names of its own: what lies under a name never changes."""

    services: Services
    media: Media
    folder: Path
    film: Film
    form: str
    most_seconds: int
    run: str = msgspec.field(default_factory=lambda: secrets.token_hex(4))
    told_at: float = 0.0
    busy: Busy = msgspec.field(default_factory=Busy)

    def source(self) -> list[str]:
        return ["-f", self.form, "-t", str(self.most_seconds), "-i", "source"]

    def pressed(self) -> bool:
        """Whether this can wait while others cannot: the site refuses people, or this machine has enough to do."""
        return self.services.pressure.heard or (self.services.settings.transcodings_idle and self.busy())


def film_of(found: Found) -> Film:
    """What the probe found, the picture turned upright."""
    turned = found.rotation in (90, 270)
    return Film(
        duration_ms=found.duration_ms,
        width=found.height if turned else found.width,
        height=found.width if turned else found.height,
        frame_rate=found.frame_rate,
        bit_rate=found.bit_rate,
        video_codec=found.video_codec,
        pixel_format=found.pixel_format,
        rotation=found.rotation,
        audio_codec=found.audio_codec,
    )


async def picture_steps(work: Work) -> AsyncIterator[Step]:
    """The files after each size that was made; with the first one the video can be watched."""
    rungs = ladder(work.film)
    files: dict[str, Picture] = {}
    done: list[tuple[Rung, str, int]] = []
    best, blurhash, sound = 0, None, None
    for place, rung in enumerate(rungs):
        stem = f"{rung.label}-{work.run}"
        making = _make(work, rung, stem, sound=sound, place=place, places=len(rungs))
        if place == 0:
            processed = await _beside(making, _poster(work, work.source()))
            processed = processed or await _poster_of(work, f"{stem}.mp4")
            files, blurhash, sound = (
                await put_pictures(work.services, work.media.key, work.run, processed),
                processed.blurhash,
                f"{stem}.mp4",
            )
        else:
            await making
        size = (work.folder / f"{stem}.mp4").stat().st_size
        done.append((rung, stem, size))
        if place == 0 or (place == len(rungs) - 1 and rung.height > best):
            files["original"] = await _put_film(work, rung, f"{stem}.mp4", size)
            best = rung.height
        await _put_master(work, done)
        files["hls"] = Picture(MASTER, 0, 0, content_type=content_type_of(MASTER))
        if place == len(rungs) - 1:
            files |= await _previews(work, min(done, key=lambda one: one[0].height))
        yield dict(files), blurhash, place == len(rungs) - 1


async def sound_steps(work: Work) -> AsyncIterator[Step]:
    """Sound at one loudness, and a picture of its wave."""
    name = f"sound-{work.run}.m4a"
    await _encode(
        work, [*work.source(), "-map", "0:a:0", *_BARE, *_SOUND, "-movflags", "+faststart", name], "audio", 0, 1
    )
    wave = ["-f", "mov", "-i", name, "-filter_complex", "showwavespic=s=1200x400:colors=#8a5a2b", "-frames:v", "1"]
    await _run(work, [*wave, "wave.png"])
    processed = await work.services.images.process((work.folder / "wave.png").read_bytes(), "attachment")
    files = await put_pictures(work.services, work.media.key, work.run, processed)
    size = await _put(work, name)
    files["original"] = Picture(
        name, 0, 0, size, content_type_of(name), duration_ms=work.film.duration_ms or 0, bit_rate=128_000
    )
    yield files, processed.blurhash, True


async def loop_steps(work: Work) -> AsyncIterator[Step]:
    """An animation as a silent video."""
    name = f"loop-{work.run}.mp4"
    fit = "scale='trunc(min(1280,iw)/2)*2':-2:flags=bicubic,setsar=1,format=yuv420p"
    words = [*work.source(), "-an", *_BARE, "-vf", fit, "-fpsmax", "50", "-c:v", "libx264", "-preset", "veryfast"]
    await _encode(work, [*words, "-crf", "23", "-movflags", "+faststart", name], "animation", 0, 1)
    work.film = film_of(await video.probe(work.folder / name))
    processed = await _poster_of(work, name)
    files = await put_pictures(work.services, work.media.key, work.run, processed)
    rung = Rung(work.film.width, work.film.height)
    files["original"] = await _put_film(work, rung, name, (work.folder / name).stat().st_size)
    yield files, processed.blurhash, True


async def _make(work: Work, rung: Rung, stem: str, *, sound: str | None, place: int, places: int) -> None:
    """One size, as a file and in segments, the segments in the store."""
    await _encode(work, _rung_words(work, rung, f"{stem}.mp4", sound), rung.label, place, places)
    await _segment(work, stem)


def _rung_words(work: Work, rung: Rung, name: str, sound: str | None) -> list[str]:
    """`sound`: the size that has it already. All sizes have the same, so it neither jumps nor is encoded again."""
    if rung.copied:
        return [*work.source(), *_TRACKS, "0:a:0?", *_BARE, "-c", "copy", "-movflags", "+faststart", name]
    rate = min(work.film.frame_rate or 30, 60)
    most = _RATES.get(min(rung.width, rung.height), 5000)
    soonest = min(rung.width, rung.height) <= _SOONEST
    preset, scaler = ("ultrafast", "fast_bilinear") if soonest else ("veryfast", "bicubic")
    heard = [*_TRACKS, "0:a:0?", *_BARE, *_SOUND]
    if sound is not None:
        heard = ["-f", "mov", "-i", sound, *_TRACKS, "1:a:0?", *_BARE, "-c:a", "copy"]
    return [
        *(_IN_HASTE if sound is None else []), *work.source(), *heard,
        "-vf", f"scale={rung.width}:{rung.height}:flags={scaler},setsar=1,format=yuv420p",
        "-fps_mode", "cfr", "-r", f"{rate:.3f}", "-c:v", "libx264", "-preset", preset, "-crf", "23",
        "-maxrate", f"{most}k", "-bufsize", f"{2 * most}k",
        "-profile:v", "high", "-sc_threshold", "0", "-flags", "+cgop",
        "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_S})", "-movflags", "+faststart", name,
    ]  # fmt: skip


async def _beside(making: Coroutine[Any, Any, None], choosing: Coroutine[Any, Any, T]) -> T:
    """Both are done, side by side; what the second one found. When one fails, so has the other ended."""
    chosen = asyncio.create_task(choosing)
    try:
        await making
        return await chosen
    finally:
        chosen.cancel()
        await asyncio.gather(chosen, return_exceptions=True)


async def _encode(work: Work, words: list[str], doing: str, place: int, places: int) -> None:
    async def tell(percent: int) -> None:
        if time.monotonic() - work.told_at < 1:
            return
        work.told_at = time.monotonic()
        whole = (100 * place + percent) // places
        async with work.services.db.transaction() as tx:
            await film_queries.set_progress(tx, work.media.account_id, work.media.id, percent=whole, doing=doing)

    await tell(0)
    await _run(work, words, tell)


async def _run(work: Work, words: list[str], progress: video.Progress | None = None) -> None:
    """The encoder has done this, behind everything else."""
    await video.encode(
        work.folder, words, duration_ms=work.film.duration_ms, progress=progress,
        pressed=work.pressed, idle=work.services.settings.transcodings_idle,
    )  # fmt: skip


async def _segment(work: Work, stem: str) -> None:
    """The same streams in one file, cut so that a player can change between sizes at every segment."""
    words = ["-f", "mov", "-i", f"{stem}.mp4", "-c", "copy", "-f", "hls", "-hls_time", str(SEGMENT_S)]
    words += ["-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file"]
    await _run(work, [*words, f"{stem}.m3u8"])
    await asyncio.gather(_put(work, f"{stem}.m4s"), _put(work, f"{stem}.m3u8"))


async def _poster_of(work: Work, name: str) -> ProcessedImage:
    """The poster of a file of ours. Raises: CannotEncode."""
    processed = await _poster(work, ["-f", "mov", "-i", name])
    if processed is None:
        raise video.CannotEncode("No picture can be shown of it.")
    return processed


async def _poster(work: Work, source: list[str]) -> ProcessedImage | None:
    """The picture that says most of a dozen, if there is any; only those are decoded that need no others."""
    words = ["-skip_frame", "nokey", *source, "-an"]
    words += ["-vf", "scale='min(1280,iw)':-2,thumbnail=12,format=rgb24", "-frames:v", "1", "poster.png"]
    with contextlib.suppress(video.CannotEncode):
        await _run(work, words)
    poster = work.folder / "poster.png"
    return await work.services.images.process(poster.read_bytes(), "attachment") if poster.exists() else None


async def _previews(work: Work, smallest: tuple[Rung, str, int]) -> dict[str, Picture]:
    """Small pictures along the video, and the list of them; none where they cannot be made, for it plays without."""
    rung, stem, _ = smallest
    plan = previews.plan(work.film.duration_ms or 0, rung.width, rung.height)
    words = ["-skip_frame", "nokey", "-f", "mov", "-i", f"{stem}.mp4", "-an", "-vf", previews.filters(plan)]
    with contextlib.suppress(video.CannotEncode):
        await _run(work, [*words, "-frames:v", "1", "tiles.png"])
    tiles = work.folder / "tiles.png"
    if not tiles.exists():
        return {}
    processed = await work.services.images.process(tiles.read_bytes(), "attachment")
    picture = next(file for file in processed.files if file.name == "original.webp")
    name, listing = f"{work.run}-tiles.webp", f"{work.run}-previews.vtt"
    await work.services.storage.put(f"{work.media.key}/{name}", picture.data, picture.content_type)
    text = previews.listing(plan, name).encode()
    size = await work.services.storage.put(f"{work.media.key}/{listing}", text, content_type_of(listing))
    return {"previews": Picture(listing, plan.width, plan.height, size, content_type_of(listing))}


async def _put_film(work: Work, rung: Rung, name: str, size: int) -> Picture:
    await _put(work, name)
    duration_ms = work.film.duration_ms or 0
    return Picture(
        name, rung.width, rung.height, size, content_type_of(name), duration_ms=duration_ms,
        frame_rate=f"{round(min(work.film.frame_rate or 30, 60))}/1",
        bit_rate=8000 * size // duration_ms if duration_ms else 0,
    )  # fmt: skip


async def _put_master(work: Work, done: list[tuple[Rung, str, int]]) -> None:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rung, stem, size in sorted(done, key=lambda one: one[0].height):
        rate = 8000 * size // (work.film.duration_ms or 1000)
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION={rung.width}x{rung.height}", f"{stem}.m3u8"]
    text = "\n".join([*lines, ""]).encode()
    await work.services.storage.put(f"{work.media.key}/{MASTER}", text, content_type_of(MASTER))


async def _put(work: Work, name: str) -> int:
    return await work.services.storage.put(
        f"{work.media.key}/{name}", _chunks(work.folder / name), content_type_of(name)
    )


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
