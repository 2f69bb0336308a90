"""The SQL of media."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain.media.types import Media, Picture
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row

COLUMNS = """
    account_id, id, post_id, kind, state, key, files::text AS files, blurhash, description, focus_x, focus_y,
    size_bytes, created_at, source_key, percent, doing, problem, problem_code
"""


async def totals(db: Connection) -> list[Row]:
    """How many media there are, and how many bytes people sent for them, by kind and state."""
    return await db.fetch(
        """
        SELECT kind, state, count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes
          FROM media
         GROUP BY kind, state
         ORDER BY kind, state
        """
    )


async def unattached_count(db: Connection, owner: AccountId, since_id: int) -> int:
    """How many of the owner's uploads since that id belong to no post."""
    count = await db.fetchval(
        """
        SELECT count(*)
          FROM media
         WHERE account_id = $1
           AND id >= $2
           AND post_id IS NULL
        """,
        owner,
        since_id,
    )
    return int(count or 0)


async def new_media(
    tx: Connection,
    media_id: MediaId,
    owner: AccountId,
    *,
    key: str,
    description: str | None,
    focus: tuple[float, float],
    size_bytes: int,
    now: datetime,
    kind: str = "image",
    source_key: str | None = None,
) -> None:
    """A row for files that are about to be stored."""
    await tx.execute(
        """
        INSERT INTO media (account_id, id, kind, state, key, description, focus_x, focus_y, size_bytes, created_at,
                           source_key)
        VALUES ($1, $2, $9, 'processing', $3, $4, $5, $6, $7, $8, $10)
        """,
        owner, media_id, key, description, *focus, size_bytes, now, kind, source_key,
    )  # fmt: skip


async def ready_media(
    tx: Connection, media_id: MediaId, owner: AccountId, files: dict[str, Picture], blurhash: str | None
) -> Media | None:
    """The media whose files are stored now."""
    row = await tx.fetchrow(
        f"""
        UPDATE media
           SET state = 'ready', files = $3::jsonb, blurhash = $4
         WHERE account_id = $1
           AND id = $2
           AND state = 'processing'
        RETURNING {COLUMNS}
        """,
        owner,
        media_id,
        to_json(files),
        blurhash,
    )
    return media_of(row) if row else None


async def media_by_id(db: Connection, owner: AccountId, media_id: MediaId) -> Media | None:
    """One of the owner's uploads."""
    row = await db.fetchrow(f"SELECT {COLUMNS} FROM media WHERE account_id = $1 AND id = $2", owner, media_id)
    return media_of(row) if row else None


async def some_ready_keys(db: Connection, before: datetime, most: int) -> list[str]:
    """The keys of some uploads whose files were stored by then, by chance. Films take their time to be made."""
    rows = await db.fetch(
        """
        SELECT key
          FROM media
         WHERE state = 'ready'
           AND created_at < CASE WHEN kind = 'image' THEN $1::timestamptz ELSE $1::timestamptz - interval '1 day' END
         ORDER BY random()
         LIMIT $2
        """,
        before,
        most,
    )
    return [row["key"] for row in rows]


async def described(
    tx: Connection,
    owner: AccountId,
    media_id: MediaId,
    *,
    description: str | None,
    keep_description: bool,
    focus: tuple[float, float] | None,
) -> Media | None:
    """The upload with its new description and focus, unless a post has it already."""
    row = await tx.fetchrow(
        f"""
        UPDATE media
           SET description = CASE WHEN $4 THEN description ELSE $3 END,
               focus_x = coalesce($5, focus_x),
               focus_y = coalesce($6, focus_y)
         WHERE account_id = $1
           AND id = $2
           AND post_id IS NULL
           AND state <> 'failed'
        RETURNING {COLUMNS}
        """,
        owner,
        media_id,
        description,
        keep_description,
        *(focus or (None, None)),
    )
    return media_of(row) if row else None


async def locked_media(tx: Connection, owner: AccountId, media_ids: Sequence[MediaId]) -> dict[MediaId, Media]:
    """The owner's uploads among these, locked in the order of their ids, so that two posts never wait for each other."""
    rows = await tx.fetch(
        f"""
          SELECT {COLUMNS}
            FROM media
           WHERE account_id = $1
             AND id = ANY ($2::bigint[])
        ORDER BY id
             FOR UPDATE
        """,
        owner,
        media_ids,
    )
    return {row["id"]: media_of(row) for row in rows}


async def set_post(tx: Connection, owner: AccountId, media_ids: Sequence[MediaId], post_id: PostId) -> None:
    """These uploads belong to the post."""
    await tx.execute(
        "UPDATE media SET post_id = $3 WHERE account_id = $1 AND id = ANY ($2::bigint[])", owner, media_ids, post_id
    )


async def set_kept_until(tx: Connection, owner: AccountId, media_ids: Sequence[MediaId], until: datetime) -> None:
    """These uploads may wait for a post that long."""
    await tx.execute(
        "UPDATE media SET kept_until = $3 WHERE account_id = $1 AND id = ANY ($2::bigint[])", owner, media_ids, until
    )


