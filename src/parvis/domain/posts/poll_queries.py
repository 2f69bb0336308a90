"""The SQL of polls."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts.types import PollDraft
from parvis.infra.postgres import Connection, Row


def poll_of(post_account: str, post_id: str, viewer: str = "$1") -> str:
    """An expression: a poll and the viewer's vote as JSON text, for the post whose key these expressions are."""
    return f"""(
        SELECT json_build_object(
                   'options', pol.options, 'votes', pol.votes, 'voters', pol.voters, 'multiple', pol.multiple,
                   'hide_totals', pol.hide_totals, 'expires_at', pol.expires_at,
                   'own', (SELECT v.choices FROM poll_vote v WHERE v.account_id = {viewer} AND v.post_id = pol.post_id))::text
          FROM poll pol
         WHERE pol.account_id = {post_account} AND pol.post_id = {post_id})"""


async def replace_poll(
    tx: Connection, author: AccountId, post_id: PostId, poll: PollDraft, expires_at: datetime
) -> None:
    """The poll as given, without votes."""
    await tx.execute("DELETE FROM poll_vote WHERE post_id = $1", post_id)
    await tx.execute(
        """
        INSERT INTO poll (account_id, post_id, options, votes, multiple, hide_totals, expires_at)
        VALUES ($1, $2, $3, array_fill(0, ARRAY[cardinality($3::text[])]), $4, $5, $6)
            ON CONFLICT (account_id, post_id)
            DO UPDATE SET options = excluded.options, votes = excluded.votes, voters = 0,
                          multiple = excluded.multiple, hide_totals = excluded.hide_totals,
                          expires_at = excluded.expires_at
        """,
        author,
        post_id,
        list(poll.options),
        poll.multiple,
        poll.hide_totals,
        expires_at,
    )
    await tx.execute("UPDATE post SET has_poll = true WHERE account_id = $1 AND id = $2", author, post_id)


async def delete_poll(tx: Connection, author: AccountId, post_id: PostId) -> None:
    await tx.execute("DELETE FROM poll_vote WHERE post_id = $1", post_id)
    await tx.execute("DELETE FROM poll WHERE account_id = $1 AND post_id = $2", author, post_id)
    await tx.execute("UPDATE post SET has_poll = false WHERE account_id = $1 AND id = $2", author, post_id)


async def blank_options(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """The post's poll, if it has one, says nothing any more; how many chose what stays."""
    await tx.execute(
        """
        UPDATE poll SET options = array_fill(''::text, ARRAY[cardinality(options)]) WHERE account_id = $1 AND post_id = $2
        """,
        author,
        post_id,
    )


async def poll_end(db: Connection, author: AccountId, post_id: PostId) -> datetime | None:
    return await db.fetchval("SELECT expires_at FROM poll WHERE account_id = $1 AND post_id = $2", author, post_id)


async def poll_bones(db: Connection, author: AccountId, post_id: PostId) -> Row | None:
    return await db.fetchrow(
        "SELECT options, multiple, hide_totals, expires_at FROM poll WHERE account_id = $1 AND post_id = $2",
        author,
        post_id,
    )


async def locked_poll(tx: Connection, author: AccountId, post_id: PostId) -> Row | None:
    """The poll, held until the transaction ends: an edit and a vote must not pass each other."""
    return await tx.fetchrow(
        "SELECT options, multiple, expires_at FROM poll WHERE account_id = $1 AND post_id = $2 FOR UPDATE",
        author,
        post_id,
    )


async def insert_vote(tx: Connection, voter: AccountId, post_id: PostId, choices: list[int], now: datetime) -> bool:
    """Whether it is this voter's first."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO poll_vote (account_id, post_id, choices, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account_id, post_id) DO NOTHING
            RETURNING true
            """,
            voter,
            post_id,
            choices,
            now,
        )
    )


async def count_vote(tx: Connection, author: AccountId, post_id: PostId, choices: list[int]) -> None:
    await tx.execute(
        """
        UPDATE poll
           SET voters = voters + 1,
               votes = (SELECT array_agg(v + CASE WHEN n - 1 = ANY ($3::int[]) THEN 1 ELSE 0 END ORDER BY n)
                          FROM unnest(votes) WITH ORDINALITY AS t (v, n))
         WHERE account_id = $1 AND post_id = $2
        """,
        author,
        post_id,
        choices,
    )
