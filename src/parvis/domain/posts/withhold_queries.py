"""The SQL of what moderators do to posts."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, PostId
from parvis.infra.postgres import Connection, Row


async def bones(db: Connection, ids: Sequence[PostId]) -> list[Row]:
    """What those of the posts say that are there and no reposts, in the order asked."""
    return await db.fetch(
        """
        SELECT p.id, p.account_id, p.created_at, p.edited_at, coalesce(p.withheld_as, p.visibility) AS visibility,
               p.language, p.text, p.warning, coalesce(p.warned_as, p.sensitive) AS sensitive, p.attachments,
               o.options AS poll_options
          FROM unnest($1::bigint[]) WITH ORDINALITY AS i (id, ord)
          JOIN post_directory d ON d.id = i.id
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          LEFT JOIN poll o ON o.account_id = p.account_id AND o.post_id = p.id
         WHERE p.deleted_at IS NULL
           AND p.repost_of_id IS NULL
         ORDER BY i.ord
        """,
        ids,
    )


async def is_out_of_reach(db: Connection, author: AccountId, post_id: PostId) -> bool | None:
    """Whether nobody may reach its files: it is withheld, or all of its suspended author is, or its author has removed it and
    the files are evidence. None for a post of which nothing is left."""
    return await db.fetchval(
        """
        SELECT p.withheld_as IS NOT NULL OR p.deleted_at IS NOT NULL OR a.state >= 2
          FROM post p
          JOIN account a ON a.id = p.account_id
         WHERE p.account_id = $1 AND p.id = $2
        """,
        author,
        post_id,
    )


async def locked(tx: Connection, author: AccountId, post_id: PostId) -> Row | None:
    return await tx.fetchrow(
        """
        SELECT visibility, withheld_as, warned_as, in_reply_to_id, in_reply_to_account_id, quote_state, quote_of_id,
               quote_of_account_id
          FROM post
         WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL AND repost_of_id IS NULL
           FOR UPDATE
        """,
        author,
        post_id,
    )


async def withheld(tx: Connection, author: AccountId, post_id: PostId) -> None:
    await tx.execute(
        """
        UPDATE post SET withheld_as = visibility, visibility = 4, version = version + 1
         WHERE account_id = $1 AND id = $2
        """,
        author,
        post_id,
    )


async def restored(tx: Connection, author: AccountId, post_id: PostId) -> None:
    await tx.execute(
        """
        UPDATE post SET visibility = withheld_as, withheld_as = NULL, version = version + 1
         WHERE account_id = $1 AND id = $2
        """,
        author,
        post_id,
    )


async def replies_adopted(tx: Connection, post_id: PostId, visibility: int) -> None:
    """Answers to the post tell of it again what they told before."""
    await tx.execute("UPDATE post SET parent_visibility = $2 WHERE in_reply_to_id = $1", post_id, visibility)


async def warned(tx: Connection, author: AccountId, post_id: PostId, so: bool) -> None:
    """The post counts as sensitive, or as whatever it was before."""
    await tx.execute(
        """
        UPDATE post
           SET sensitive = $3::boolean OR warned_as, version = version + 1,
               warned_as = CASE WHEN $3::boolean THEN sensitive END
         WHERE account_id = $1 AND id = $2
        """,
        author,
        post_id,
        so,
    )
