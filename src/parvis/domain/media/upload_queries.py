"""The SQL of uploads that come in parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, MediaId
from parvis.domain.media.types import Upload
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row

_COLUMNS = """
    account_id, id, key, size_bytes, received_bytes, parts::text AS parts, description, media_id, expires_at
"""


async def open_count(db: Connection, owner: AccountId, now: datetime) -> int:
    """How many uploads the owner has begun and not finished."""
    return await db.fetchval(
        "SELECT count(*) FROM upload WHERE account_id = $1 AND media_id IS NULL AND expires_at > $2", owner, now
    )


async def new_upload(tx: Connection, upload: Upload) -> None:
    """A row for what is about to come."""
    await tx.execute(
        """
        INSERT INTO upload (account_id, id, key, size_bytes, description, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        upload.account_id,
        upload.id,
        upload.key,
        upload.size_bytes,
        upload.description,
        upload.expires_at,
    )


async def upload_by_id(db: Connection, owner: AccountId, upload_id: int, now: datetime) -> Upload | None:
    """One of the owner's uploads, unless its time is over."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM upload WHERE account_id = $1 AND id = $2 AND expires_at > $3", owner, upload_id, now
    )
    return _upload_of(row) if row else None


async def claimed(
    tx: Connection, owner: AccountId, upload_id: int, *, offset: int, writer: int, until: datetime, now: datetime
) -> Upload | None:
    """The upload, if it goes on at that offset and nobody else adds to it; from now on only the writer can."""
    row = await tx.fetchrow(
        f"""
        UPDATE upload
           SET writer = $4, writing_until = $5
         WHERE account_id = $1
           AND id = $2
           AND received_bytes = $3
           AND media_id IS NULL
           AND expires_at > $6
           AND (writing_until IS NULL OR writing_until <= $6)
        RETURNING {_COLUMNS}
        """,
        owner,
        upload_id,
        offset,
        writer,
        until,
        now,
    )
    return _upload_of(row) if row else None


async def keep_claim(tx: Connection, owner: AccountId, upload_id: int, writer: int, until: datetime) -> None:
    """The writer holds it for longer."""
    await tx.execute(
        "UPDATE upload SET writing_until = $4 WHERE account_id = $1 AND id = $2 AND writer = $3",
        owner,
        upload_id,
        writer,
        until,
    )


async def grown(
    tx: Connection, owner: AccountId, upload_id: int, writer: int, *, part: str | None, size_bytes: int
) -> Upload | None:
    """The upload with one more part, or none, free for the next writer; None when somebody else took it meanwhile."""
    row = await tx.fetchrow(
        f"""
        UPDATE upload
           SET received_bytes = received_bytes + $5,
               parts = CASE WHEN $4::text IS NULL THEN parts ELSE parts || jsonb_build_array($4) END,
               writer = NULL,
               writing_until = NULL
         WHERE account_id = $1
           AND id = $2
           AND writer = $3
        RETURNING {_COLUMNS}
        """,
        owner,
        upload_id,
        writer,
        part,
        size_bytes,
    )
    return _upload_of(row) if row else None


async def became(tx: Connection, owner: AccountId, upload_id: int, media_id: MediaId) -> bool:
    """Whether it became this media just now, and not another before."""
    return bool(
        await tx.fetchval(
            """
            UPDATE upload
               SET media_id = $3
             WHERE account_id = $1
               AND id = $2
               AND media_id IS NULL
            RETURNING true
            """,
            owner,
            upload_id,
            media_id,
        )
    )


async def ended(tx: Connection, owner: AccountId, upload_id: int) -> Upload | None:
    """The upload, which nobody can add to or finish any more: its row is gone."""
    row = await tx.fetchrow(
        f"DELETE FROM upload WHERE account_id = $1 AND id = $2 RETURNING {_COLUMNS}", owner, upload_id
    )
    return _upload_of(row) if row else None


async def expired(db: Connection, now: datetime, limit: int) -> Sequence[Upload]:
    """Uploads whose time is over and that nobody writes."""
    rows = await db.fetch(
        f"""
          SELECT {_COLUMNS}
            FROM upload
           WHERE expires_at <= $1
             AND (writing_until IS NULL OR writing_until <= $1)
        ORDER BY expires_at
           LIMIT $2
        """,
        now,
        limit,
    )
    return [_upload_of(row) for row in rows]


def _upload_of(row: Row) -> Upload:
    return Upload(
        account_id=row["account_id"],
        id=row["id"],
        key=row["key"],
        size_bytes=row["size_bytes"],
        received_bytes=row["received_bytes"],
        parts=from_json(row["parts"], list[str]),
        description=row["description"],
        media_id=row["media_id"],
        expires_at=row["expires_at"],
    )
