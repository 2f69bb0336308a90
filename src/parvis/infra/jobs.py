"""Jobs: work that is never lost and at times done twice. Rows in PostgreSQL, enqueued in the caller's transaction.

    await jobs.enqueue(tx, "mail.send", {"to": …})        # in the transaction that causes the work
    await jobs.wake(services)                             # after its commit; without it the work starts half a second later

Here is what the other rooms need. Leasing is `infra/queue.py`, running is `worker/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from parvis.infra import news
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

Payload = Mapping[str, Any] | msgspec.Struct


class NewJob(msgspec.Struct, frozen=True):
    """Work to be done from `due_at` on (None: at once). Smaller priorities go first.

    With a `dedupe_key`, a job of the same kind and key that still waits stands for this one too; one that has been
    started does not, since it may have looked at the world too early.
    """

    kind: str
    payload: Payload
    priority: int = 0
    due_at: datetime | None = None
    dedupe_key: str | None = None


class Backlog(msgspec.Struct, frozen=True):
    """How far one kind of job is behind: since when its oldest job could have been done."""

    kind: str
    oldest_due_at: datetime


class ParkedJob(msgspec.Struct, frozen=True):
    """A job nobody tries any more, and why."""

    id: int
    kind: str
    payload: str
    attempts: int
    times_lost: int
    parked_at: datetime
    last_error: str | None


async def enqueue(
    tx: Connection,
    kind: str,
    payload: Payload,
    *,
    priority: int = 0,
    due_at: datetime | None = None,
    dedupe_key: str | None = None,
) -> None:
    """The job will be done, if the transaction commits."""
    await enqueue_many(tx, [NewJob(kind, payload, priority, due_at, dedupe_key)])


async def enqueue_many(tx: Connection, new: Sequence[NewJob]) -> None:
    """The jobs will be done, if the transaction commits."""
    distinct = _without_repetitions(new)
    if not distinct:
        return
    # A conflict updates, instead of doing nothing, so that the waiting job is locked until our commit: a worker must
    # not take it earlier and miss what we are about to commit.
    await tx.execute(
        """
        INSERT INTO job (kind, priority, due_at, dedupe_key, payload)
        SELECT kind, priority, coalesce(due_at, now()), dedupe_key, payload::jsonb
          FROM unnest($1::text[], $2::smallint[], $3::timestamptz[], $4::text[], $5::text[])
               AS new (kind, priority, due_at, dedupe_key, payload)
            ON CONFLICT (kind, dedupe_key) WHERE dedupe_key IS NOT NULL
            DO UPDATE SET due_at = least(job.due_at, excluded.due_at)
        """,
        [job.kind for job in distinct],
        [job.priority for job in distinct],
        [job.due_at for job in distinct],
        [job.dedupe_key for job in distinct],
        [encode(job.payload) for job in distinct],
    )


def encode(payload: Payload) -> str:
    """The payload as the text of a JSON object."""
    return msgspec.json.encode(payload).decode()


async def wake(services: Services) -> None:
    """Idle workers look for jobs now. Call it after the commit; it never fails and never waits for the broker."""
    await services.news.publish(news.WORK, b"")


async def oldest_due_by_kind(db: Connection) -> list[Backlog]:
    """Every kind of which jobs are due and not yet started, the furthest behind first. Cheap for any backlog."""
    rows = await db.fetch(
        """
          WITH RECURSIVE kinds AS (
                (SELECT kind, due_at FROM job WHERE owner IS NULL AND parked_at IS NULL ORDER BY kind, due_at LIMIT 1)
                UNION ALL
                SELECT following.*
                  FROM kinds
                 CROSS JOIN LATERAL (
                       SELECT job.kind, job.due_at
                         FROM job
                        WHERE job.owner IS NULL AND job.parked_at IS NULL AND job.kind > kinds.kind
                        ORDER BY job.kind, job.due_at
                        LIMIT 1) AS following)
        SELECT kind, due_at FROM kinds WHERE due_at <= now() ORDER BY due_at
        """
    )
    return [Backlog(row["kind"], row["due_at"]) for row in rows]


async def parked(db: Connection, *, limit: int = 100) -> list[ParkedJob]:
    """The jobs that were given up, newest first."""
    rows = await db.fetch(
        """
        SELECT id, kind, payload, attempts, times_lost, parked_at, last_error
          FROM job
         WHERE parked_at IS NOT NULL
         ORDER BY parked_at DESC, id DESC
         LIMIT $1
        """,
        limit,
    )
    return [ParkedJob(**row) for row in rows]


async def unpark(tx: Connection, job_id: int) -> bool:
    """The parked job is tried again, alone where workers died of it; False when there is none of that id."""
    return bool(
        await tx.fetchval(
            """
            UPDATE job
               SET parked_at = NULL, times_lost = least(times_lost, 1), failures = 0, due_at = now()
             WHERE id = $1 AND parked_at IS NOT NULL
            RETURNING true
            """,
            job_id,
        )
    )


async def unpark_kind(tx: Connection, kind: str) -> int:
    """The parked jobs of that kind are tried again, alone where workers died of them; how many there were."""
    rows = await tx.fetch(
        """
        UPDATE job
           SET parked_at = NULL, times_lost = least(times_lost, 1), failures = 0, due_at = now()
         WHERE kind = $1 AND parked_at IS NOT NULL
        RETURNING id
        """,
        kind,
    )
    return len(rows)


async def drop_kind(tx: Connection, kind: str, *, given_up: bool = False) -> int:
    """The jobs of that kind that were given up, or failed and wait to be tried again, are gone; how many there were.

    `given_up`: only the former.
    """
    rows = await tx.fetch(
        """
        DELETE FROM job
         WHERE kind = $1 AND owner IS NULL
           AND (parked_at IS NOT NULL OR (failures > 0 OR times_lost > 0) AND NOT $2)
        RETURNING id
        """,
        kind,
        given_up,
    )
    return len(rows)


def _without_repetitions(new: Sequence[NewJob]) -> list[NewJob]:
    """One job a dedupe key: PostgreSQL refuses to touch the same row twice in one statement."""
    kept: dict[object, NewJob] = {}
    for position, job in enumerate(new):
        kept.setdefault(position if job.dedupe_key is None else (job.kind, job.dedupe_key), job)
    return list(kept.values())
