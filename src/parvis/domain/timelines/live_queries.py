"""The SQL of live streams: one statement a post and process says for whom it is."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts.sight import is_silenced, may_see
from parvis.domain.timelines.queries import is_at_home
from parvis.infra.postgres import Connection, Row


async def followed(db: Connection, account: AccountId) -> set[AccountId]:
    """Whom the account follows."""
    return {row["target_id"] for row in await db.fetch("SELECT target_id FROM follow WHERE account_id = $1", account)}


# $1 the post, $2 readers whose home it may belong in, $3 others who would see it on a public page.
_PUBLISHED = f"""
SELECT p.visibility = 0 AND p.repost_of_id IS NULL AND a.state = 0 AS listed_by_tag,
       p.visibility = 0 AND p.repost_of_id IS NULL AND a.state = 0 AND a.domain IS NULL
           AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id) AS listed,
       p.attachments <> '[]' AS with_media,
       ARRAY (SELECT t.tag FROM post_tag t WHERE t.post_id = p.id AND t.account_id = p.account_id) AS tags,
       ARRAY (SELECT v.id
                FROM unnest($2::bigint[]) AS v (id)
                LEFT JOIN follow f ON f.account_id = v.id AND f.target_id = p.account_id
               WHERE {is_at_home("v.id")}) AS home,
       ARRAY (SELECT v.id
                FROM unnest($3::bigint[]) AS v (id)
               WHERE p.visibility = 0
                 AND {may_see(viewer="v.id")}
                 AND NOT {is_silenced("p.account_id", "v.id")}) AS others
  FROM post_directory d
  JOIN post p ON p.account_id = d.account_id AND p.id = d.id
  JOIN account a ON a.id = p.account_id
 WHERE d.id = $1
   AND p.deleted_at IS NULL
"""


async def audience(
    db: Connection, post_id: PostId, readers: Sequence[AccountId], others: Sequence[AccountId | None]
) -> Row | None:
    """Where the post is listed (`listed`, `listed_by_tag`, `tags`, `with_media`), those of the readers who have it in
    their home, and those of the others who may and want to see it (null: a stranger); None when it is gone."""
    return await db.fetchrow(_PUBLISHED, post_id, readers, others)


# Only an id is told of a removed post, but even that only to those from whom the post was not hidden.
_REMOVED = """
SELECT p.visibility = 0 AND p.repost_of_id IS NULL AS listed,
       p.tags,
       ARRAY (SELECT v.id
                FROM unnest($2::bigint[]) AS v (id)
               WHERE v.id = p.account_id
                  OR v.id = ANY (p.mentioned_ids)
                  OR (p.visibility < 3
                      AND EXISTS (SELECT FROM follow WHERE account_id = v.id AND target_id = p.account_id))) AS home
  FROM post_directory d
  JOIN post p ON p.account_id = d.account_id AND p.id = d.id
 WHERE d.id = $1
   AND p.deleted_at IS NOT NULL
"""


async def former_audience(db: Connection, post_id: PostId, readers: Sequence[AccountId]) -> Row | None:
    """Where the removed post was listed (`listed`, `tags` as written) and those of the readers who may have had it at
    home; None when it was never there."""
    return await db.fetchrow(_REMOVED, post_id, readers)
