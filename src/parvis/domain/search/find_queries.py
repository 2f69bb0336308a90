"""The SQL of finding people and posts. Who may see a post is asked inside, before anything is cut off (case C9)."""

from __future__ import annotations

from parvis.base.ids import MAX_ID, AccountId, PostId
from parvis.domain.posts.sight import LENS, is_silenced_by_lens, may_see
from parvis.infra.postgres import Connection

FEW = 3000
RECENT = 600

# Whoever searches finds what is public by people who want to be found, what they wrote, and what mentions them; in their
# library ($8) also what they marked.
_FINDABLE = f"""
    {may_see()}
    AND (p.visibility = 0 AND a.indexable AND a.state = 0
         OR p.account_id = $1 OR $1::bigint = ANY (p.mentioned_ids)
         OR $8 AND (EXISTS (SELECT FROM favourite f WHERE f.account_id = $1 AND f.post_id = p.id)
                    OR EXISTS (SELECT FROM bookmark b WHERE b.account_id = $1 AND b.post_id = p.id)))
    AND NOT {is_silenced_by_lens("p.account_id")}"""

_SEEN = f"""
    CROSS JOIN LATERAL (
          SELECT FROM post p JOIN account a ON a.id = p.account_id
           WHERE p.account_id = s.account_id AND p.id = s.post_id AND {_FINDABLE}
          OFFSET 0) seen"""

_IN_TIME = f"s.post_id < coalesce($3, {MAX_ID}) AND s.post_id > $4"
_ENOUGH = "$5::bigint + $6::bigint"

# One plan must serve every word, and no plan does. A word that very many posts have is found among the newest; of a rare one
# all posts are fetched by the word and put in order; for what lies between, the posts are gone through from the newest
# on until there are enough. Which it is, is seen on the way. `IS TRUE` and `+ 0` keep the other index out of it.
_FIND = f"""
    WITH {LENS}, recent AS MATERIALIZED (
        SELECT s.post_id
          FROM (SELECT * FROM search_post s WHERE {_IN_TIME} ORDER BY s.post_id DESC LIMIT {RECENT}) s {_SEEN}
         WHERE (s.tokens @@ $2::text::tsquery) IS TRUE AND NOT $8
         ORDER BY s.post_id DESC
         LIMIT {_ENOUGH}
    ), enough AS MATERIALIZED (
        SELECT count(*) = {_ENOUGH} AS so FROM recent
    ), hits AS MATERIALIZED (
        (SELECT s.account_id, s.post_id
           FROM search_post s
          WHERE NOT (SELECT so FROM enough)
            AND s.tokens @@ $2::text::tsquery AND {_IN_TIME.replace("s.post_id", "s.post_id + 0")}
          LIMIT {FEW + 1})
         UNION
        (SELECT s.account_id, s.post_id
           FROM ((SELECT post_id FROM favourite WHERE account_id = $1 ORDER BY id DESC LIMIT {FEW // 2})
                  UNION ALL
                 (SELECT post_id FROM bookmark WHERE account_id = $1 ORDER BY id DESC LIMIT {FEW // 2})) marked
          CROSS JOIN LATERAL (SELECT s.* FROM search_post s WHERE s.post_id = marked.post_id OFFSET 0) s
          WHERE $8 AND (s.tokens @@ $7::text::tsquery) IS TRUE AND {_IN_TIME})
    ), amount AS MATERIALIZED (
        SELECT count(*) <= {FEW} AS is_small FROM hits
    )
    SELECT found.post_id
      FROM ((SELECT post_id FROM recent WHERE (SELECT so FROM enough))
             UNION ALL
            (SELECT s.post_id
               FROM (SELECT * FROM hits
                      WHERE NOT (SELECT so FROM enough) AND (SELECT is_small FROM amount)
                      ORDER BY post_id DESC) s {_SEEN}
              ORDER BY s.post_id DESC
              LIMIT {_ENOUGH})
             UNION ALL
            (SELECT s.post_id
               FROM search_post s {_SEEN}
              WHERE NOT (SELECT so FROM enough) AND NOT (SELECT is_small FROM amount)
                AND (s.tokens @@ $2::text::tsquery) IS TRUE AND {_IN_TIME}
              ORDER BY s.post_id DESC
              LIMIT {_ENOUGH})) found
     ORDER BY found.post_id DESC
     LIMIT $5 OFFSET $6
"""


async def post_ids(
    db: Connection,
    viewer: AccountId | None,
    wanted: str,
    wanted_anywhere: str,
    *,
    above: int,
    below: int | None,
    library: bool,
    limit: int,
    offset: int,
) -> list[PostId]:
    """Posts that match `wanted` and that the viewer may find, the newest first.

    `library`: besides, what matches `wanted_anywhere` and the viewer has marked.
    """
    rows = await db.fetch(_FIND, viewer, wanted, below, above, limit, offset, wanted_anywhere, library)
    return [PostId(row["post_id"]) for row in rows]


async def account_ids_by_handle(db: Connection, handles: list[tuple[str, str]]) -> dict[tuple[str, str], AccountId]:
    """(handle, domain) → id."""
    rows = await db.fetch(
        """
        SELECT h.handle, h.domain, h.account_id
          FROM unnest($1::text[], $2::text[]) AS w (handle, domain)
          JOIN account_handle h ON h.handle = w.handle AND h.domain = w.domain
        """,
        [handle for handle, _ in handles],
        [domain for _, domain in handles],
    )
    return {(row["handle"], row["domain"]): AccountId(row["account_id"]) for row in rows}


async def people_matching(
    db: Connection,
    handle: str,
    domain: str | None,
    words: str,
    wanted: str | None,
    viewer_id: AccountId | None,
    *,
    only_followed: bool,
    limit: int,
    offset: int,
) -> list[AccountId]:
    """Accounts whose handle begins with, or whose name or words have, what was asked; the known and the popular first."""
    rows = await db.fetch(
        """
        WITH found AS (
            SELECT account_id AS id FROM account_handle WHERE handle = $1
             UNION
            (SELECT id FROM account WHERE handle LIKE $2 LIMIT 500)
             UNION
            (SELECT id FROM account WHERE length($3) > 4 AND display_name ILIKE $3 LIMIT 500)
             UNION
            (SELECT account_id FROM search_account WHERE tokens @@ $9::text::tsquery LIMIT 500)
        )
        SELECT a.id
          FROM found
          JOIN account a ON a.id = found.id AND a.state < 2
          LEFT JOIN account_counter c ON c.account_id = a.id
          LEFT JOIN follow f ON f.account_id = $5::bigint AND f.target_id = a.id
         WHERE ($4::text IS NULL OR coalesce(a.domain, '') = $4)
           AND (f.id IS NOT NULL OR NOT $6)
           AND (a.state = 0 OR f.id IS NOT NULL)
           AND NOT EXISTS (SELECT FROM block WHERE account_id = a.id AND target_id = $5::bigint)
           AND NOT EXISTS (SELECT FROM block WHERE account_id = $5::bigint AND target_id = a.id)
         ORDER BY a.handle = $1 DESC, f.id IS NOT NULL DESC, c.followers DESC NULLS LAST, a.id
         LIMIT $7 OFFSET $8
        """,
        handle,
        f"{_escaped(handle)}%" if handle else "",
        f"%{_escaped(words)}%",
        domain,
        viewer_id,
        only_followed,
        limit,
        offset,
        wanted,
    )
    return [row["id"] for row in rows]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
