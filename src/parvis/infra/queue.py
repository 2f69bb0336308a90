"""Leasing jobs: a worker owns a batch for some seconds, extends that while it works, and says how each job ended.

A lease is the pair (id, attempts): `attempts` rises with every lease and never falls, so whoever comes back after
their lease ran out and was given to somebody else changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from parvis.infra.jobs import NewJob, encode
from parvis.infra.postgres import Connection, Database

LOST_TIMES_TO_PARK = 3
LEASE_S = 10.0

# The job table swings between nothing and very much faster than statistics follow; the indexes are always right.
PLANNER = {"enable_seqscan": "off", "enable_bitmapscan": "off", "jit": "off"}


class Job(msgspec.Struct, frozen=True):
    """A leased job."""

    id: int
    attempts: int
    kind: str
    payload: str
    failures: int = 0
    times_lost: int = 0

    @property
    def data(self) -> dict[str, Any]:
        """The payload, read."""
        return msgspec.json.decode(self.payload)


class Failed(msgspec.Struct, frozen=True):
    """A job that did not work out: to be tried again after `delay_s`, or never (None)."""

    job: Job
    error: str
    delay_s: float | None


class Lost(msgspec.Struct, frozen=True):
    """A job whose worker died or stood still past its lease."""

    id: int
    kind: str
    payload: str
    times_lost: int
    parked: bool


class Due(msgspec.Struct, frozen=True):
    """Kinds of which something can be done now. `suspect` kinds have a job that was lost before."""

    ordinary: bool
    limited: list[str]
    suspect: list[str]


class Queue:
    """One worker's hold on the job table."""

    def __init__(self, db: Database, *, lease_s: float = LEASE_S) -> None:
        self._db = db
        self.owner = uuid.uuid4()
        self.lease_s = lease_s

    async def due(self, ordinary: Sequence[str], limited: Sequence[str]) -> Due:
        """What there is to lease of these kinds. One cheap query: idle workers ask it twice a second."""
        async with self._db.connection() as db:
            row = await db.fetchrow(_DUE, ordinary, limited)
        assert row is not None
        return Due(row["ordinary"], row["limited"], row["suspect"])

    async def lease(
        self, kinds: Sequence[str], most: int, *, limit: int | None = None, suspects: bool = False
    ) -> list[Job]:
        """At most `most` jobs that are now ours, first things first.

        `limit`: of a single kind, no more than that many are leased in the whole cluster. `suspects`: jobs that were
        lost before, and only those; whoever holds one must hold nothing else, lest it take the others down with it.
        """
        async with self._db.transaction() if limit is not None else self._db.connection() as db:
            if limit is not None:
                most = min(most, await self._free(db, kinds[0], limit))
            if most <= 0:
                return []
            rows = await db.fetch(_LEASE_SUSPECTS if suspects else _LEASE, self.owner, kinds, most, self.lease_s)
        rows.sort(key=lambda row: (row["priority"], row["due_at"], row["id"]))
        return [_job(row) for row in rows]

    async def extend(self, jobs: Sequence[Job]) -> set[int]:
        """The ids of those that are still ours; they stay so for another `lease_s`."""
        async with self._db.connection() as db:
            rows = await db.fetch(_EXTEND, *_fences(jobs), self.owner, self.lease_s)
        return {row["id"] for row in rows}

    async def finish(self, done: Sequence[Job], failed: Sequence[Failed] = ()) -> set[int]:
        """The done are gone, the failed wait for their next turn or are parked. The ids of those that were still ours."""
        ours: set[int] = set()
        async with self._db.connection() as db:
            if done:
                rows = await db.fetch(_DELETE, *_fences(done))
                ours.update(row["id"] for row in rows)
            if failed:
                rows = await db.fetch(
                    _FAIL,
                    *_fences([one.job for one in failed]),
                    [one.error for one in failed],
                    [one.delay_s for one in failed],
                )
                ours.update(row["id"] for row in rows)
        return ours

    async def replace(self, followers: Mapping[Job, Sequence[NewJob]]) -> set[int]:
        """Each job is done and its followers wait, both or neither. The ids of the jobs that were still ours."""
        new = [(job.id, follower) for job, several in followers.items() for follower in several]
        async with self._db.connection() as db:
            rows = await db.fetch(
                _REPLACE,
                *_fences(list(followers)),
                [id_ for id_, _ in new],
                [follower.kind for _, follower in new],
                [follower.priority for _, follower in new],
                [encode(follower.payload) for _, follower in new],
            )
        return {row["id"] for row in rows}

    async def release(self, jobs: Sequence[Job]) -> None:
        """The jobs are free for others, at once, as if nobody had had them."""
        async with self._db.connection() as db:
            await db.execute(_RELEASE, *_fences(jobs))

    async def recover(self) -> list[Lost]:
        """Jobs whose lease ran out are free again, one loss richer, or parked after the third."""
        async with self._db.connection() as db:
            rows = await db.fetch(_RECOVER, LOST_TIMES_TO_PARK)
        return [Lost(**row) for row in rows]

    async def _free(self, tx: Connection, kind: str, limit: int) -> int:
        """How many more of the kind may be leased; nobody else leases any until this transaction ends.

        The count is a statement of its own, so that it sees what was committed before the lock was granted.
        """
        if not await tx.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('job limit'), hashtext($1))", kind):
            return 0
        held = await tx.fetchval("SELECT count(*) FROM job WHERE kind = $1 AND owner IS NOT NULL", kind)
        return limit - held


