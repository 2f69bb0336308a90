"""What rows say of stored files, also of very many at once."""

from __future__ import annotations

import msgspec

from parvis.domain import media
from parvis.infra.postgres import Connection

MANY = 20_000
KEY = "posts/3f/3f0c2b9a8d7e6f5a4b3c2d1e0f9a8b7c"


async def test_naming_very_many_files_does_not_compare_each_with_each(tx: Connection) -> None:
    await tx.execute(
        """
        INSERT INTO media (account_id, id, kind, state, key, source_key, size_bytes, created_at)
        SELECT 1, n, 'image', 'ready', 'posts/' || md5(n::text), 'originals/' || md5(n::text), 7, now()
          FROM generate_series(1, $1::int) n
        """,
        MANY,
    )
    keys = await tx.fetch("SELECT key, source_key FROM media")
    await tx.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL statement_timeout = '3s'")
    named = await media.naming(tx, [row["key"] for row in keys] + [row["source_key"] for row in keys] + ["posts/no"])
    assert len(named) == 2 * MANY
    assert all(one.wanted and not one.aside for one in named.values())


async def test_of_an_upload_that_is_partly_there_what_its_row_lists_comes_back(tx: Connection) -> None:
    listed = {
        "previews": {"name": "1f-previews.vtt"},
        "captions-en": {"name": "captions-en-new.vtt"},
        "small": {"name": "small.webp"},
    }
    await tx.execute(
        """
        INSERT INTO media (account_id, id, kind, state, key, files, size_bytes, created_at)
        VALUES (1, 1, 'video', 'ready', $1, $2::jsonb, 7, now())
        """,
        KEY,
        msgspec.json.encode(listed).decode(),
    )
    here = [f"{KEY}/original.mp4", f"withheld/{KEY}/aside.webp"]
    wanted = [f"{KEY}/{one['name']}" for one in listed.values()]
    taken = [f"{KEY}/captions-en-old.vtt", f"{KEY}/removed.webp"]
    kept = [f"{KEY}/original.mp4", f"{KEY}/aside.webp", *wanted, *taken]
    found = await media.belonging(
        tx, dict.fromkeys(kept, 7), dict.fromkeys(here, 7), gone=[f"{KEY}/removed.webp", f"{KEY}/small.webp"]
    )
    assert sorted(found.values()) == sorted(wanted)
    assert await media.lost_files(tx, frozenset(kept[1:]), frozenset(here)) == frozenset(wanted), "the kit keeps them"
    await tx.execute("UPDATE media SET state = 'failed'")
    assert await media.lost_files(tx, frozenset(kept[1:]), frozenset(here)) == frozenset()


async def test_a_file_that_was_cut_short_is_missing_and_one_that_the_kit_has_cut_short_is_not(tx: Connection) -> None:
    await tx.execute(
        """
        INSERT INTO media (account_id, id, kind, state, key, size_bytes, created_at)
        VALUES (1, 1, 'image', 'ready', $1, 7, now())
        """,
        KEY,
    )
    kept = {f"{KEY}/{name}": 7 for name in ("whole.webp", "short.webp", "empty.webp")} | {f"{KEY}/more.webp": 3}
    here = dict(zip(kept, (7, 6, 0, 7), strict=True))
    found = await media.belonging(tx, kept, here, gone=())
    assert sorted(found.values()) == [f"{KEY}/empty.webp", f"{KEY}/short.webp"]
