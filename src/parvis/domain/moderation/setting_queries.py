"""The SQL of settings that change while the place runs."""

from __future__ import annotations

from parvis.domain.moderation.types import SettingChange
from parvis.infra.postgres import Connection


async def changes_locked(tx: Connection) -> None:
    """Nobody else changes a setting until the transaction ends."""
    await tx.execute("LOCK TABLE setting_change IN SHARE ROW EXCLUSIVE MODE")


async def stored(db: Connection) -> dict[str, str | None]:
    """The newest value of each setting that was ever changed."""
    rows = await db.fetch("SELECT DISTINCT ON (name) name, value FROM setting_change ORDER BY name, id DESC")
    return {row["name"]: row["value"] for row in rows}


async def changed(tx: Connection, one: SettingChange) -> None:
    await tx.execute(
        "INSERT INTO setting_change (id, name, value, by_id, at) VALUES ($1, $2, $3, $4, $5)",
        one.id,
        one.name,
        one.value,
        one.by_id,
        one.at,
    )


async def changes(db: Connection, limit: int) -> list[SettingChange]:
    rows = await db.fetch("SELECT id, name, value, by_id, at FROM setting_change ORDER BY id DESC LIMIT $1", limit)
    return [SettingChange(**dict(row)) for row in rows]


async def change_by_id(db: Connection, change_id: int) -> SettingChange | None:
    row = await db.fetchrow("SELECT id, name, value, by_id, at FROM setting_change WHERE id = $1", change_id)
    return None if row is None else SettingChange(**dict(row))
