"""The journal in a kit: whether it goes on where the database is."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg

from parvis.infra.engines.kit import PARTIAL, SEGMENT, BackupFailed

_XLOG_ID = 1 << 32  # bytes of the journal that the second of the three numbers in a segment's name counts


async def check_leads_here(db: asyncpg.Connection, kept: Collection[str], wal: str) -> None:
    """What is kept there, files of these names, can be gone on with. After a restore to a moment it cannot: what came later
    was taken back, and PostgreSQL's receiver would ask for it again and again. Raises: BackupFailed."""
    where = await db.fetchrow(
        """
        SELECT pg_walfile_name(pg_current_wal_flush_lsn()) AS name,
               (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint AS position,
               (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS segment_bytes
        """
    )
    assert where is not None
    line = int(where["name"][:8], 16)
    forks = await _forks(db, line) if line > 1 else {}
    if line > 1 and not forks:
        return  # it cannot be told
    ends = forks | {line: where["position"]}
    for of, position in _kept(kept, where["segment_bytes"]).items():
        if position > ends.get(of, -1):
            raise BackupFailed(
                f"The journal in {wal} leads past where this place is, as after a restore to a moment: keep copies in a "
                f"new folder from now on, or move {wal} and the copies beside it elsewhere first."
            )


async def _forks(db: asyncpg.Connection, line: int) -> dict[int, int]:
    """Where each earlier line of history was left, in bytes; nothing where we may not ask."""
    try:
        text = await db.fetchval("SELECT pg_read_file($1, 0, 1000000, true)", f"pg_wal/{line:08X}.history")
    except asyncpg.InsufficientPrivilegeError:
        return {}
    parts = [one.split() for one in (text or "").splitlines() if one.strip() and not one.startswith("#")]
    return {int(number): _bytes(position) for number, position, *_ in parts}


def _bytes(position: str) -> int:
    high, low = position.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _kept(names: Collection[str], segment_bytes: int) -> dict[int, int]:
    """From where on the journal would be asked for, in bytes, for each line of history."""
    found: dict[int, int] = {}
    for name in names:
        if not SEGMENT.match(name) or name.endswith(".backup"):
            continue
        number = int(name[8:16], 16) * (_XLOG_ID // segment_bytes) + int(name[16:24], 16)
        position = (number + (not name.endswith(PARTIAL))) * segment_bytes
        line = int(name[:8], 16)
        found[line] = max(found.get(line, 0), position)
    return found
