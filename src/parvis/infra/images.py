"""Pictures are decoded in other processes, caged and short-lived; this is the side that asks them.

A picture that kills or stalls its process costs that process and an answer, nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
from typing import Literal

import msgspec
import structlog

from parvis.base.errors import Invalid, Unavailable
from parvis.base.settings import Settings
from parvis.infra.confinement import Confinement

log = structlog.get_logger(__name__)

Kind = Literal["attachment", "avatar", "header", "emoji"]

_NAMES: dict[Kind, list[str]] = {
    "attachment": ["original.webp", "small.webp", "preview.jpg"],
    "avatar": ["original.webp", "small.webp"],
    "header": ["original.webp", "small.webp"],
    "emoji": ["original.webp"],
}
_CONTENT_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
_BASE_83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_LARGEST_ANSWER = 64 * 1024 * 1024
_LONGEST_EDGE = 3840


class ImageFile(msgspec.Struct, frozen=True):
    """One file made from a picture."""

    name: str
    content_type: str
    width: int
    height: int
    data: bytes


class ProcessedImage(msgspec.Struct, frozen=True):
    """Everything made from a picture; nothing of the bytes that came in is left."""

    files: list[ImageFile]
    blurhash: str | None
    frames: int = 1


class _Answer(msgspec.Struct):
    files: list[ImageFile] = []
    blurhash: str | None = None
    frames: int = 1
    refused: str | None = None
    reason: str = ""


class _Lost(Exception):
    """The process died, or said something that it never says."""


class ImageWorkers:
    """Up to `size` processes, started when needed, ended when idle, replaced now and then."""

    def __init__(
        self,
        settings: Settings,
        *,
        size: int = 2,
        queue: int = 32,
        time_limit_s: float = 20,
        idle_s: float = 60,
        images_each: int = 200,
    ) -> None:
        self._most_pixels = settings.image_pixels
        self._places = asyncio.Semaphore(size)
        self._open_orders = 0
        self._most_orders = size + queue
        self._time_limit_s = time_limit_s
        self._idle_s = idle_s
        self._images_each = images_each
        self._idle: list[_Worker] = []
        self.started = 0

    async def process(self, data: bytes, kind: Kind = "attachment") -> ProcessedImage:
        """The picture as our own files: upright, without metadata, in the sizes of its kind.

        Raises: Invalid("file", …) when it is no picture we take; Unavailable when it took too long, or too many wait.
        """
        if self._open_orders >= self._most_orders:
            raise Unavailable("Too many pictures are being worked on; try again in a few seconds")
        self._open_orders += 1
        try:
            async with self._places:
                return await self._process(data, kind)
        finally:
            self._open_orders -= 1

    async def confinement(self) -> Confinement:
        """What a process could give up on this machine, for `doctor`."""
        async with self._places:
            worker = await self._take()
            await self._give_back(worker)
            return worker.confinement

    @property
    def process_ids(self) -> list[int]:
        """The idle processes."""
        return [worker.process_id for worker in self._idle]

    async def close(self) -> None:
        """No process is left; pictures being worked on fail."""
        while self._idle:
            await self._idle.pop().end()

    async def _process(self, data: bytes, kind: Kind) -> ProcessedImage:
        # An idle process may have been killed by anybody, so what fails once is tried in a fresh one. What fails
        # there too is the picture's own doing.
        for fresh in (False, True):
            try:
                return _checked(await self._ask(data, kind, fresh=fresh), kind)
            except _Lost as loss:
                log.warning("images.process_lost", kind=kind, size_bytes=len(data), reason=str(loss))
            except TimeoutError:
                log.warning("images.timed_out", kind=kind, size_bytes=len(data))
                raise Unavailable("This picture took too long to read; try a smaller one") from None
        raise Invalid("file", "This picture cannot be read safely.", "unreadable")

    async def _ask(self, data: bytes, kind: Kind, *, fresh: bool) -> _Answer:
        worker = await self._take(fresh=fresh)
        try:
            async with asyncio.timeout(self._time_limit_s):
                answer = await worker.ask({"kind": kind, "most_pixels": self._most_pixels, "data": data})
        except BaseException:  # also when the caller went away: what this process would say next is unknown
            await worker.end()
            raise
        await self._give_back(worker)
        return answer

    async def _take(self, *, fresh: bool = False) -> _Worker:
        while self._idle and not fresh:
            worker = self._idle.pop()
            worker.keep()
            if worker.alive:
                return worker
            await worker.end()
        self.started += 1
        return await _Worker.start()

    async def _give_back(self, worker: _Worker) -> None:
        if worker.images >= self._images_each:
            await worker.end()
            return
        self._idle.append(worker)
        worker.expire(self._idle_s, self._forget)

    def _forget(self, worker: _Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)


def _checked(answer: _Answer, kind: Kind) -> ProcessedImage:
    """The answer is what an honest process says; a picture may have turned it."""
    if answer.refused is not None:
        raise Invalid("file", answer.reason[:200], answer.refused[:40])
    honest = [file.name for file in answer.files] == _NAMES[kind] and all(
        file.content_type == _CONTENT_TYPES[file.name.rpartition(".")[2]]
        and 1 <= file.width <= _LONGEST_EDGE
        and 1 <= file.height <= _LONGEST_EDGE
        for file in answer.files
    )
    if not honest or (answer.blurhash is not None and not is_blurhash(answer.blurhash)):
        raise _Lost("an answer of an unknown kind")
    return ProcessedImage(answer.files, answer.blurhash, answer.frames)


def is_blurhash(text: str) -> bool:
    """Whether it is a placeholder whose length is what its first character says, so that no decoder reads beyond it."""
    if not 6 <= len(text) <= 4 + 2 * 81 or not set(text) <= set(_BASE_83):
        return False
    size = _BASE_83.index(text[0])
    return len(text) == 4 + 2 * (size % 9 + 1) * (size // 9 + 1)


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._complaints = bytearray()
        self._listening = asyncio.create_task(self._listen())
        self._expiry: asyncio.Task[None] | None = None
        self.images = 0
        self.confinement = Confinement(False, False, False)

    @classmethod
    async def start(cls) -> _Worker:
        """The process is confined and ready.

        Raises: Unavailable when it cannot start.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-s", "-m", "parvis.infra.image_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C in a terminal is for the server, which ends us in its order
            )  # fmt: skip
        except OSError as error:
            raise Unavailable("Pictures cannot be read right now") from error
        worker = cls(process)
        try:
            async with asyncio.timeout(30):
                worker.confinement = msgspec.msgpack.decode(await worker._receive(), type=Confinement)
        except (_Lost, TimeoutError, msgspec.MsgspecError) as error:
            await worker.end()
            log.error("images.cannot_start", complaints=worker.complaints)
            raise Unavailable("Pictures cannot be read right now") from error
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def complaints(self) -> str:
        """The last of what it wrote to standard error."""
        return self._complaints.decode(errors="replace")

    async def ask(self, request: dict[str, object]) -> _Answer:
        body = msgspec.msgpack.encode(request)
        assert self._process.stdin is not None
        self.images += 1
        try:
            self._process.stdin.write(struct.pack(">I", len(body)))
            self._process.stdin.write(body)
            await self._process.stdin.drain()
            return msgspec.msgpack.decode(await self._receive(), type=_Answer)
        except (ConnectionError, msgspec.MsgspecError) as error:
            raise _Lost(repr(error)) from error

    async def _receive(self) -> bytes:
        assert self._process.stdout is not None
        try:
            (size,) = struct.unpack(">I", await self._process.stdout.readexactly(4))
            if size > _LARGEST_ANSWER:
                raise _Lost("an answer without end")
            return await self._process.stdout.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise _Lost(f"it ended: {self.complaints[-300:]}") from error

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while text := await self._process.stderr.read(4096):
            self._complaints = (self._complaints + text)[-2000:]

    def expire(self, after_s: float, forget: object) -> None:
        """It ends after that time, unless kept."""
        self._expiry = asyncio.create_task(self._expire(after_s, forget))

    async def _expire(self, after_s: float, forget: object) -> None:
        await asyncio.sleep(after_s)
        self._expiry = None
        assert callable(forget)
        forget(self)
        await self.end()

    def keep(self) -> None:
        """It does not expire; somebody uses it."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    async def end(self) -> None:
        """The process is gone and reaped. It holds nothing worth a gentle end."""
        self.keep()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.shield(self._process.wait())
        self._listening.cancel()


def _environment() -> dict[str, str]:
    """Nothing of ours that a picture could read: no settings, no passwords."""
    return {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "VIPS_CONCURRENCY": "1",
        "VIPS_DISC_THRESHOLD": "16g",  # never to a temporary file, which could not be opened
        "MALLOC_ARENA_MAX": "2",
    }