async def waiting_media(db: Connection, owner: AccountId, media_ids: Sequence[MediaId]) -> list[Media]:
    """Those of the owner's ready uploads that belong to no post."""
    rows = await db.fetch(
        f"""
        SELECT {COLUMNS}
          FROM media
         WHERE account_id = $1 AND id = ANY ($2::bigint[]) AND post_id IS NULL AND state = 'ready'
        """,
        owner,
        media_ids,
    )
    return [media_of(row) for row in rows]


async def unset_post(tx: Connection, owner: AccountId, post_id: PostId, now: datetime) -> None:
    """The post's uploads belong to none, as if they were uploaded now."""
    await tx.execute(
        "UPDATE media SET post_id = NULL, created_at = $3 WHERE account_id = $1 AND post_id = $2", owner, post_id, now
    )


async def discarded(tx: Connection, owner: AccountId, media_id: MediaId) -> bool:
    """Whether it was an upload without a post; now it is one of long ago that was never taken."""
    return bool(
        await tx.fetchval(
            """
            UPDATE media
               SET state = 'failed', created_at = 'epoch', kept_until = NULL
             WHERE account_id = $1
               AND id = $2
               AND post_id IS NULL
               AND state <> 'failed'
            RETURNING true
            """,
            owner,
            media_id,
        )
    )


async def condemned(tx: Connection, before: datetime, limit: int, now: datetime) -> list[Row]:
    """Uploads that no post took in time; from now on none can."""
    return await tx.fetch(
        """
        UPDATE media
           SET state = 'failed'
         WHERE (account_id, id) IN (SELECT account_id, id
                                      FROM media
                                     WHERE post_id IS NULL
                                       AND created_at < $1
                                       AND (kept_until IS NULL OR kept_until < $3)
                                  ORDER BY created_at
                                     LIMIT $2
                                       FOR UPDATE SKIP LOCKED)
        RETURNING account_id, id, key, source_key
        """,
        before,
        limit,
        now,
    )


async def media_of_post(db: Connection, author: AccountId, post_id: PostId) -> list[Row]:
    """Uploads that belong to the post."""
    return await db.fetch(
        "SELECT account_id, id, key, source_key FROM media WHERE account_id = $1 AND post_id = $2", author, post_id
    )


async def owns_key(db: Connection, owner: AccountId, key: str) -> bool:
    """Whether one of the owner's uploads lies there."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM media WHERE account_id = $1 AND key = $2)", owner, key))


async def post_of(db: Connection, owner: AccountId, media_id: MediaId) -> PostId | None:
    """The post that the upload belongs to."""
    return await db.fetchval("SELECT post_id FROM media WHERE account_id = $1 AND id = $2", owner, media_id)


async def files_locked(db: Connection, owner: AccountId) -> bool:
    """Whether nobody else had the lock; it lasts beyond transactions, until it is given back or the connection ends."""
    return bool(await db.fetchval("SELECT pg_try_advisory_lock(7716, hashint8($1))", owner))


async def files_unlocked(db: Connection, owner: AccountId) -> None:
    await db.execute("SELECT pg_advisory_unlock(7716, hashint8($1))", owner)


async def posts_with_media(db: Connection, owner: AccountId, below: int, limit: int) -> list[PostId]:
    rows = await db.fetch(
        """
        SELECT DISTINCT post_id
          FROM media
         WHERE account_id = $1 AND post_id < $2
         ORDER BY post_id DESC
         LIMIT $3
        """,
        owner,
        below,
        limit,
    )
    return [PostId(row["post_id"]) for row in rows]


async def media_of_account(db: Connection, owner: AccountId, limit: int) -> list[Row]:
    """Some of the account's uploads."""
    return await db.fetch(
        "SELECT account_id, id, key, source_key FROM media WHERE account_id = $1 ORDER BY id LIMIT $2", owner, limit
    )


async def delete_media(tx: Connection, rows: Sequence[tuple[AccountId, MediaId]]) -> None:
    """These rows are gone."""
    await tx.execute(
        """
        DELETE FROM media
         WHERE (account_id, id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
        """,
        [account_id for account_id, _ in rows],
        [media_id for _, media_id in rows],
    )


def media_of(row: Row) -> Media:
    """A row of COLUMNS as a struct."""
    return Media(
        id=row["id"],
        account_id=row["account_id"],
        post_id=row["post_id"],
        kind=row["kind"],
        state=row["state"],
        key=row["key"],
        files=from_json(row["files"], dict[str, Picture]),
        blurhash=row["blurhash"],
        description=row["description"],
        focus_x=row["focus_x"],
        focus_y=row["focus_y"],
        size_bytes=row["size_bytes"],
        created_at=row["created_at"],
        source_key=row["source_key"],
        percent=row["percent"],
        doing=row["doing"],
        problem=row["problem"],
        problem_code=row["problem_code"],
    )
