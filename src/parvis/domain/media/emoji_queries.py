"""Emoji of this place."""

from __future__ import annotations

from datetime import datetime

from parvis.infra.emoji import Emoji
from parvis.infra.postgres import Connection


async def every(db: Connection) -> list[Emoji]:
    """Those that are shown."""
    rows = await db.fetch(
        "SELECT shortcode, key, category, listed FROM custom_emoji WHERE disabled_at IS NULL ORDER BY shortcode"
    )
    return [Emoji(**dict(row)) for row in rows]


async def resting(db: Connection) -> list[Emoji]:
    """Those that are shown nowhere."""
    rows = await db.fetch(
        "SELECT shortcode, key, category, listed FROM custom_emoji WHERE disabled_at IS NOT NULL ORDER BY shortcode"
    )
    return [Emoji(**dict(row)) for row in rows]


async def disabled(tx: Connection, shortcode: str, at: datetime | None) -> bool:
    """Whether there is one; it rests since then, or (None) is shown again."""
    return bool(
        await tx.fetchval("UPDATE custom_emoji SET disabled_at = $2 WHERE shortcode = $1 RETURNING true", shortcode, at)
    )


async def others(tx: Connection, shortcode: str) -> int:
    """How many there are but this one; nobody else adds any until the transaction ends."""
    await tx.execute("LOCK TABLE custom_emoji IN SHARE ROW EXCLUSIVE MODE")
    return await tx.fetchval("SELECT count(*) FROM custom_emoji WHERE shortcode <> $1", shortcode)


async def stored(tx: Connection, new: Emoji, now: datetime) -> str | None:
    """The emoji is there; the key of the file that stood for its shortcode before."""
    before = await tx.fetchval("SELECT key FROM custom_emoji WHERE shortcode = $1 FOR UPDATE", new.shortcode)
    await tx.execute(
        """
        INSERT INTO custom_emoji (shortcode, key, category, listed, created_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (shortcode)
            DO UPDATE SET key = excluded.key, category = excluded.category, listed = excluded.listed,
                          disabled_at = NULL
        """,
        new.shortcode,
        new.key,
        new.category,
        new.listed,
        now,
    )
    return before


async def deleted(tx: Connection, shortcode: str) -> str | None:
    """The key of the file that stood for it."""
    return await tx.fetchval("DELETE FROM custom_emoji WHERE shortcode = $1 RETURNING key", shortcode)
