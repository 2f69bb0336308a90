"""The SQL of live streams: one statement a post and process says for whom it is."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, ListId, PostId
from parvis.domain.posts.sight import blocks, is_silenced, may_see
from parvis.domain.timelines.list_queries import belongs_to_list
from parvis.domain.timelines.queries import belongs_by_tag, has_followed_tag, is_at_home
from parvis.infra.postgres import Connection, Row


async def followed(db: Connection, account: AccountId) -> tuple[list[AccountId], bool]:
    """Whom the account follows, and whether it follows hashtags."""
    row = await db.fetchrow(
        """
        SELECT ARRAY (SELECT target_id FROM follow WHERE account_id = $1) AS authors,
               EXISTS (SELECT FROM tag_follow WHERE account_id = $1) AS by_tag
        """,
        account,
    )
    assert row is not None
    return row["authors"], row["by_tag"]


async def owned_lists(db: Connection, account: AccountId, wanted: Sequence[ListId]) -> set[ListId]:
    """Those of the lists that are the account's."""
    rows = await db.fetch("SELECT id FROM list WHERE account_id = $1 AND id = ANY ($2::bigint[])", account, wanted)
    return {row["id"] for row in rows}


# $1 the post, $2 readers whose home it may belong in, $3 others who would see it on a public page, $4 readers whose home
# it may belong in for its hashtags, $5 and $6 owners and ids of lists.
_PUBLISHED = f"""
SELECT p.visibility = 0 AND p.repost_of_id IS NULL AND a.state = 0 AS listed_by_tag,
       p.visibility = 0 AND p.repost_of_id IS NULL AND a.state = 0 AND a.domain IS NULL
           AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id) AS listed,
       p.attachments <> '[]' AS with_media,
       ARRAY (SELECT t.tag FROM post_tag t WHERE t.post_id = p.id AND t.account_id = p.account_id) AS tags,
       ARRAY (SELECT v.id
                FROM unnest($2::bigint[]) AS v (id)
                LEFT JOIN follow f ON f.account_id = v.id AND f.target_id = p.account_id
               WHERE {is_at_home("v.id")})
       || ARRAY (SELECT v.id
                   FROM unnest($4::bigint[]) AS v (id)
                  WHERE {has_followed_tag("p", "v.id")} AND {belongs_by_tag("p", "a", "v.id", lens=False)}) AS home,
       ARRAY (SELECT l.id
                FROM unnest($5::bigint[], $6::bigint[]) AS v (id, list_id)
                JOIN list l ON l.account_id = v.id AND l.id = v.list_id
                JOIN list_member w ON w.account_id = v.id AND w.list_id = v.list_id AND w.member_id = p.account_id
                LEFT JOIN follow f ON f.account_id = v.id AND f.target_id = p.account_id
               WHERE {belongs_to_list("v.id", lens=False)}) AS lists,
       ARRAY (SELECT v.id
                FROM unnest($3::bigint[]) AS v (id)
               WHERE p.visibility = 0    -- on no public stream: whoever listens need not be looked at
                 AND p.repost_of_id IS NULL
                 AND a.state = 0
                 AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id
                      OR EXISTS (SELECT FROM post_tag t WHERE t.post_id = p.id AND t.account_id = p.account_id))
                 AND {may_see(viewer="v.id")}
                 AND NOT {is_silenced("p.account_id", "v.id")}) AS others
  FROM post_directory d
  JOIN post p ON p.account_id = d.account_id AND p.id = d.id
  JOIN account a ON a.id = p.account_id
 WHERE d.id = $1
   AND p.deleted_at IS NULL
"""


async def audience(
    db: Connection,
    post_id: PostId,
    readers: Sequence[AccountId],
    others: Sequence[AccountId | None],
    readers_by_tag: Sequence[AccountId] = (),
    lists: Sequence[tuple[AccountId, ListId]] = (),
) -> Row | None:
    """Where the post is listed (`listed`, `listed_by_tag`, `tags`, `with_media`), those of the readers who have it in
    their home, those of the others who may and want to see it (null: a stranger), ids of those of the (owner, list) pairs
    in which it belongs; None when it is gone."""
    owners, ids = [owner for owner, _ in lists], [list_id for _, list_id in lists]
    return await db.fetchrow(_PUBLISHED, post_id, readers, others, readers_by_tag, owners, ids)


# Only an id is told of a removed post, but even that only to those from whom the post was not hidden.
_HAD = f"""(
    (v.id = p.account_id AND p.deleted_at IS NOT NULL)  -- what is withheld its author keeps
    OR ((v.id = ANY (p.mentioned_ids)
         OR (coalesce(p.withheld_as, p.visibility) < 3
             AND EXISTS (SELECT FROM follow WHERE account_id = v.id AND target_id = p.account_id)))
        AND NOT {blocks("p.account_id", "v.id")}))"""
_REMOVED = f"""
SELECT coalesce(p.withheld_as, p.visibility) = 0 AND p.repost_of_id IS NULL AS listed,
       p.tags,
       ARRAY (SELECT v.id
                FROM unnest($2::bigint[]) AS v (id)
               WHERE {_HAD}) AS home,
       ARRAY (SELECT w.list_id
                FROM unnest($3::bigint[], $4::bigint[]) AS v (id, list_id)
                JOIN list_member w ON w.account_id = v.id AND w.list_id = v.list_id AND w.member_id = p.account_id
               WHERE {_HAD}) AS lists,
       ARRAY (SELECT v.id FROM unnest($5::bigint[]) AS v (id) WHERE NOT {blocks("p.account_id", "v.id")}) AS others
  FROM post_directory d
  JOIN post p ON p.account_id = d.account_id AND p.id = d.id
 WHERE d.id = $1
   AND (p.deleted_at IS NOT NULL OR p.withheld_as IS NOT NULL)
"""


async def former_audience(
    db: Connection,
    post_id: PostId,
    readers: Sequence[AccountId],
    lists: Sequence[tuple[AccountId, ListId]],
    others: Sequence[AccountId | None],
) -> Row | None:
    """Where the removed or withheld post was listed (`listed`, `tags` as written), those of the readers who may have had it,
    ids of those of the (owner, list) pairs in which it may have been, those of the others from whom public posts of its
    author are not hidden; None when it was never there."""
    owners, ids = [owner for owner, _ in lists], [list_id for _, list_id in lists]
    return await db.fetchrow(_REMOVED, post_id, readers, owners, ids, others)


async def following_tags(db: Connection, readers: Sequence[AccountId], tags: Sequence[str]) -> list[AccountId]:
    """Those of the readers who follow one of the folded tags."""
    rows = await db.fetch(
        "SELECT DISTINCT account_id FROM tag_follow WHERE account_id = ANY ($1::bigint[]) AND tag = ANY ($2::text[])",
        readers,
        tags,
    )
    return [row["account_id"] for row in rows]
