"""The SQL that keeps materialised home rows: written at publication, filled behind a follow, rebuilt, trimmed.

Two flags make it safe without locks on the write path: `follower.in_rows` tells fan-out to write an author's posts
for a reader, `follow.in_rows` tells the reader's page that those rows can be relied on. The first is committed before
rows are filled in, the second after, so that every post is written by one of the two.
"""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.infra.postgres import Connection


async def lock_reader(tx: Connection, reader: AccountId) -> None:
    """Until the transaction ends nobody else fills or clears this reader's rows."""
    await tx.execute("SELECT pg_advisory_xact_lock(7701, hashint8($1))", reader)


async def insert_entries(
    tx: Connection, author: AccountId, post_id: PostId, *, most_followers: int, active_since: datetime
) -> int | None:
    """The post is in the rows of every reader who gets this author by rows and was here lately; how many are new.

    None, and nothing is written, when the author has more than `most_followers` followers.
    """
    row = await tx.fetchrow(
        """
        WITH ordinary AS MATERIALIZED (
            SELECT FROM account_counter WHERE account_id = $1 AND followers <= $4
        ), written AS (
            INSERT INTO home_entry (account_id, post_id, author_id)
            SELECT w.follower_id, $2, $1
              FROM follower w
              JOIN home_state s ON s.account_id = w.follower_id AND s.active_at > $3
             WHERE w.account_id = $1 AND w.in_rows AND EXISTS (SELECT FROM ordinary)
             ORDER BY w.follower_id
                ON CONFLICT (account_id, post_id) DO NOTHING
            RETURNING 1
        )
        SELECT EXISTS (SELECT FROM ordinary) AS ordinary, (SELECT count(*) FROM written) AS count
        """,
        author,
        post_id,
        active_since,
        most_followers,
    )
    assert row is not None
    return row["count"] if row["ordinary"] else None


async def stop_relying(tx: Connection, author: AccountId, limit: int) -> int:
    """Up to `limit` readers get this author merged at read from now on (first of two steps)."""
    status = await tx.execute(
        """
        UPDATE follow f SET in_rows = false
          FROM (SELECT follower_id FROM follower WHERE account_id = $1 AND in_rows ORDER BY follower_id LIMIT $2) w
         WHERE f.account_id = w.follower_id AND f.target_id = $1
        """,
        author,
        limit,
    )
    return int(status.rpartition(" ")[2])


async def stop_writing(tx: Connection, author: AccountId) -> None:
    """Fan-out writes no more rows of this author for readers who merge them (second step)."""
    await tx.execute(
        """
        UPDATE follower w SET in_rows = false
          FROM follow f
         WHERE w.account_id = $1 AND w.in_rows
           AND f.account_id = w.follower_id AND f.target_id = $1 AND NOT f.in_rows
        """,
        author,
    )


async def start_writing(
    tx: Connection, reader: AccountId, *, most_followers: int, author: AccountId | None = None
) -> None:
    """Fan-out writes posts of the ordinary authors this reader follows (or of the one named) into the reader's rows."""
    await tx.execute(
        """
        UPDATE follower w SET in_rows = true
          FROM follow f
          JOIN account_counter c ON c.account_id = f.target_id AND c.followers <= $3
         WHERE f.account_id = $1 AND ($2::bigint IS NULL OR f.target_id = $2)
           AND w.account_id = f.target_id AND w.follower_id = $1 AND NOT w.in_rows
        """,
        reader,
        author,
        most_followers,
    )


async def begin_rows(tx: Connection, reader: AccountId, now: datetime) -> None:
    """The reader counts as active; the rows are not to be relied on until finished."""
    await tx.execute(
        """
        INSERT INTO home_state (account_id, active_at, ready, floor_id) VALUES ($1, $2, false, 0)
            ON CONFLICT (account_id) DO UPDATE SET active_at = $2, ready = false, floor_id = 0
        """,
        reader,
        now,
    )


async def touch(tx: Connection, reader: AccountId, now: datetime) -> None:
    """The reader was here just now."""
    await tx.execute("UPDATE home_state SET active_at = $2 WHERE account_id = $1", reader, now)


