"""Which files ought to be in the store, and where; for whoever keeps the store safe."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from parvis.domain.media import queries, stored_queries
from parvis.domain.media.aside import ASIDE, aside_key
from parvis.infra.postgres import Connection

_DEPTH = 3  # a key is a place, two letters and the whole of its name (`rules.new_key`)
_KEY = re.compile(r"(posts|originals|avatars|headers|emoji|previews)/([0-9a-f]{2})/\2[0-9a-f]{30}")


class Named(msgspec.Struct, frozen=True):
    """What a row says of the files below a key: whether they ought to be there, and out of everybody's reach."""

    wanted: bool
    aside: bool


async def some_ready(db: Connection, before: datetime, most: int) -> frozenset[str]:
    """The keys of some uploads of which files were there at that moment, and still are, by chance."""
    return frozenset(await queries.some_ready_keys(db, before, most))


async def lost_files(db: Connection, missing: Collection[str], here: Collection[str]) -> frozenset[str]:
    """Of files that are missing in the store those that ought to be there: all of an upload of which nothing is `here`, and
    of others what their row lists."""
    partly, lying = uploads_of(here), {_plain(name) for name in here}
    wanted = {key for key, named in (await naming(db, uploads_of(missing) - partly)).items() if named.wanted}
    listed = await _listed(db, [name for name in missing if key_of(name) in partly and _plain(name) not in lying])
    return frozenset(name for name in missing if key_of(name) in wanted) | listed


async def naming(db: Connection, keys: Collection[str]) -> Mapping[str, Named]:
    """What is said of those of the keys that a row names, be it of an upload, a portrait, a preview, an emoji or an archive."""
    rows = await stored_queries.naming(db, list(keys))
    return {row["key"]: Named(row["wanted"], row["aside"]) for row in rows}


async def belonging(
    db: Connection, kept: Mapping[str, int], here: Mapping[str, int], gone: Collection[str]
) -> dict[str, str]:
    """Where files belong that somebody keeps and the store ought to have and has not, and their names there. Files (with
    their sizes) never change, so one that is shorter than it is kept was cut short, and is missing.

    Of what is partly `here` files that were taken from it stay away: those known to be gone, and captions, of which a new
    version has a name of its own. What the row of the upload lists was not taken.
    """
    partly, lying = uploads_of(here), {_plain(name): bytes_ for name, bytes_ in here.items()}
    missing = [name for name, bytes_ in kept.items() if lying.get(_plain(name), -1) < bytes_]
    absent = [name for name in missing if _plain(name) not in lying]
    taken = {name for name in absent if key_of(name) in partly and (name in gone or name.endswith(".vtt"))}
    taken -= await _listed(db, taken)
    named = await naming(db, uploads_of(missing))
    found: dict[str, str] = {}
    for name in sorted(missing):
        says = named.get(key_of(name))
        if says is not None and says.wanted and name not in taken:
            found[place_of(name, aside=says.aside)] = name
    return found


async def _listed(db: Connection, names: Collection[str]) -> frozenset[str]:
    """Those of the files that the row of their upload lists."""
    rows = await stored_queries.listed(db, list({key_of(name) for name in names}))
    listed = {f"{row['key']}/{row['name']}" for row in rows}
    return frozenset(name for name in names if _plain(name) in listed)


def uploads_of(names: Collection[str]) -> frozenset[str]:
    """The keys to which the files belong, withheld or not."""
    return frozenset(map(key_of, names))


def key_of(name: str) -> str:
    """The key to which the file belongs, withheld or not."""
    return "/".join(_plain(name).split("/")[:_DEPTH])


def is_ours(name: str) -> bool:
    """Whether it is a file that this place made up the name of."""
    return _KEY.fullmatch(key_of(name)) is not None


def place_of(name: str, *, aside: bool) -> str:
    """Where that file lies, out of everybody's reach or not."""
    return aside_key(_plain(name)) if aside else _plain(name)


def _plain(name: str) -> str:
    return name.removeprefix(f"{ASIDE}/")
