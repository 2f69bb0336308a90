"""Video and sound of strangers are looked into and encoded in caged processes; this is the side that asks them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import imageio_ffmpeg
import msgspec
import structlog

from parvis.base.errors import Invalid
from parvis.infra.confinement import UNPRIVILEGED_ID
from parvis.infra.time_limits import excuse
from parvis.infra.video_facts import Found

log = structlog.get_logger(__name__)

Progress = Callable[[int], Awaitable[None]]
Pressed = Callable[[], bool]
PROBE_S = 30
LOOK_EVERY_S = 0.25
LONGEST_REST_S = 200.0  # a site that is always busy must not keep its videos waiting for ever
TURN_S = 10.0


class CannotEncode(RuntimeError):
    """The encoder gave up on a file"""


class _Encoder(msgspec.Struct, eq=False):
    """One that this process waits for. `heard_at`: when it last said how far it is; it does twice a second."""

    heard_at: float
    rests: bool = False


_encoders: set[_Encoder] = set()


def resting() -> int:
    """How many encoders of this process are held back, because others are in more of a hurry."""
    return sum(one.rests for one in _encoders)


def longest_silence_s() -> float:
    """For how long an encoder of this process has said nothing though nobody holds it back; 0 where none is silent."""
    return max((time.monotonic() - one.heard_at for one in _encoders if not one.rests), default=0.0)


async def probe(path: Path) -> Found:
    """What the file holds, as a caged process found it.

    Raises: Invalid when it is refused.
    """
    with path.open("rb") as file:
        process = await _start("video_process", [], stdin=file, cwd=path.parent)
        try:
            async with asyncio.timeout(PROBE_S):
                answer, complaints = await process.communicate()
        except TimeoutError:
            raise Invalid("file", "This file takes too long to read.", "film_unreadable") from None
        finally:
            await _end(process)
    try:
        found = msgspec.json.decode(answer, type=Found)
    except msgspec.MsgspecError:
        log.warning("video.probe_lost", complaints=complaints.decode(errors="replace")[-500:])
        raise Invalid("file", "This file cannot be read safely.", "film_unreadable") from None
    if found.refused is not None:
        raise Invalid("file", found.refused[:200], found.code[:40])
    return found


def open_folder(folder: Path) -> None:
    """The caged account may work in the folder; only root has to say so."""
    if os.geteuid() == 0:
        os.chown(folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    for file in folder.iterdir():
        if os.geteuid() == 0:
            os.chown(file, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


async def encode(
    folder: Path,
    arguments: Sequence[str],
    *,
    duration_ms: int | None,
    progress: Progress | None = None,
    pressed: Pressed | None = None,
    idle: bool = True,
) -> None:
    """ffmpeg has done this in the folder; `progress` has heard the percent of it now and then.

    While `pressed` says so, it stands still; with `idle` it runs only when nothing else does. Names in the arguments
    are our own and stand in the folder. Raises: CannotEncode.
    """
    fixed = ["-nostdin", "-hide_banner", "-v", "error", "-y", "-progress", "pipe:1", "-protocol_whitelist", "file,pipe"]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    process = await _start("encoder_process", ["idle" if idle else "nice", program, *fixed, *arguments], cwd=folder)
    encoder = _Encoder(time.monotonic())
    _encoders.add(encoder)
    complaining = asyncio.create_task(_last_of(process.stderr))
    yielding = asyncio.create_task(_give_way(process, pressed, encoder)) if pressed is not None else None
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            encoder.heard_at = time.monotonic()
            name, _, value = line.decode(errors="replace").strip().partition("=")
            if name == "out_time_us" and value.isdigit() and duration_ms and progress is not None:
                await progress(min(99, int(value) // (10 * duration_ms)))
        if await process.wait() != 0:
            raise CannotEncode(f"ended with {process.returncode}: {await complaining}")
    finally:
        _encoders.discard(encoder)
        if yielding is not None:
            yielding.cancel()
        await _end(process)
        complaining.cancel()


async def _give_way(process: asyncio.subprocess.Process, pressed: Pressed, encoder: _Encoder) -> None:
    """The process stands still while there is pressure; after three minutes of it, it has a turn of ten seconds.

    What it rests counts against no time limit.
    """
    while True:
        if not pressed():
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        since, encoder.rests = time.monotonic(), True
        log.info("video.rests")
        while pressed() and time.monotonic() - since < LONGEST_REST_S:  # there is no event for calm
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(
                    signal.SIGSTOP
                )  # again and again: others may let it go on, as a thawed container does
            await asyncio.sleep(LOOK_EVERY_S)
            excuse(since)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        encoder.rests, encoder.heard_at = False, time.monotonic()
        log.info("video.goes_on", rested_s=round(time.monotonic() - since, 1))
        if pressed():
            await asyncio.sleep(TURN_S)


async def _start(module: str, arguments: list[str], *, cwd: Path, stdin: object = None) -> asyncio.subprocess.Process:
    environment = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"parvis.infra.{module}", *arguments,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,  # type: ignore[arg-type]
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=cwd, env=environment,
    )  # fmt: skip


async def _last_of(stream: asyncio.StreamReader | None) -> str:
    kept = bytearray()
    while stream is not None and (text := await stream.read(4096)):
        kept = (kept + text)[-1000:]
    return kept.decode(errors="replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