async def fill_all(tx: Connection, reader: AccountId, *, most_rows: int) -> None:
    """The newest `most_rows` posts of all authors got by rows are there, and the rows can be relied on above the floor."""
    await tx.execute("DELETE FROM home_entry WHERE account_id = $1", reader)
    await tx.execute(
        """
        WITH found AS (
            SELECT p.id, p.account_id
              FROM follower w
             CROSS JOIN LATERAL (
                    SELECT id, account_id FROM post
                     WHERE post.account_id = w.account_id AND deleted_at IS NULL
                     ORDER BY id DESC
                     LIMIT $2) p
             WHERE w.follower_id = $1 AND w.in_rows AND w.account_id = ANY (
                    SELECT target_id FROM follow WHERE account_id = $1)
             ORDER BY p.id DESC
             LIMIT $2
        ), written AS (
            INSERT INTO home_entry (account_id, post_id, author_id)
            SELECT $1, id, account_id FROM found
                ON CONFLICT (account_id, post_id) DO NOTHING
        )
        UPDATE home_state
           SET ready = true,
               floor_id = CASE WHEN (SELECT count(*) FROM found) < $2 THEN 0 ELSE (SELECT min(id) - 1 FROM found) END
         WHERE account_id = $1
        """,
        reader,
        most_rows,
    )
    await _rely(tx, reader, None)


async def fill_author(tx: Connection, reader: AccountId, author: AccountId, *, most_rows: int) -> bool:
    """One author's posts above the floor are in the reader's rows; false when the reader has no rows to rely on."""
    floor = await tx.fetchval("SELECT floor_id FROM home_state WHERE account_id = $1 AND ready", reader)
    if floor is None:
        return False
    count = await tx.fetchval(
        """
        WITH found AS (
            SELECT id FROM post
             WHERE account_id = $2 AND id > $3 AND deleted_at IS NULL
             ORDER BY id DESC
             LIMIT $4
        ), written AS (
            INSERT INTO home_entry (account_id, post_id, author_id)
            SELECT $1, id, $2 FROM found
             WHERE EXISTS (SELECT FROM follower WHERE account_id = $2 AND follower_id = $1 AND in_rows)
                ON CONFLICT (account_id, post_id) DO NOTHING
        )
        SELECT count(*) FROM found
        """,
        reader,
        author,
        floor,
        most_rows + 1,
    )
    if count > most_rows:  # more than the rows hold: merged at read until the next rebuild
        return False
    await _rely(tx, reader, author)
    return True


async def _rely(tx: Connection, reader: AccountId, author: AccountId | None) -> None:
    await tx.execute(
        """
        UPDATE follow f SET in_rows = true
          FROM follower w
         WHERE f.account_id = $1 AND ($2::bigint IS NULL OR f.target_id = $2) AND NOT f.in_rows
           AND w.account_id = f.target_id AND w.follower_id = $1 AND w.in_rows
        """,
        reader,
        author,
    )


async def forget_author(tx: Connection, reader: AccountId, author: AccountId) -> None:
    """The author's posts are out of the reader's rows, unless the reader follows them (again)."""
    await tx.execute(
        """
        DELETE FROM home_entry e
         WHERE e.account_id = $1 AND e.author_id = $2
           AND NOT EXISTS (SELECT FROM follow WHERE account_id = $1 AND target_id = $2)
        """,
        reader,
        author,
    )


async def forget_post(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """The post is in nobody's rows."""
    await tx.execute(
        """
        DELETE FROM home_entry e
         USING follower w
         WHERE w.account_id = $1 AND e.account_id = w.follower_id AND e.post_id = $2
        """,
        author,
        post_id,
    )


async def trim(tx: Connection, reader: AccountId, *, most_rows: int) -> None:
    """Only the newest `most_rows` rows are kept, and the floor stands where they end."""
    floor = await tx.fetchval(
        "SELECT post_id FROM home_entry WHERE account_id = $1 ORDER BY post_id DESC OFFSET $2 LIMIT 1",
        reader,
        most_rows,
    )
    if floor is not None:
        await tx.execute("UPDATE home_state SET floor_id = greatest(floor_id, $2) WHERE account_id = $1", reader, floor)
        await tx.execute("DELETE FROM home_entry WHERE account_id = $1 AND post_id <= $2", reader, floor)
