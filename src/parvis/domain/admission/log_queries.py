"""SQL of the public log, and of what happens to receipts together with an entry in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from parvis.domain.admission.merkle import Subtree
from parvis.domain.admission.types import Head, Kind, Lane, Leaf, State
from parvis.infra.postgres import Connection, Row


class Tree(msgspec.Struct):
    """What the sequencer remembers; see the table."""

    size: int
    peaks: list[bytes]
    last_number: int
    serving: int
    waiting: int
    invited_credit: float
    returning_credit: float


async def tree_locked(tx: Connection, *, wait: bool = True) -> Tree | None:
    """The tree, which nobody else appends to until the transaction ends. None when somebody does and we do not wait."""
    skip = "" if wait else "SKIP LOCKED"
    row = await tx.fetchrow(f"SELECT * FROM admission_tree FOR UPDATE {skip}")
    return None if row is None else _tree(row)


async def tree(db: Connection) -> Tree:
    row = await db.fetchrow("SELECT * FROM admission_tree")
    assert row is not None
    return _tree(row)


def _tree(row: Row) -> Tree:
    return Tree(**{name: row[name] for name in Tree.__struct_fields__})


async def tree_changed(tx: Connection, tree: Tree) -> None:
    await tx.execute(
        """
        UPDATE admission_tree
           SET size = $1, peaks = $2, last_number = $3, serving = $4, waiting = $5, invited_credit = $6,
               returning_credit = $7
        """,
        tree.size,
        tree.peaks,
        tree.last_number,
        tree.serving,
        tree.waiting,
        tree.invited_credit,
        tree.returning_credit,
    )


async def leaves_appended(tx: Connection, first: int, leaves: Sequence[Leaf]) -> None:
    await tx.execute(
        """
        INSERT INTO admission_log (index, kind, number, at, commitment)
        SELECT $1 + w.position - 1, w.kind, w.number, w.at, w.commitment
          FROM unnest($2::smallint[], $3::bigint[], $4::timestamptz[], $5::bytea[])
               WITH ORDINALITY AS w (kind, number, at, commitment, position)
        """,
        first,
        [int(one.kind) for one in leaves],
        [one.number for one in leaves],
        [one.at for one in leaves],
        [one.commitment for one in leaves],
    )


async def nodes_stored(tx: Connection, full: Mapping[Subtree, bytes]) -> None:
    await tx.execute(
        "INSERT INTO admission_node (level, index, hash) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])",
        [level for level, _ in full],
        [index for _, index in full],
        list(full.values()),
    )


async def leaves_between(db: Connection, low: int, high: int) -> list[Leaf]:
    rows = await db.fetch(
        "SELECT kind, number, at, commitment FROM admission_log WHERE index >= $1 AND index < $2 ORDER BY index",
        low,
        high,
    )
    return [Leaf(Kind(row["kind"]), row["number"], row["at"], row["commitment"]) for row in rows]


async def nodes_between(db: Connection, level: int, low: int, high: int) -> list[bytes]:
    rows = await db.fetch(
        "SELECT hash FROM admission_node WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index",
        level,
        low,
        high,
    )
    return [row["hash"] for row in rows]


async def head_stored(tx: Connection, head: Head) -> None:
    await tx.execute(
        """
        INSERT INTO admission_head (minute, size, root, signature)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (minute) DO UPDATE
                    SET size = excluded.size, root = excluded.root, signature = excluded.signature
        """,
        head.at,
        head.size,
        head.root,
        head.signature,
    )


async def latest_head(db: Connection) -> Head | None:
    row = await db.fetchrow("SELECT minute, size, root, signature FROM admission_head ORDER BY minute DESC LIMIT 1")
    return None if row is None else Head(row["size"], row["root"], row["minute"], row["signature"])


async def has_work(db: Connection) -> bool:
    """Whether a receipt waits for its number, or the log has grown since it was signed."""
    return bool(
        await db.fetchval(
            """
            SELECT EXISTS (SELECT FROM receipt WHERE number IS NULL)
                OR t.size <> coalesce((SELECT h.size FROM admission_head h ORDER BY h.minute DESC LIMIT 1), 0)
              FROM admission_tree t
            """
        )
    )


async def leaf_index_of(db: Connection, receipt_id: int) -> int | None:
    return await db.fetchval("SELECT leaf_index FROM receipt WHERE id = $1", receipt_id)


# ── receipts that change together with an entry ──


async def unnumbered_ids(tx: Connection, most: int) -> list[int]:
    """Receipts that are committed and have no number, the oldest first."""
    rows = await tx.fetch("SELECT id FROM receipt WHERE number IS NULL ORDER BY id LIMIT $1", most)
    return [row["id"] for row in rows]


async def numbered(tx: Connection, ids: Sequence[int], first_number: int, first_leaf: int, now: datetime) -> None:
    """They have their numbers, in this order."""
    await tx.execute(
        """
        UPDATE receipt r
           SET number = $2 + w.position - 1, leaf_index = $3 + w.position - 1, numbered_at = $4
          FROM unnest($1::bigint[]) WITH ORDINALITY AS w (id, position)
         WHERE r.id = w.id
        """,
        ids,
        first_number,
        first_leaf,
        now,
    )


async def waiting_in_turn(tx: Connection, above: int, most: int) -> list[Row]:
    """id, number and lane of those who wait, in order; `twin` says that an elder ticket of the same mailbox lives."""
    return await tx.fetch(
        """
        SELECT r.id, r.number, r.lane, r.handle,
               EXISTS (SELECT FROM receipt o
                        WHERE o.email_hash = r.email_hash
                          AND o.state < 2
                          AND o.number < r.number) AS twin
          FROM receipt r
         WHERE r.state = 0
           AND r.lane < 3
           AND r.number IS NOT NULL
           AND r.number > $1
         ORDER BY r.number
         LIMIT $2
        """,
        above,
        most,
    )


async def waiting_beside(tx: Connection, lane: Lane, most: int) -> list[Row]:
    """The same for those of a lane beside the line."""
    return await tx.fetch(
        """
        SELECT r.id, r.number, r.lane, r.handle,
               EXISTS (SELECT FROM receipt o
                        WHERE o.email_hash = r.email_hash
                          AND o.state < 2
                          AND o.number < r.number) AS twin
          FROM receipt r
         WHERE r.state = 0
           AND r.lane = $1
           AND r.lane > 0
           AND r.number IS NOT NULL
         ORDER BY r.number
         LIMIT $2
        """,
        int(lane),
        most,
    )


async def admitted(tx: Connection, ids: Sequence[int], now: datetime, lapses_at: datetime) -> None:
    await tx.execute(
        "UPDATE receipt SET state = 1, admitted_at = $2, lapses_at = $3 WHERE id = ANY ($1::bigint[])",
        ids,
        now,
        lapses_at,
    )


async def ended(tx: Connection, ids: Sequence[int], state: State, now: datetime) -> None:
    """They are withdrawn or refused, and what they knew of a person is gone."""
    await tx.execute(
        """
        UPDATE receipt
           SET state = $2, ended_at = $3, handle = NULL, email = NULL, email_hash = NULL, lapses_at = NULL
         WHERE id = ANY ($1::bigint[])
        """,
        ids,
        int(state),
        now,
    )


async def lapsed(tx: Connection, now: datetime, most: int) -> list[int]:
    """Numbers of admissions that nobody used in time; handle and address are kept for their return."""
    rows = await tx.fetch(
        """
        WITH late AS (
            SELECT id
              FROM receipt
             WHERE state = 1
               AND lapses_at <= $1
             ORDER BY lapses_at
             LIMIT $2
               FOR UPDATE
        )
        UPDATE receipt r
           SET state = 4, ended_at = $1, lapses_at = NULL
          FROM late
         WHERE r.id = late.id
        RETURNING r.number
        """,
        now,
        most,
    )
    return sorted(row["number"] for row in rows)


async def first_waiting(tx: Connection, above: int) -> int | None:
    """The smallest number above that whose owner waits in the line."""
    return await tx.fetchval(
        """
        SELECT number
          FROM receipt
         WHERE state = 0
           AND lane < 3
           AND number IS NOT NULL
           AND number > $1
         ORDER BY number
         LIMIT 1
        """,
        above,
    )
