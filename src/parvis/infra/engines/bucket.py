"""Files of this machine as objects of a bucket, and back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from parvis.infra.engines.kit import BackupFailed, check_room

AT_ONCE = 8


async def names(store: ObjectStore, prefix: str | None = None) -> dict[str, int]:
    """The size of every object, by name."""
    found: dict[str, int] = {}
    async for some in obstore.list(store, prefix, chunk_size=1000):
        found |= {one["path"]: one["size"] for one in some}
    return found


async def send_files(store: ObjectStore, folder: Path, prefix: str, some: Collection[str]) -> None:
    """Those files of the folder are objects below the prefix; one that was removed meanwhile is not."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with slots:
            with contextlib.suppress(FileNotFoundError):  # removed in this moment
                await obstore.put_async(store, f"{prefix}/{name}", folder / name, max_concurrency=2)

    await asyncio.gather(*(one(name) for name in some))


async def fetch(store: ObjectStore, kit: Path, some: dict[str, int]) -> None:
    """Those objects are files of the kit. Raises: BackupFailed when there is no room for them and what is made of them."""
    check_room(kit, 2 * sum(some.values()), "to fetch the backup and bring it back")
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with slots:
            path = kit / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            answer = await obstore.get_async(store, name)
            with path.open("wb") as file:
                async for chunk in answer.stream(min_chunk_size=1 << 20):
                    await asyncio.to_thread(file.write, bytes(chunk))

    await asyncio.gather(*(one(name) for name in some))


async def delete(store: ObjectStore, some: list[str]) -> None:
    """No object has one of these names."""
    for start in range(0, len(some), 1000):
        await obstore.delete_async(store, some[start : start + 1000])


@contextlib.contextmanager
def problems() -> Iterator[None]:
    """What the client says, as a backup that failed."""
    try:
        yield
    except BaseError as error:
        raise BackupFailed(f"The bucket does not answer as it should: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What went wrong, in short: the client says much."""
    return (str(error) or type(error).__name__).partition("\n")[0][:300]
