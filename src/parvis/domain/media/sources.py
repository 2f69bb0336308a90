"""What people sent, kept until everything is made of it: one file under its key, or parts in a folder of that name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from parvis.base.errors import NotFound
from parvis.infra.services import Services
from parvis.infra.storage import StoredFile

_LIST = "parts.json"
OPAQUE = "application/octet-stream"


async def list_parts(services: Services, key: str, parts: Sequence[str]) -> None:
    """The folder can be read as one file, in that order."""
    await services.storage.put(f"{key}/{_LIST}", msgspec.json.encode(list(parts)), OPAQUE)


async def chunks(services: Services, key: str) -> AsyncIterator[bytes]:
    """All bytes that were sent. Raises: NotFound."""
    try:
        async for chunk in (await services.storage.open(key)).chunks:
            yield chunk
        return
    except NotFound:
        listed = await _whole(await services.storage.open(f"{key}/{_LIST}"))
    for part in msgspec.json.decode(listed, type=list[str]):
        async for chunk in (await services.storage.open(f"{key}/{part}")).chunks:
            yield chunk


async def forget(services: Services, key: str) -> None:
    """Nothing is left of it."""
    await services.storage.delete_prefix(key)
    await services.storage.delete(key)


async def _whole(file: StoredFile) -> bytes:
    return b"".join([chunk async for chunk in file.chunks])
