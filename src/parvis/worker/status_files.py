"""Where the files of the status page lie: a folder of this machine, or a bucket that outlives the machine too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from parvis.infra import engines

if TYPE_CHECKING:
    from obstore.store import ObjectStore

log = structlog.get_logger(__name__)

PUT_S = 4.0  # for so long a look waits for a bucket
ALL_AGAIN_AFTER = timedelta(hours=1)  # somebody may have emptied the bucket
CACHED_S = 10  # by whoever stands between a bucket and its readers: the next look has written it anew
CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "xml": "application/rss+xml; charset=utf-8",
}


class StatusFiles:
    """The files in `place`. What did not change is not written again: a folder can be read, of a bucket it is known what
    was sent."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._store: ObjectStore | None = None
        self._sent: dict[str, int] = {}  # the hash of each content
        self._all_at: datetime | None = None
        self._away = False

    async def keep(self, files: Mapping[str, str], now: datetime) -> bool:
        """The place holds these files. Where it is away, answers no and says so once in the log."""
        try:
            await self._keep(files, now)
        except Exception as error:  # whatever it is: the watch goes on
            self._say_away(error)
            return False
        self._away = False
        return True

    async def _keep(self, files: Mapping[str, str], now: datetime) -> None:
        if not self._place.startswith("s3://"):
            await asyncio.to_thread(write, Path(self._place), files)
            return
        if self._all_at is None or now - self._all_at > ALL_AGAIN_AFTER:
            self._sent, self._all_at = {}, now
        changed = {name: content for name, content in files.items() if self._sent.get(name) != hash(content)}
        async with asyncio.timeout(PUT_S):
            await self._send(self._opened(), changed)

    async def _send(self, store: ObjectStore, files: Mapping[str, str]) -> None:
        """The bucket holds these files, all sent at once. Raises what one of those does that failed."""

        async def send(name: str, content: str) -> None:
            await _put(store, name, content)
            self._sent[name] = hash(content)

        results = await asyncio.gather(*(send(*one) for one in files.items()), return_exceptions=True)
        for failed in results:
            if failed is not None:
                raise failed

    def _opened(self) -> ObjectStore:
        if self._store is None:
            from parvis.infra.storage_s3 import s3_store  # here: who has a folder never loads the S3 client

            self._store = s3_store(self._place, within_s=3, retries=0)
        return self._store

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            said = (str(error) or type(error).__name__).partition("\n")[0][:300]
            log.warning("status_page.not_written", place=self._place, error=said)
        self._away = True


def write(folder: Path, files: Mapping[str, str]) -> None:
    """The folder holds these files, for everybody to read. Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if not _holds(folder / name, content):
            engines.write_whole(folder / name, content, 0o644)


def _holds(path: Path, content: str) -> bool:
    try:
        return path.read_text() == content
    except (FileNotFoundError, UnicodeDecodeError):
        return False


async def _put(store: ObjectStore, name: str, content: str) -> None:
    import obstore

    attributes: Any = {
        "Content-Type": CONTENT_TYPES[name.rpartition(".")[2]],
        "Cache-Control": f"public, max-age={CACHED_S}",
    }
    await obstore.put_async(store, name, content.encode(), attributes=attributes)
