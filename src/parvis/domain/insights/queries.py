"""SQL of what visitors did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from parvis.domain.insights.rules import OTHER, PAUSE
from parvis.domain.insights.visits import Batch
from parvis.infra.postgres import Connection

MOST_NAMES = 1000  # of a kind on one day; further ones are counted together


async def salt(db: Connection, day: date, fresh: bytes) -> bytes:
    """The day's salt: `fresh`, if nobody made one before."""
    await db.execute("INSERT INTO insight_salt (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING", day, fresh)
    return await db.fetchval("SELECT salt FROM insight_salt WHERE day = $1", day)


async def batch_stored(db: Connection, batch: Batch) -> None:
    """The counts are higher by the batch's; whoever was not seen for the length of a pause has begun a visit.

    Rows are taken in one order by everybody, so that processes wait for one another and never in a circle.
    """
    seen = sorted(batch.seen.items())
    await db.execute(
        """
        WITH seen AS (
            SELECT *
              FROM unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::text[], $7::text[],
                          $8::text[])
                AS seen (visitor, first_at, last_at, more, source, language, country)
        ), met AS (
            INSERT INTO insight_visitor AS known (day, visitor, seen_at)
            SELECT $1, visitor, last_at FROM seen ORDER BY visitor
                ON CONFLICT (day, visitor) DO UPDATE
               SET before = known.seen_at, seen_at = greatest(known.seen_at, excluded.seen_at)
            RETURNING visitor, before
        ), visit AS (
            SELECT seen.*, more + (before IS NULL OR before < first_at - $9::interval)::int AS visits
              FROM met
              JOIN seen USING (visitor)
        ), counted (kind, name, count) AS (
            SELECT 'visits', '', sum(visits) FROM visit
             UNION ALL
            SELECT 'source', source, sum(visits) FROM visit GROUP BY source
             UNION ALL
            SELECT 'language', language, sum(visits) FROM visit GROUP BY language
             UNION ALL
            SELECT 'country', country, sum(visits) FROM visit WHERE country <> '' GROUP BY country
             UNION ALL
            SELECT * FROM unnest($10::text[], $11::text[], $12::bigint[])
        ), known AS (
            SELECT kind, array_agg(name) AS names FROM insight_count WHERE day = $1 GROUP BY kind
        ), named AS (
            SELECT kind,
                   CASE WHEN cardinality(names) < $13 OR names IS NULL OR name = ANY (names) THEN name ELSE $14 END AS name,
                   count
              FROM counted
              LEFT JOIN known USING (kind)
             WHERE count > 0
        )
        INSERT INTO insight_count AS total (day, kind, name, count)
        SELECT $1, kind, name, sum(count) FROM named GROUP BY kind, name ORDER BY kind, name
            ON CONFLICT (day, kind, name) DO UPDATE SET count = total.count + excluded.count
        """,
        batch.day,
        [visitor for visitor, _ in seen],
        [_moment(one.first_s) for _, one in seen],
        [_moment(one.last_s) for _, one in seen],
        [one.more for _, one in seen],
        [one.source for _, one in seen],
        [one.language for _, one in seen],
        [one.country for _, one in seen],
        PAUSE,
        [kind for kind, _ in batch.counts],
        [name for _, name in batch.counts],
        list(batch.counts.values()),
        MOST_NAMES,
        OTHER,
    )


async def newly_met(tx: Connection, most: int) -> list[tuple[date, int]]:
    """Visitors who are in no sketch yet, by day; from now on they pass for counted."""
    rows = await tx.fetch(
        """
        WITH next AS (
            SELECT day, visitor FROM insight_visitor WHERE NOT counted ORDER BY day, visitor LIMIT $1 FOR UPDATE
        )
        UPDATE insight_visitor AS known
           SET counted = true
          FROM next
         WHERE known.day = next.day
           AND known.visitor = next.visitor
        RETURNING known.day, known.visitor
        """,
        most,
    )
    return [(row["day"], row["visitor"]) for row in rows]


async def sketch(tx: Connection, day: date) -> bytes | None:
    """The day's sketch; nobody else changes it until the transaction ends."""
    return await tx.fetchval("SELECT sketch FROM insight_sketch WHERE day = $1 FOR UPDATE", day)


async def sketch_stored(tx: Connection, day: date, sketch: bytes, visitors: int) -> None:
    """The sketch is the day's, and the number that it stands for is written beside the others."""
    await tx.execute(
        "INSERT INTO insight_sketch (day, sketch) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET sketch = excluded.sketch",
        day,
        sketch,
    )
    await counts_stored(tx, day, {("visitors", ""): visitors})


async def counts_stored(
    tx: Connection, day: date, counts: dict[tuple[str, str], int], *, whole: Sequence[str] = ()
) -> None:
    """These are the day's counts, whatever they were; of the kinds that are given `whole` there are no others."""
    if whole:
        await tx.execute(
            """
            DELETE FROM insight_count
             WHERE day = $1
               AND kind = ANY ($2)
               AND NOT EXISTS (SELECT FROM unnest($3::text[], $4::text[]) AS kept (kind, name)
                                WHERE kept.kind = insight_count.kind
                                  AND kept.name = insight_count.name)
            """,
            day,
            whole,
            [kind for kind, _ in counts],
            [name for _, name in counts],
        )
    await tx.executemany(
        """
        INSERT INTO insight_count (day, kind, name, count) VALUES ($1, $2, $3, $4)
            ON CONFLICT (day, kind, name) DO UPDATE SET count = excluded.count
        """,
        [(day, kind, name, count) for (kind, name), count in sorted(counts.items())],
    )


async def salts_forgotten(db: Connection, today: date) -> None:
    """No salt of a day that is over is known any more."""
    await db.execute("DELETE FROM insight_salt WHERE day < $1", today)


async def visitors_given_up(db: Connection, before: date) -> None:
    """Nobody of an earlier day is known, whether they were counted or not."""
    await db.execute("DELETE FROM insight_visitor WHERE day < $1", before)


async def visitors_forgotten(db: Connection, now: datetime) -> None:
    """Who was counted and is away for longer than a pause is not known any more. Who was here before midnight is known
    until then too: processes hand over what they saw afterwards."""
    await db.execute(
        """
        DELETE FROM insight_visitor
         WHERE (day, visitor) IN (SELECT day, visitor
                                    FROM insight_visitor
                                   WHERE counted
                                     AND seen_at < $1
                                     FOR UPDATE SKIP LOCKED)
        """,
        now - PAUSE - timedelta(minutes=2),  # processes hand over once a minute
    )


async def days_forgotten(db: Connection, before: date) -> None:
    """Older numbers are gone."""
    await db.execute("DELETE FROM insight_count WHERE day < $1", before)
    await db.execute("DELETE FROM insight_sketch WHERE day < $1", before)


async def counted_before(db: Connection, day: date) -> bool:
    """Whether visits were counted already before that day."""
    return await db.fetchval("SELECT EXISTS (SELECT FROM insight_count WHERE day < $1 AND kind = 'visits')", day)


async def counts(
    db: Connection, first: date, last: date, kinds: Sequence[str] | None = None
) -> list[tuple[date, str, str, int]]:
    """(day, kind, name, count) of these days, oldest first."""
    rows = await db.fetch(
        """
        SELECT day, kind, name, count
          FROM insight_count
         WHERE day BETWEEN $1 AND $2
           AND ($3::text[] IS NULL OR kind = ANY ($3))
         ORDER BY day, kind, count DESC, name
        """,
        first,
        last,
        kinds,
    )
    return [(row["day"], row["kind"], row["name"], row["count"]) for row in rows]


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
