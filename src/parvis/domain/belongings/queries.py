"""Reading what belongs to one person across the rooms below, and the rows of imports and archives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.belongings.tables import Kind
from parvis.domain.belongings.types import Archive, Import
from parvis.domain.posts.sight import may_see, may_see_original
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row

# ── taking along ──


async def followed(db: Connection, account_id: AccountId) -> list[Row]:
    """handle, domain, show_reposts, notify, languages of everybody the account follows, the first followed first."""
    return await db.fetch(
        """
        SELECT a.handle, a.domain, f.show_reposts, f.notify, f.languages
          FROM follow f
          JOIN account a ON a.id = f.target_id
         WHERE f.account_id = $1
           AND a.state < 3
         ORDER BY f.id
        """,
        account_id,
    )


async def blocked(db: Connection, account_id: AccountId) -> list[Row]:
    return await db.fetch(
        """
        SELECT a.handle, a.domain
          FROM block b
          JOIN account a ON a.id = b.target_id
         WHERE b.account_id = $1
           AND a.state < 3
         ORDER BY b.id
        """,
        account_id,
    )


async def muted(db: Connection, account_id: AccountId) -> list[Row]:
    """handle, domain, hide_notifications of whom the account mutes for good; what ends by itself is not taken along."""
    return await db.fetch(
        """
        SELECT a.handle, a.domain, m.hide_notifications
          FROM mute m
          JOIN account a ON a.id = m.target_id
         WHERE m.account_id = $1
           AND m.expires_at IS NULL
           AND a.state < 3
         ORDER BY m.id
        """,
        account_id,
    )


async def listed(db: Connection, account_id: AccountId) -> list[Row]:
    """title, handle, domain of everybody in each of the account's lists."""
    return await db.fetch(
        """
        SELECT l.title, a.handle, a.domain
          FROM list l
          JOIN list_member m ON m.account_id = l.account_id AND m.list_id = l.id
          JOIN account a ON a.id = m.member_id
         WHERE l.account_id = $1
           AND a.state < 3
         ORDER BY l.id, a.id
        """,
        account_id,
    )


async def bookmarked(db: Connection, account_id: AccountId) -> list[Row]:
    """id, handle of the posts among the account's bookmarks that it may still see."""
    return await db.fetch(
        f"""
        SELECT p.id, a.handle
          FROM bookmark k
          JOIN post_directory d ON d.id = k.post_id
          JOIN post p ON p.account_id = d.account_id AND p.id = k.post_id
          JOIN account a ON a.id = p.account_id
         WHERE k.account_id = $1
           AND {may_see()}
           AND {may_see_original()}
         ORDER BY k.id
        """,
        account_id,
    )


async def counts(db: Connection, account_id: AccountId) -> Row:
    """follows, blocks, mutes, lists, bookmarks: how many rows each table would have."""
    row = await db.fetchrow(
        """
        SELECT (SELECT count(*) FROM follow WHERE account_id = $1) AS follows,
               (SELECT count(*) FROM block WHERE account_id = $1) AS blocks,
               (SELECT count(*) FROM mute WHERE account_id = $1 AND expires_at IS NULL) AS mutes,
               (SELECT count(*) FROM list_member WHERE account_id = $1) AS lists,
               (SELECT count(*) FROM bookmark WHERE account_id = $1) AS bookmarks
        """,
        account_id,
    )
    assert row is not None
    return row


# ── bringing ──

_IMPORT = """
    id, kind, replaces, jsonb_array_length(rows) AS total, done, failures, failed, created_at, finished_at
"""


