"""Files of this machine as objects of a bucket, and back. What the client says is a backup that failed; what the disk of
this machine says is not said of the bucket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore

from parvis.infra.engines.kit import PARTIAL, BackupFailed, check_room
from parvis.infra.storage_s3 import s3_store

AT_ONCE = 8


def bucket_at(place: str) -> ObjectStore:
    """A client of the bucket and prefix of `s3://bucket/prefix`."""
    with _problems():
        return s3_store(place)


async def names(store: ObjectStore, prefix: str | None = None) -> dict[str, int]:
    """The size of every object, by name. Raises: BackupFailed, as all of these do."""
    found: dict[str, int] = {}
    with _problems():
        async for some in obstore.list(store, prefix, chunk_size=1000):
            found |= {one["path"]: one["size"] for one in some}
    return found


async def read(store: ObjectStore, name: str) -> bytes | None:
    """What the object holds; None when there is none."""
    with _problems():
        try:
            return bytes(await (await obstore.get_async(store, name)).bytes_async())
        except (NotFoundError, FileNotFoundError):
            return None


async def write(store: ObjectStore, name: str, content: bytes) -> None:
    """The object holds that."""
    with _problems():
        await obstore.put_async(store, name, content)


async def send_files(store: ObjectStore, folder: Path, prefix: str, some: Collection[str]) -> None:
    """Those files of the folder are objects below the prefix; one that was removed meanwhile is not."""

    async def send(name: str) -> None:
        with _problems(), contextlib.suppress(FileNotFoundError):  # removed in this moment
            await obstore.put_async(store, f"{prefix}/{name}", folder / name, max_concurrency=2)

    await _some_at_once(send, some)


async def fetch(store: ObjectStore, kit: Path, some: dict[str, int], *, lenient: bool = False) -> None:
    """Those objects are files of the kit. Of a segment of the journal that was finished meanwhile it is the whole. With
    `lenient` objects that were removed meanwhile are left out.

    Raises: BackupFailed when there is no room for them and what is made of them.
    """
    check_room(kit, 2 * sum(some.values()), "to fetch the backup and bring it back")

    async def fetch_one(name: str) -> None:
        with _problems():
            try:
                name, answer = await _found(store, name)
            except FileNotFoundError:
                if lenient:
                    return
                raise
        path = kit / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("wb") as file, _problems():
            async for chunk in answer.stream(min_chunk_size=1 << 20):
                await asyncio.to_thread(file.write, bytes(chunk))

    await _some_at_once(fetch_one, some)


async def _found(store: ObjectStore, name: str) -> tuple[str, obstore.GetResult]:
    """The object and its name; of a segment that was finished meanwhile, the whole's. Raises: FileNotFoundError."""
    try:
        return name, await obstore.get_async(store, name)
    except FileNotFoundError:
        if not name.endswith(PARTIAL):
            raise
    whole = name.removesuffix(PARTIAL)
    return whole, await obstore.get_async(store, whole)


async def _some_at_once(work: Callable[[str], Awaitable[None]], some: Collection[str]) -> None:
    """It is done for each name. What one of them raises ends the others, and is raised once they have ended."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with slots:
            await work(name)

    try:
        async with asyncio.TaskGroup() as group:
            for name in some:
                group.create_task(one(name))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def delete(store: ObjectStore, some: list[str]) -> None:
    """No object has one of these names."""
    for start in range(0, len(some), 1000):
        with _problems():
            await obstore.delete_async(store, some[start : start + 1000])


@contextlib.contextmanager
def _problems() -> Iterator[None]:
    """What the client says, as a backup that failed."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        raise BackupFailed(f"The bucket does not answer as it should: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What went wrong, in short: the client says much."""
    return (str(error) or type(error).__name__).partition("\n")[0][:300]
