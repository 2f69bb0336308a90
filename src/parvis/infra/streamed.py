"""Files that come with a form and may be large: they lie in a temporary file, not in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar.datastructures import UploadFile

_HEAD_BYTES = 64
_CHUNK_BYTES = 256 * 1024


class Streamed(msgspec.Struct, frozen=True):
    """One such file; `head` are its first bytes."""

    name: str
    size_bytes: int
    head: bytes
    file: Any

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes from the beginning."""
        await self.file.seek(0)
        while chunk := await self.file.read(_CHUNK_BYTES):
            yield chunk

    async def whole(self) -> bytes:
        """All of it at once."""
        await self.file.seek(0)
        return await self.file.read()


async def streamed(file: UploadFile) -> Streamed:
    """The file as it came with the form."""
    size_bytes = file.file.seek(0, 2)
    await file.seek(0)
    return Streamed(file.filename or "", size_bytes or file.file.tell(), await file.read(_HEAD_BYTES), file)
