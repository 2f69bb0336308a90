"""The first statement of a home page: a few candidates of each source, judged from the newest on until the page is full.

The whole truth is in `queries.home_glances`, which looks for a full page of fitting posts in every source. Most pages are
filled by the newest few of each. This statement takes those, unjudged, and says how far down they are complete: above the
`horizon` no candidate is missing. A page that reaches below it is not used, and the other statement is asked.
"""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.proof import proof
from parvis.domain.posts.glances import ONCE, glances_of
from parvis.domain.posts.sight import LENS, may_see_original
from parvis.domain.timelines.queries import STATE_BELOW, belongs, by_tag_ids, within
from parvis.infra.postgres import Connection, Row

_ROWS = "(2 * $4)"  # how many rows are candidates, for a page of $4
_EACH = "(3 * $4 / 2 + 1)"  # how many posts of oneself, and of each author who is merged

# $1 reader, $2 max_id, $3 lower bound, $4 limit, $5 whether rows may be used, $6 oldest activity that counts, $7 token
_CANDIDATES = f"""
    {STATE_BELOW}, row_ids AS MATERIALIZED (
        SELECT e.author_id AS account_id, e.post_id AS id
          FROM home_entry e
         WHERE e.account_id = $1 AND e.post_id > (SELECT floor_id FROM state) AND {within("e.post_id")}
         ORDER BY e.post_id DESC
         LIMIT {_ROWS}
    ), merged AS MATERIALIZED (
        SELECT f.target_id AS account_id,
               array(SELECT p.id FROM post p
                      WHERE p.account_id = f.target_id AND {within("p.id")}
                      ORDER BY p.id DESC
                      LIMIT {_EACH}) AS ids
          FROM follow f
         WHERE f.account_id = $1 AND (NOT f.in_rows OR NOT EXISTS (SELECT FROM state))
    ), own AS MATERIALIZED (
        SELECT p.account_id, p.id
          FROM post p
         WHERE p.account_id = $1 AND {within("p.id")}
         ORDER BY p.id DESC
         LIMIT {_EACH}
    ), tagged AS MATERIALIZED ({by_tag_ids("DESC")}
    ), horizon AS (
        SELECT greatest((SELECT floor_id FROM state),
                        (SELECT min(id) FROM row_ids HAVING count(*) = {_ROWS}),
                        (SELECT max(ids[{_EACH}]) FROM merged),
                        (SELECT min(id) FROM own HAVING count(*) = {_EACH}),
                        0) AS id
    )"""

_JUDGED = f"""
    SELECT c.account_id, c.id, row_number() OVER (ORDER BY c.id DESC) AS ord
      FROM (
            SELECT c.account_id, c.id
              FROM (SELECT account_id, id, bool_or(by_tag) AS by_tag
                      FROM (SELECT account_id, id, false AS by_tag FROM row_ids
                             UNION ALL
                            SELECT account_id, unnest(ids), false FROM merged
                             UNION ALL
                            SELECT account_id, id, false FROM own
                             UNION ALL
                            SELECT account_id, id, true FROM tagged) candidates
                     GROUP BY account_id, id
                     ORDER BY id DESC) c
             CROSS JOIN LATERAL (
                   SELECT
                     FROM post p
                     JOIN account a ON a.id = p.account_id
                     LEFT JOIN follow f ON f.account_id = $1 AND f.target_id = p.account_id
                    WHERE p.account_id = c.account_id AND p.id = c.id
                      AND (c.by_tag
                           OR (p.account_id = $1 AND p.deleted_at IS NULL AND {may_see_original()})
                           OR (f.target_id IS NOT NULL AND {belongs("p", "a", "f")}))
                   OFFSET 0) fits
             ORDER BY c.id DESC
             LIMIT $4) c
"""

_NEAR = f"""
    WITH {LENS}, {_CANDIDATES}, head AS (
        SELECT (SELECT id FROM horizon) AS horizon,
               (SELECT active_at FROM home_state WHERE account_id = $1) AS active_at,
               {proof("$7", "$1")} AS proven, {ONCE}
    )
    SELECT head.*, page.*
      FROM head
      LEFT JOIN ({glances_of(_JUDGED)}) page ON true
     ORDER BY page.ord
"""


async def near_glances(
    db: Connection, reader: AccountId, page: PageRequest, *, use_rows: bool, active_since: datetime, token: bytes | None
) -> list[Row]:
    """Rows of glances, newest first, each with horizon, active_at and `proven`; one row without a post for no page."""
    return await db.fetch(_NEAR, reader, page.max_id, page.above, page.limit, use_rows, active_since, token)


def is_complete(ids: list[int], limit: int, horizon: int) -> bool:
    """Whether nothing can be missing from a page of these ids."""
    return ids[-1] >= horizon if len(ids) == limit else horizon == 0
