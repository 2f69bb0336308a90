"""Of which uploads files ought to be in the store; for whoever keeps the store safe."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from parvis.domain.media import queries
from parvis.domain.media.aside import ASIDE
from parvis.infra.postgres import Connection

_DEPTH = 3  # a key is a place, two letters and the whole of its name (`rules.new_key`)


async def some_ready(db: Connection, before: datetime, most: int) -> frozenset[str]:
    """The keys of some uploads of which files were there at that moment, and still are, by chance."""
    return frozenset(await queries.some_ready_keys(db, before, most))


async def lost_files(db: Connection, missing: Collection[str], here: Collection[str]) -> frozenset[str]:
    """Of files that are missing in the store those of uploads that are ready, and of which nothing is `here`."""
    there = uploads_of(here)
    by_upload: dict[str, list[str]] = {}
    for name in missing:
        if (key := _upload_of(name)) not in there:
            by_upload.setdefault(key, []).append(name)
    return frozenset(name for key in await queries.ready_keys(db, list(by_upload)) for name in by_upload[key])


def uploads_of(names: Collection[str]) -> frozenset[str]:
    """The keys of the uploads to which the files belong, withheld or not."""
    return frozenset(map(_upload_of, names))


def _upload_of(name: str) -> str:
    return "/".join(name.removeprefix(f"{ASIDE}/").split("/")[:_DEPTH])
