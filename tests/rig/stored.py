"""What lies in the media store, wherever that is."""

from __future__ import annotations

import asyncio

import obstore

from parvis.infra.storage import Storage
from parvis.infra.storage_s3 import S3Storage


async def keys(storage: Storage, folder: str) -> list[str]:
    """The keys of all files in that folder and below, sorted."""
    if isinstance(storage, S3Storage):
        found = await asyncio.to_thread(lambda: obstore.list(storage._store, folder + "/").collect())
        return sorted(one["path"] for one in found)
    top = storage.local_path(folder)
    assert top is not None
    return sorted(f"{folder}/{path.relative_to(top)}" for path in top.rglob("*") if path.is_file())
