"""What rows say of stored files, also of very many at once."""

from __future__ import annotations

from parvis.domain import media
from parvis.infra.postgres import Connection

MANY = 20_000


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
