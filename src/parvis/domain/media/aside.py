"""Files of what moderators withhold: out of everybody's reach, at another place of the store, and back when it is lifted.

The addresses stay what they were, in the post and in evidence. Who asks for one finds nothing there, except its owner and
the staff (`web/files.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from parvis.base.errors import NotFound, Unavailable
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain.media import queries
from parvis.infra.postgres import Connection
from parvis.infra.services import Services
from parvis.infra.storage import StoredFile

ASIDE = "withheld"
_LOOK_AGAIN_S = 0.2
_DEPTH = 3  # a key is a place, two letters and the whole of its name (`rules.new_key`)


def aside_key(key: str) -> str:
    """Where the file lies while it is withheld."""
    return f"{ASIDE}/{key}"


async def open_anywhere(services: Services, key: str) -> StoredFile:
    """The file, withheld or not; for its owner's own purposes. Raises: NotFound."""
    try:
        return await services.storage.open(key)
    except NotFound:
        return await services.storage.open(aside_key(key))


class FilesBusy(Unavailable):
    """Somebody else moves or removes files of the same owner"""


@asynccontextmanager
async def files_locked(
    services: Services, owner: AccountId, *, within_s: float | None = None
) -> AsyncGenerator[Connection]:
    """Nobody else moves or removes files of the owner until this ends; the connection holds the lock, and can be used.

    In a bucket a move is a copy and a deletion: of two that went opposite ways nothing would be left. Whoever waits holds
    no connection, since a film may take minutes. Raises: FilesBusy when that takes longer than `within_s`.
    """
    clock = asyncio.get_running_loop()
    began = clock.time()
    while True:
        async with services.db.connection() as db:
            with _sure(db):
                locked = await queries.files_locked(db, owner)
            if locked:
                try:
                    yield db
                finally:
                    with _sure(db):
                        await queries.files_unlocked(db, owner)
                return
        if within_s is not None and clock.time() - began >= within_s:
            raise FilesBusy
        await asyncio.sleep(_LOOK_AGAIN_S)


@contextlib.contextmanager
def _sure(db: Connection) -> Generator[None]:
    """A statement cut short leaves it open whether the connection has the lock: so it ends, and the lock with it; otherwise
    it would be lent to others, and keep everybody out for as long as it is there."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(asyncpg.InterfaceError):  # it has ended already
            db.terminate()
        raise


async def set_aside(services: Services, db: Connection, owner: AccountId, post_id: PostId, *, aside: bool) -> None:
    """The files of the post's media are withheld from everybody, or are where they always were. Done twice it is no harm.

    Within `files_locked`.
    """
    for key in [str(row["key"]) for row in await queries.media_of_post(db, owner, post_id)]:
        ways = (key, aside_key(key))
        await services.storage.move_prefix(*(ways if aside else ways[::-1]))


async def set_portraits_aside(services: Services, keys: Sequence[str], *, aside: bool) -> None:
    """The same for avatars and headers."""
    for key in keys:
        folder = key.rpartition("/")[0]
        ways = (folder, aside_key(folder))
        await services.storage.move_prefix(*(ways if aside else ways[::-1]))


async def posts_with_files(db: Connection, owner: AccountId, below: int, limit: int) -> list[PostId]:
    """Some of the posts below `below` that show uploads of the account, the newest first."""
    return await queries.posts_with_media(db, owner, below, limit)


async def post_of(db: Connection, owner: AccountId, media_id: MediaId) -> PostId | None:
    """The post that the upload belongs to, if it belongs to one."""
    return await queries.post_of(db, owner, media_id)


async def is_own_file(db: Connection, owner: AccountId, key: str) -> bool:
    """Whether the file belongs to one of the owner's uploads."""
    return await queries.owns_key(db, owner, "/".join(key.split("/")[:_DEPTH]))
