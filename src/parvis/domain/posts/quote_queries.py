"""The SQL of quotes: what a viewer meets where a post quotes another, and what is written about it."""

from __future__ import annotations

from parvis.base.ids import AccountId, PostId
from parvis.base.pages import PageRequest
from parvis.domain.posts.sight import is_silenced, may_see
from parvis.infra.postgres import Connection, Row

ACCEPTED, REVOKED = 1, 3


def quote_seen(post: str = "p", viewer: str = "$1") -> str:
    """An expression: the number of a state of `types.QUOTE_STATES`, as the viewer meets the quote; null without one.

    Only the state `accepted` says that the viewer may see what is quoted; all others stand alone.
    """
    return f"""
        CASE WHEN {post}.quote_state = {ACCEPTED} THEN coalesce((
             SELECT CASE WHEN qs.deleted_at IS NOT NULL THEN 4
                         WHEN NOT {may_see("qs", "qsa", viewer)} THEN 5
                         WHEN EXISTS (SELECT FROM block qs_b
                                       WHERE qs_b.account_id = {viewer}::bigint AND qs_b.target_id = qs.account_id) THEN 6
                         WHEN EXISTS (SELECT FROM domain_block qs_d
                                       WHERE qs_d.account_id = {viewer}::bigint AND qs_d.domain = qsa.domain) THEN 7
                         WHEN {is_silenced("qs.account_id", viewer)} THEN 8
                         ELSE {ACCEPTED} END
               FROM post qs
               JOIN account qsa ON qsa.id = qs.account_id
              WHERE qs.account_id = {post}.quote_of_account_id AND qs.id = {post}.quote_of_id), 4)
             ELSE {post}.quote_state END"""


def may_quote(post: str = "p", viewer: str = "$1") -> str:
    """An expression: whether the viewer, who sees the post, may quote it. The same as `rules.may_quote`."""
    return f"""
        CASE WHEN {viewer}::bigint IS NULL THEN false
             WHEN {post}.account_id = {viewer}::bigint THEN {post}.visibility < 3
             WHEN {post}.visibility > 1 OR {post}.quote_policy > 1 THEN false
             WHEN {post}.quote_policy = 0 THEN true
             ELSE EXISTS (SELECT FROM follow mq_f
                           WHERE mq_f.account_id = {viewer}::bigint AND mq_f.target_id = {post}.account_id) END"""


async def quotable(tx: Connection, post_id: PostId, viewer: AccountId) -> Row | None:
    """id, account_id, visibility, repost_of_id and may_quote of a post that the viewer may see."""
    return await tx.fetchrow(
        f"""
        SELECT p.id, p.account_id, p.visibility, p.repost_of_id, {may_quote()} AS may_quote
          FROM post_directory d
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
         WHERE d.id = $2 AND {may_see()}
        """,
        viewer,
        post_id,
    )


async def policy_set(tx: Connection, author: AccountId, post_id: PostId, policy: int) -> bool:
    """Whether it is a post of the author's; those that are not for everybody stay closed."""
    return bool(
        await tx.fetchval(
            """
            UPDATE post
               SET quote_policy = CASE WHEN visibility > 1 THEN 2 ELSE $3 END, version = version + 1
             WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL AND repost_of_id IS NULL
            RETURNING true
            """,
            author,
            post_id,
            policy,
        )
    )


async def revoked(tx: Connection, post_id: PostId, quoting_id: PostId, viewer: AccountId) -> Row | None:
    """account_id and visibility of the quoting post, which the viewer sees and which shows the post no more."""
    return await tx.fetchrow(
        f"""
        UPDATE post
           SET quote_state = {REVOKED}, version = post.version + 1
          FROM post_directory d
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
         WHERE d.id = $3 AND p.quote_of_id = $2 AND p.quote_state = {ACCEPTED} AND {may_see()}
           AND post.account_id = p.account_id AND post.id = p.id AND post.quote_state = {ACCEPTED}
        RETURNING post.account_id, post.visibility
        """,
        viewer,
        post_id,
        quoting_id,
    )


async def quoting(db: Connection, post_id: PostId, viewer: AccountId | None, page: PageRequest) -> list[Row]:
    """Ids of the posts that quote the post and that the viewer may see, newest first, without those they silenced."""
    return await db.fetch(
        f"""
        SELECT p.id
          FROM post p
          JOIN account a ON a.id = p.account_id
         WHERE p.quote_of_id = $2 AND p.quote_state = {ACCEPTED} AND {may_see()}
           AND ($1::bigint IS NULL OR NOT {is_silenced("p.account_id")})
           AND ($3::bigint IS NULL OR p.id < $3)
           AND ($4::bigint IS NULL OR p.id > $4)
         ORDER BY p.id DESC
         LIMIT $5
        """,
        viewer,
        post_id,
        page.max_id,
        page.above,
        page.limit,
    )
