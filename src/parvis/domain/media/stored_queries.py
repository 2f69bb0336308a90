"""The SQL of who names files. Rows of other rooms name some: pictures of people, of previews, of emoji, and archives."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.infra.postgres import Connection, Row


async def naming(db: Connection, keys: Sequence[str]) -> list[Row]:
    """Those of the keys that a row names: `wanted`, whether files ought to be there; `aside`, whether nobody may reach them.

    The keys are joined, because no index knows most of these columns: rows and keys are hashed, where `= ANY` would compare
    every row with every key.
    """
    return await db.fetch(
        """
        WITH asked AS (SELECT unnest($1::text[]) AS key),
        named (key, wanted, aside) AS (
            SELECT m.key, m.state IN ('processing', 'ready'),
                   m.post_id IS NOT NULL
                   AND coalesce(p.withheld_as IS NOT NULL OR p.deleted_at IS NOT NULL OR a.state >= 2, true)
              FROM media m
              JOIN asked USING (key)
              LEFT JOIN post p ON p.account_id = m.account_id AND p.id = m.post_id
              LEFT JOIN account a ON a.id = m.account_id
            UNION ALL
            SELECT m.source_key, m.state IN ('processing', 'ready'), false FROM media m JOIN asked ON asked.key = m.source_key
            UNION ALL
            SELECT key, media_id IS NULL, false FROM upload JOIN asked USING (key)
            UNION ALL
            SELECT one, a.state < 3, a.state >= 2
              FROM account a
             CROSS JOIN LATERAL (VALUES (regexp_replace(a.avatar_key, '/[^/]*$', '')),
                                        (regexp_replace(a.header_key, '/[^/]*$', ''))) AS portrait (one)
              JOIN asked ON asked.key = one
             WHERE a.avatar_key IS NOT NULL OR a.header_key IS NOT NULL
            UNION ALL
            SELECT asked.key, true, false FROM custom_emoji e JOIN asked ON asked.key = regexp_replace(e.key, '/[^/]*$', '')
            UNION ALL
            SELECT asked.key, true, false FROM card JOIN asked ON asked.key = card.content -> 'picture' ->> 'key'
            UNION ALL
            SELECT key, true, false FROM archive JOIN asked USING (key)
        )
        SELECT key, bool_or(wanted) AS wanted, bool_or(aside) AS aside FROM named GROUP BY key
        """,
        keys,
    )


async def listed(db: Connection, keys: Sequence[str]) -> list[Row]:
    """The names that the rows of these uploads list, of those whose files ought to be there."""
    return await db.fetch(
        """
          WITH asked AS (SELECT unnest($1::text[]) AS key)
        SELECT key, file ->> 'name' AS name
          FROM media
          JOIN asked USING (key)
         CROSS JOIN LATERAL jsonb_path_query(files, '$.*') AS file
         WHERE state IN ('processing', 'ready')
        """,
        keys,
    )
