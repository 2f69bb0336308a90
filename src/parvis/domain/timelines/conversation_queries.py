"""The SQL of direct conversations: who has which, with whom, and what was said last."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, ConversationId, PostId
from parvis.base.pages import PageRequest
from parvis.domain.posts.sight import is_silenced, may_see
from parvis.infra.postgres import Connection, Row


def _others(post: str, account: str) -> str:
    """Everybody whom the post names and its author, but for the account itself, in order."""
    return f"""ARRAY (
        SELECT DISTINCT oth.id
          FROM unnest({post}.mentioned_ids || {post}.account_id) AS oth (id)
         WHERE oth.id <> {account}
         ORDER BY oth.id)"""


async def concerned(db: Connection, author: AccountId, post_id: PostId) -> list[AccountId]:
    """People of this place who list the conversation of this post: none for one that is not for mentioned people."""
    rows = await db.fetch(
        f"""
        SELECT DISTINCT v.id
          FROM post p
          JOIN account a ON a.id = p.account_id
         CROSS JOIN unnest(p.mentioned_ids || p.account_id) AS v (id)
          JOIN login l ON l.account_id = v.id
         WHERE p.account_id = $1 AND p.id = $2 AND p.visibility = 3
           AND {may_see(viewer="v.id")}
           AND NOT {is_silenced("p.account_id", "v.id")}
        """,
        author,
        post_id,
    )
    return [row["id"] for row in rows]


async def add(
    tx: Connection, author: AccountId, post_id: PostId, new: Sequence[tuple[AccountId, ConversationId]]
) -> list[Row]:
    """account_id and id of the conversations in which this post is now the last; it was not before.

    `new` has an id for each account in case the conversation is new. What one writes oneself leaves nothing unread, nor
    does what belongs to a thread one has muted.
    """
    return await tx.fetch(
        f"""
        INSERT INTO conversation AS c (account_id, id, thread_id, participant_ids, last_post_id, unread)
        SELECT v.account_id, v.id, p.thread_id, {_others("p", "v.account_id")}, p.id,
               v.account_id <> p.account_id AND NOT EXISTS (
                   SELECT FROM thread_mute t WHERE t.account_id = v.account_id AND t.thread_id = p.thread_id)
          FROM unnest($3::bigint[], $4::bigint[]) AS v (account_id, id)
          JOIN post p ON p.account_id = $1 AND p.id = $2
         ORDER BY v.account_id
            ON CONFLICT (account_id, thread_id, participant_ids) DO UPDATE
           SET last_post_id = excluded.last_post_id, unread = excluded.unread
         WHERE c.last_post_id < excluded.last_post_id
        RETURNING account_id, id
        """,
        author,
        post_id,
        [account for account, _ in new],
        [conversation for _, conversation in new],
    )


async def replace_last(tx: Connection, post_id: PostId) -> None:
    """Conversations that ended with this post end with what was said before, if it does not belong to them any more."""
    await tx.execute(
        f"""
        WITH found AS (
            SELECT c.account_id, c.id,
                   (SELECT max(p.id)
                      FROM post p
                     WHERE p.thread_id = c.thread_id AND p.visibility = 3 AND p.deleted_at IS NULL
                       AND p.repost_of_id IS NULL AND c.account_id = ANY (p.mentioned_ids || p.account_id)
                       AND {_others("p", "c.account_id")} = c.participant_ids) AS last_id
              FROM post_directory d
              JOIN post gone ON gone.account_id = d.account_id AND gone.id = d.id
              JOIN conversation c ON c.thread_id = gone.thread_id AND c.last_post_id = gone.id
             WHERE d.id = $1
               FOR UPDATE OF c
        ), emptied AS (
            DELETE FROM conversation c USING found f
             WHERE c.account_id = f.account_id AND c.id = f.id AND f.last_id IS NULL
        )
        UPDATE conversation c
           SET last_post_id = f.last_id
          FROM found f
         WHERE c.account_id = f.account_id AND c.id = f.id AND f.last_id <> c.last_post_id
        """,
        post_id,
    )


_COLUMNS = "c.id, c.participant_ids, c.last_post_id, c.unread"
# Nothing whose last words are out of sight, or come from somebody blocked or muted.
_SHOWN = f"""
      JOIN post_directory d ON d.id = c.last_post_id
      JOIN post p ON p.account_id = d.account_id AND p.id = d.id
      JOIN account a ON a.id = p.account_id
     WHERE c.account_id = $1 AND {may_see()} AND NOT {is_silenced("p.account_id")}
"""


async def page_of(db: Connection, account: AccountId, page: PageRequest) -> list[Row]:
    """The account's conversations, those with the newest last posts first."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS}
          FROM conversation c
          {_SHOWN}
           AND ($2::bigint IS NULL OR c.last_post_id < $2)
           AND ($3::bigint IS NULL OR c.last_post_id > $3)
         ORDER BY c.last_post_id {order}
         LIMIT $4
        """,
        account,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows


async def by_id(db: Connection, account: AccountId, conversation_id: ConversationId) -> Row | None:
    return await db.fetchrow(f"SELECT {_COLUMNS} FROM conversation c {_SHOWN} AND c.id = $2", account, conversation_id)


async def set_unread(tx: Connection, account: AccountId, conversation_id: ConversationId, unread: bool) -> None:
    await tx.execute(
        "UPDATE conversation SET unread = $3 WHERE account_id = $1 AND id = $2", account, conversation_id, unread
    )


async def delete(tx: Connection, account: AccountId, conversation_id: ConversationId) -> bool:
    """Whether there was one."""
    return bool(
        await tx.fetchval(
            "DELETE FROM conversation WHERE account_id = $1 AND id = $2 RETURNING true", account, conversation_id
        )
    )
