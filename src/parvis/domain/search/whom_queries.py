"""The SQL of suggestions and of the directory."""

from __future__ import annotations

from parvis.base.ids import AccountId
from parvis.domain.posts.sight import LENS, blocks_by_lens, is_silenced_by_lens
from parvis.infra.postgres import Connection, Row

FRIENDS, OF_FRIENDS = 200, 100

_SUGGESTED = f"""
    WITH {LENS}, friends AS MATERIALIZED (
        SELECT target_id AS id FROM follow WHERE account_id = $1 ORDER BY id DESC LIMIT {FRIENDS}
    ), known AS (
        SELECT f.target_id AS id, count(*) AS friends
          FROM friends
         CROSS JOIN LATERAL (
               SELECT target_id FROM follow WHERE account_id = friends.id ORDER BY id DESC LIMIT {OF_FRIENDS}) f
          JOIN account o ON o.id = friends.id AND NOT o.hide_collections AND o.state = 0
         GROUP BY f.target_id
    ), popular AS (
        SELECT account_id AS id, 0::bigint AS friends
          FROM (SELECT account_id FROM account_counter ORDER BY last_post_on DESC NULLS LAST, account_id DESC LIMIT 2000) active
    ), candidates AS (
        SELECT id, max(friends) AS friends FROM (SELECT * FROM known UNION ALL SELECT * FROM popular) every GROUP BY id
    )
    SELECT a.id, c.friends
      FROM candidates c
      JOIN account a ON a.id = c.id
      LEFT JOIN account_counter n ON n.account_id = a.id
     WHERE a.id <> $1 AND a.state = 0 AND a.discoverable
       AND NOT {is_silenced_by_lens("a.id")} AND NOT {blocks_by_lens("a.id")}
       AND NOT EXISTS (SELECT FROM follow x WHERE x.account_id = $1 AND x.target_id = a.id)
       AND NOT EXISTS (SELECT FROM follow_request x WHERE x.account_id = a.id AND x.requester_id = $1)
       AND NOT EXISTS (SELECT FROM suggestion_dismissed x WHERE x.account_id = $1 AND x.target_id = a.id)
     ORDER BY c.friends DESC, n.followers DESC NULLS LAST, a.id
     LIMIT $2 OFFSET $3
"""


async def suggested(db: Connection, viewer: AccountId, limit: int, offset: int) -> list[Row]:
    """id and how many whom the viewer follows follow them; hidden lists tell nothing."""
    return await db.fetch(_SUGGESTED, viewer, limit, offset)


async def dismissed(tx: Connection, viewer: AccountId, account_id: AccountId) -> bool:
    """Whether there is such an account, which is now dismissed."""
    return bool(
        await tx.fetchval(
            """
            WITH there AS (
                SELECT id FROM account WHERE id = $2 AND state < 3
            ), kept AS (
                INSERT INTO suggestion_dismissed (account_id, target_id)
                SELECT $1, id FROM there ON CONFLICT DO NOTHING
            )
            SELECT true FROM there
            """,
            viewer,
            account_id,
        )
    )


async def listed(db: Connection, viewer: AccountId | None, order: str, limit: int, offset: int) -> list[AccountId]:
    """Ids of active people of this server who let others find them."""
    by = {"active": "n.last_post_on DESC NULLS LAST, n.account_id DESC", "new": "a.id DESC"}[order]
    rows = await db.fetch(
        f"""
        WITH {LENS}
        SELECT a.id
          FROM account_counter n
          JOIN account a ON a.id = n.account_id
         WHERE a.state = 0 AND a.discoverable AND a.domain IS NULL
           AND NOT {is_silenced_by_lens("a.id")} AND NOT {blocks_by_lens("a.id")}
         ORDER BY {by}
         LIMIT $2 OFFSET $3
        """,
        viewer,
        limit,
        offset,
    )
    return [AccountId(row["id"]) for row in rows]
