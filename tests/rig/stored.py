"""What lies in the media store, wherever that is."""

from __future__ import annotations

import asyncio

import obstore

from parvis.base.settings import from_environment
from parvis.infra.storage import Storage, open_storage
from parvis.infra.storage_s3 import S3Storage
from tests.rig.server import Server


async def keys(storage: Storage, folder: str) -> list[str]:
    """The keys of all files in that folder and below, sorted."""
    if isinstance(storage, S3Storage):
        found = await asyncio.to_thread(lambda: obstore.list(storage._store, folder + "/").collect())
        return sorted(one["path"] for one in found)
    top = storage.local_path(folder)
    assert top is not None
    return sorted(f"{folder}/{path.relative_to(top)}" for path in top.rglob("*") if path.is_file())


async def of(server: Server) -> Storage:
    """The store of that server."""
    return await open_storage(from_environment(server.environment))


async def read(storage: Storage, key: str) -> bytes:
    """All that lies there."""
    file = await storage.open(key)
    return b"".join([chunk async for chunk in file.chunks])