async def new_import(
    tx: Connection, account_id: AccountId, import_id: int, kind: Kind, replaces: bool, rows: str, now: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO data_import (account_id, id, kind, replaces, rows, created_at)
        VALUES ($1, $2, $3, $4, $5::text::jsonb, $6)
        """,
        account_id,
        import_id,
        kind,
        replaces,
        rows,
        now,
    )


async def imports(db: Connection, account_id: AccountId, limit: int) -> list[Import]:
    rows = await db.fetch(
        f"SELECT {_IMPORT} FROM data_import WHERE account_id = $1 ORDER BY id DESC LIMIT $2", account_id, limit
    )
    return [Import(**dict(row)) for row in rows]


async def open_imports(tx: Connection, account_id: AccountId) -> int:
    """How many of the account's imports are not finished; until the transaction ends nobody else begins one."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('import', $1))", account_id)
    return await tx.fetchval(
        "SELECT count(*) FROM data_import WHERE account_id = $1 AND finished_at IS NULL", account_id
    )


async def import_locked(tx: Connection, account_id: AccountId, import_id: int) -> tuple[Import, list[list[str]]] | None:
    """The import and its rows, held until the transaction ends; None when it is finished or gone."""
    row = await tx.fetchrow(
        f"""
        SELECT {_IMPORT}, rows::text AS table
          FROM data_import
         WHERE account_id = $1
           AND id = $2
           AND finished_at IS NULL
           FOR UPDATE
        """,
        account_id,
        import_id,
    )
    if row is None:
        return None
    values = dict(row)
    return Import(**{k: v for k, v in values.items() if k != "table"}), from_json(values["table"], list[list[str]])


async def import_advanced(
    tx: Connection, account_id: AccountId, import_id: int, done: int, failed: Sequence[str], keep: int
) -> None:
    await tx.execute(
        """
        UPDATE data_import
           SET done = $3,
               failures = failures + cardinality($4::text[]),
               failed = (failed || $4::text[])[1:$5]
         WHERE account_id = $1
           AND id = $2
        """,
        account_id,
        import_id,
        done,
        failed,
        keep,
    )


async def import_finished(tx: Connection, account_id: AccountId, import_id: int, now: datetime) -> None:
    await tx.execute(
        "UPDATE data_import SET finished_at = $3, rows = '[]' WHERE account_id = $1 AND id = $2 AND finished_at IS NULL",
        account_id,
        import_id,
        now,
    )


# ── archives ──

_ARCHIVE = "id, key, size_bytes, created_at, ready_at"


async def new_archive(tx: Connection, account_id: AccountId, archive_id: int, since: datetime, now: datetime) -> bool:
    """Whether there was none asked for since then; of two who ask at once one is refused."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('archive', $1))", account_id)
    return bool(
        await tx.fetchval(
            """
            INSERT INTO archive (account_id, id, created_at)
            SELECT $1::bigint, $2::bigint, $4::timestamptz
             WHERE NOT EXISTS (SELECT FROM archive WHERE account_id = $1 AND created_at > $3)
            RETURNING true
            """,
            account_id,
            archive_id,
            since,
            now,
        )
    )


async def archives(db: Connection, account_id: AccountId) -> list[Archive]:
    rows = await db.fetch(f"SELECT {_ARCHIVE} FROM archive WHERE account_id = $1 ORDER BY id DESC", account_id)
    return [Archive(**dict(row)) for row in rows]


async def archive_by_id(db: Connection, account_id: AccountId, archive_id: int) -> Archive | None:
    row = await db.fetchrow(f"SELECT {_ARCHIVE} FROM archive WHERE account_id = $1 AND id = $2", account_id, archive_id)
    return None if row is None else Archive(**dict(row))


async def archive_ready(
    tx: Connection, account_id: AccountId, archive_id: int, key: str, size_bytes: int, now: datetime
) -> bool:
    """Whether it was still wanted, and not ready before."""
    return bool(
        await tx.fetchval(
            """
            UPDATE archive
               SET key = $3, size_bytes = $4, ready_at = $5
             WHERE account_id = $1
               AND id = $2
               AND ready_at IS NULL
            RETURNING true
            """,
            account_id,
            archive_id,
            key,
            size_bytes,
            now,
        )
    )


async def old_archives(db: Connection, before: datetime, limit: int) -> list[Row]:
    """account_id, id, key of archives that were asked for before then."""
    return await db.fetch(
        "SELECT account_id, id, key FROM archive WHERE created_at < $1 ORDER BY created_at LIMIT $2", before, limit
    )


async def archive_deleted(tx: Connection, account_id: AccountId, archive_id: int) -> None:
    await tx.execute("DELETE FROM archive WHERE account_id = $1 AND id = $2", account_id, archive_id)


async def written(db: Connection, account_id: AccountId, after: PostId, limit: int) -> list[Row]:
    """What the account published, in order: id, created_at, edited_at, text, html, warning, language, visibility,
    in_reply_to_id, repost_of_id, tags, media (its kind, key, files, description as JSON)."""
    return await db.fetch(
        """
        SELECT p.id, p.created_at, p.edited_at, p.text, p.html, p.warning, p.language,
               coalesce(p.withheld_as, p.visibility) AS visibility, p.in_reply_to_id, p.repost_of_id, p.tags, p.sensitive,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('key', m.key, 'files', m.files, 'kind', m.kind,
                                                             'description', m.description) ORDER BY m.id), '[]')
                  FROM media m
                 WHERE m.account_id = p.account_id AND m.post_id = p.id AND m.state = 'ready')::text AS media
          FROM post p
         WHERE p.account_id = $1
           AND p.id > $2
           AND p.deleted_at IS NULL
         ORDER BY p.id
         LIMIT $3
        """,
        account_id,
        after,
        limit,
    )
