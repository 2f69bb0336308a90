"""The SQL of who names files. Rows of other rooms name some: pictures of people, of previews, of emoji, and archives."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.infra.postgres import Connection, Row


async def naming(db: Connection, keys: Sequence[str]) -> list[Row]:
    """Those of the keys that a row names: `wanted`, whether files ought to be there; `aside`, whether nobody may reach them."""
    return await db.fetch(
        """
        WITH named (key, wanted, aside) AS (
            SELECT m.key, m.state IN ('processing', 'ready'),
                   m.post_id IS NOT NULL
                   AND coalesce(p.withheld_as IS NOT NULL OR p.deleted_at IS NOT NULL OR a.state >= 2, true)
              FROM media m
              LEFT JOIN post p ON p.account_id = m.account_id AND p.id = m.post_id
              LEFT JOIN account a ON a.id = m.account_id
             WHERE m.key = ANY ($1::text[])
            UNION ALL
            SELECT source_key, state IN ('processing', 'ready'), false FROM media WHERE source_key = ANY ($1)
            UNION ALL
            SELECT key, media_id IS NULL, false FROM upload WHERE key = ANY ($1)
            UNION ALL
            SELECT one, a.state < 3, a.state >= 2
              FROM account a,
                   LATERAL (VALUES (regexp_replace(a.avatar_key, '/[^/]*$', '')),
                                   (regexp_replace(a.header_key, '/[^/]*$', ''))) AS portrait (one)
             WHERE (a.avatar_key IS NOT NULL OR a.header_key IS NOT NULL) AND one = ANY ($1)
            UNION ALL
            SELECT one, true, false
              FROM custom_emoji e, LATERAL (VALUES (regexp_replace(e.key, '/[^/]*$', ''))) AS picture (one)
             WHERE one = ANY ($1)
            UNION ALL
            SELECT content -> 'picture' ->> 'key', true, false FROM card WHERE content -> 'picture' ->> 'key' = ANY ($1)
            UNION ALL
            SELECT key, true, false FROM archive WHERE key = ANY ($1)
        )
        SELECT key, bool_or(wanted) AS wanted, bool_or(aside) AS aside FROM named GROUP BY key
        """,
        keys,
    )