def _job(row: Any) -> Job:
    return Job(row["id"], row["attempts"], row["kind"], row["payload"], row["failures"], row["times_lost"])


def _fences(jobs: Sequence[Job]) -> tuple[list[int], list[int]]:
    return [job.id for job in jobs], [job.attempts for job in jobs]


_DUE = """
SELECT EXISTS (
           SELECT FROM job
            WHERE owner IS NULL AND parked_at IS NULL
              AND due_at <= now() AND times_lost = 0 AND kind = ANY ($1::text[])) AS ordinary,
       ARRAY (
           SELECT kind FROM unnest($2::text[]) AS kind
            WHERE EXISTS (
                  SELECT FROM job
                   WHERE job.kind = kind.kind AND owner IS NULL AND parked_at IS NULL
                     AND due_at <= now() AND times_lost = 0)) AS limited,
       ARRAY (
           SELECT DISTINCT kind
             FROM job
            WHERE times_lost > 0 AND owner IS NULL AND parked_at IS NULL
              AND due_at <= now() AND kind = ANY ($1::text[] || $2::text[])) AS suspect
"""

# The dedupe key is given up with the lease: what happens from now on may come too late for this run of the job.
_TAKE = """
  WITH chosen AS MATERIALIZED (
        SELECT id
          FROM job
         WHERE owner IS NULL AND parked_at IS NULL
           AND due_at <= now() AND times_lost {suspect} 0 AND kind = ANY ($2::text[])
         ORDER BY priority, due_at
         LIMIT $3
           FOR UPDATE SKIP LOCKED)
UPDATE job
   SET owner = $1, leased_at = now(), leased_until = now() + make_interval(secs => $4),
       attempts = attempts + 1, dedupe_key = NULL
  FROM chosen
 WHERE job.id = chosen.id
RETURNING job.id, job.attempts, job.kind, job.payload, job.failures, job.times_lost, job.priority, job.due_at
"""
_LEASE = _TAKE.format(suspect="=")
_LEASE_SUSPECTS = _TAKE.format(suspect=">")

_FENCE = """unnest($1::bigint[], $2::int[]) AS fence (id, attempts)
 WHERE job.id = fence.id AND job.attempts = fence.attempts"""

_EXTEND = f"""
UPDATE job
   SET leased_until = now() + make_interval(secs => $4)
  FROM {_FENCE} AND job.owner = $3
RETURNING job.id
"""

_DELETE = f"""
DELETE FROM job
 USING {_FENCE}
RETURNING job.id
"""

# A job that was parked in the meantime stays so.
_FAIL = """
UPDATE job
   SET owner = NULL, leased_until = NULL, failures = failures + 1, last_error = fence.error,
       due_at = now() + make_interval(secs => coalesce(fence.delay_s, 0)),
       parked_at = CASE WHEN fence.delay_s IS NULL THEN now() END
  FROM unnest($1::bigint[], $2::int[], $3::text[], $4::float8[]) AS fence (id, attempts, error, delay_s)
 WHERE job.id = fence.id AND job.attempts = fence.attempts AND job.parked_at IS NULL
RETURNING job.id
"""

_REPLACE = f"""
  WITH done AS (
        DELETE FROM job
         USING {_FENCE}
        RETURNING job.id),
       followers AS (
        INSERT INTO job (kind, priority, payload)
        SELECT new.kind, new.priority, new.payload::jsonb
          FROM unnest($3::bigint[], $4::text[], $5::smallint[], $6::text[]) AS new (id, kind, priority, payload)
          JOIN done ON done.id = new.id)
SELECT id FROM done
"""

_RELEASE = f"""
UPDATE job
   SET owner = NULL, leased_until = NULL
  FROM {_FENCE}
"""

_RECOVER = """
  WITH lost AS MATERIALIZED (
        SELECT id
          FROM job
         WHERE owner IS NOT NULL AND leased_until < now()
         LIMIT 1000
           FOR UPDATE SKIP LOCKED)
UPDATE job
   SET owner = NULL, leased_until = NULL, times_lost = times_lost + 1, last_error = 'its worker died',
       parked_at = CASE WHEN times_lost + 1 >= $1 THEN now() END
  FROM lost
 WHERE job.id = lost.id
RETURNING job.id, job.kind, job.payload, job.times_lost, job.parked_at IS NOT NULL AS parked
"""
