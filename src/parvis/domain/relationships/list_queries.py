"""The SQL of lists. `follow.apart` is kept in step: true while its target is in an exclusive list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, ListId
from parvis.base.pages import PageRequest
from parvis.infra.postgres import Connection, Row


async def locked(tx: Connection, account_id: AccountId) -> None:
    """Until the transaction ends nobody else changes this account's lists."""
    await tx.execute("SELECT pg_advisory_xact_lock(7703, hashint8($1))", account_id)


async def lists(db: Connection, account_id: AccountId) -> list[Row]:
    return await db.fetch(
        "SELECT id, title, replies, exclusive FROM list WHERE account_id = $1 ORDER BY id", account_id
    )


async def list_by_id(db: Connection, account_id: AccountId, list_id: ListId) -> Row | None:
    return await db.fetchrow(
        "SELECT id, title, replies, exclusive FROM list WHERE account_id = $1 AND id = $2", account_id, list_id
    )


async def lists_having(db: Connection, account_id: AccountId, member_id: AccountId) -> list[Row]:
    return await db.fetch(
        """
        SELECT l.id, l.title, l.replies, l.exclusive
          FROM list_member m
          JOIN list l ON l.account_id = m.account_id AND l.id = m.list_id
         WHERE m.account_id = $1 AND m.member_id = $2
         ORDER BY l.id
        """,
        account_id,
        member_id,
    )


async def members(db: Connection, account_id: AccountId, list_id: ListId, page: PageRequest) -> list[Row]:
    """member_id of those in the list, the highest first."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT m.member_id
          FROM list_member m
          JOIN account a ON a.id = m.member_id AND a.state < 3
         WHERE m.account_id = $1 AND m.list_id = $2
           AND ($3::bigint IS NULL OR m.member_id < $3)
           AND ($4::bigint IS NULL OR m.member_id > $4)
         ORDER BY m.member_id {order}
         LIMIT $5
        """,
        account_id,
        list_id,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows


async def member_ids(db: Connection, account_id: AccountId, list_id: ListId) -> list[AccountId]:
    rows = await db.fetch(
        "SELECT member_id FROM list_member WHERE account_id = $1 AND list_id = $2", account_id, list_id
    )
    return [row["member_id"] for row in rows]


async def new_list(
    tx: Connection, account_id: AccountId, list_id: ListId, *, title: str, replies: str, exclusive: bool, now: datetime
) -> Row:
    row = await tx.fetchrow(
        """
        INSERT INTO list (account_id, id, title, replies, exclusive, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id, title, replies, exclusive
        """,
        account_id,
        list_id,
        title,
        replies,
        exclusive,
        now,
    )
    assert row is not None
    return row


async def list_changed(
    tx: Connection,
    account_id: AccountId,
    list_id: ListId,
    *,
    title: str | None,
    replies: str | None,
    exclusive: bool | None,
) -> Row | None:
    """The list as wanted; None when there is no such list."""
    return await tx.fetchrow(
        """
        UPDATE list
           SET title = coalesce($3, title), replies = coalesce($4, replies), exclusive = coalesce($5, exclusive)
         WHERE account_id = $1 AND id = $2
        RETURNING id, title, replies, exclusive
        """,
        account_id,
        list_id,
        title,
        replies,
        exclusive,
    )


async def list_deleted(tx: Connection, account_id: AccountId, list_id: ListId) -> bool:
    """Whether there was such a list. Its members have gone with it."""
    return bool(
        await tx.fetchval(
            """
            WITH emptied AS (
                DELETE FROM list_member WHERE account_id = $1 AND list_id = $2
            )
            DELETE FROM list WHERE account_id = $1 AND id = $2 RETURNING true
            """,
            account_id,
            list_id,
        )
    )


async def may_be_members(tx: Connection, account_id: AccountId, wanted: Sequence[AccountId]) -> set[AccountId]:
    """Those of the wanted whom the account follows (nobody unfollows them until our commit), asks to follow, or is."""
    rows = await tx.fetch(
        """
        WITH followed AS (
            SELECT target_id FROM follow WHERE account_id = $1 AND target_id = ANY ($2::bigint[]) FOR UPDATE
        )
        SELECT target_id FROM followed
         UNION
        SELECT account_id FROM follow_request WHERE requester_id = $1 AND account_id = ANY ($2::bigint[])
         UNION
        SELECT $1 WHERE $1 = ANY ($2::bigint[])
        """,
        account_id,
        wanted,
    )
    return {row["target_id"] for row in rows}


async def members_added(tx: Connection, account_id: AccountId, list_id: ListId, new: Sequence[AccountId]) -> None:
    await tx.execute(
        """
        INSERT INTO list_member (account_id, list_id, member_id)
        SELECT $1, $2, id FROM unnest($3::bigint[]) AS m (id)
            ON CONFLICT (account_id, list_id, member_id) DO NOTHING
        """,
        account_id,
        list_id,
        new,
    )


async def members_dropped(tx: Connection, account_id: AccountId, list_id: ListId, old: Sequence[AccountId]) -> None:
    await tx.execute(
        "DELETE FROM list_member WHERE account_id = $1 AND list_id = $2 AND member_id = ANY ($3::bigint[])",
        account_id,
        list_id,
        old,
    )


async def memberships_deleted(tx: Connection, account_id: AccountId, member_id: AccountId) -> None:
    """The member is in no list of the account."""
    await tx.execute("DELETE FROM list_member WHERE account_id = $1 AND member_id = $2", account_id, member_id)


def in_exclusive_list(account: str, member: str) -> str:
    """A condition that holds when the member (an expression of an id) is in an exclusive list of the account."""
    return f"""EXISTS (
        SELECT FROM list_member exc_m
          JOIN list exc_l ON exc_l.account_id = exc_m.account_id AND exc_l.id = exc_m.list_id AND exc_l.exclusive
         WHERE exc_m.account_id = {account} AND exc_m.member_id = {member})"""


async def set_apart(tx: Connection, account_id: AccountId, targets: Sequence[AccountId]) -> None:
    """The account's follows of these targets say truly whether they are in an exclusive list."""
    if targets:
        await tx.execute(
            f"""
            UPDATE follow f
               SET apart = NOT apart
             WHERE f.account_id = $1 AND f.target_id = ANY ($2::bigint[])
               AND f.apart <> {in_exclusive_list("f.account_id", "f.target_id")}
            """,
            account_id,
            targets,
        )
