"""What the database says of itself and of the work in it, for the findings: a handful of quick questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from parvis.infra.postgres import Connection, Row


async def sessions(db: Connection) -> list[Row]:
    """What every session of this database does, and whom it waits for."""
    return await db.fetch(
        """
        SELECT pid, application_name AS application, state, wait_event_type AS kind, wait_event AS event,
               extract(epoch FROM clock_timestamp() - xact_start)::float8   AS open_s,
               extract(epoch FROM clock_timestamp() - query_start)::float8  AS runs_s,
               extract(epoch FROM clock_timestamp() - state_change)::float8 AS same_s,
               left(query, 300) AS statement,
               CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blockers
          FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
    )


async def awaited_table(db: Connection, victims: Sequence[int]) -> str:
    """The table that these sessions wait for; empty when it is a row, or they wait no longer."""
    return (
        await db.fetchval(
            """
            SELECT relation::regclass::text
              FROM pg_locks
             WHERE pid = ANY ($1::int[]) AND relation IS NOT NULL
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
             ORDER BY granted, relation::regclass::text LIKE '%_pkey'
             LIMIT 1
            """,
            list(victims),
        )
        or ""
    )


async def facts(db: Connection) -> dict[str, Any]:
    """Sizes, ages and settings of the server. The size of the journal needs the role pg_monitor; without it it is 0,
    and `sees_journal` says so."""
    row = await db.fetchrow(
        """
        SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS sessions,
               current_setting('max_connections')::int AS most_sessions,
               pg_has_role('pg_monitor', 'USAGE') AS sees_journal,
               pg_size_bytes(current_setting('max_wal_size')) AS wal_wanted_bytes,
               (SELECT slot_name::text FROM pg_replication_slots ORDER BY restart_lsn NULLS LAST LIMIT 1) AS slot,
               (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::bigint
                  FROM pg_replication_slots WHERE NOT pg_is_in_recovery()) AS slot_bytes,
               (SELECT CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity')
                            THEN extract(epoch FROM now() - greatest(last_archived_time, stats_reset)) END::float8
                  FROM pg_stat_archiver) AS archive_failing_s,
               extract(epoch FROM now() - pg_postmaster_start_time())::float8 AS up_s,
               (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS oldest_row_age,
               pg_database_size(current_database()) AS size_bytes,
               ARRAY (SELECT name FROM pg_settings
                       WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off') AS unsafe,
               (SELECT extract(epoch FROM now() - coalesce((to_jsonb(slot) ->> 'inactive_since')::timestamptz,
                                                           now() - interval '1 hour'))
                  FROM pg_replication_slots AS slot
                 WHERE slot_name = 'parvis_backup' AND NOT active)::float8 AS follower_away_s
        """
    )
    assert row is not None
    found = dict(row) | {"wal_bytes": 0}
    if found["sees_journal"]:
        found |= await _journal(db, found["archive_failing_s"])
    return found


async def _journal(db: Connection, archive_failing_s: float | None) -> dict[str, Any]:
    """How large it is, and since when the archive fails. Asked by itself, because whoever may not is refused altogether.

    On a quiet place the last that the archive took is long ago by right: it fails only since something waits for it.
    """
    row = await db.fetchrow(
        """
        SELECT (SELECT coalesce(sum(size), 0)::bigint FROM pg_ls_waldir()) AS bytes,
               (SELECT extract(epoch FROM now() - min(modification))::float8
                  FROM pg_ls_archive_statusdir()
                 WHERE name LIKE '%.ready') AS waits_s
        """
    )
    assert row is not None
    waits_s = row["waits_s"]
    if archive_failing_s is not None and waits_s is not None:
        archive_failing_s = min(archive_failing_s, max(0.0, waits_s))
    return {"wal_bytes": row["bytes"], "archive_failing_s": archive_failing_s}


async def indexes(db: Connection) -> dict[str, bool]:
    """By name of an index: whether it can be used, or was left half made. One that is being made is not among them."""
    rows = await db.fetch(
        """
        SELECT relname, indisvalid AND indisready AS whole
          FROM pg_index
          JOIN pg_class ON pg_class.oid = indexrelid
         WHERE relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid AND NOT indisvalid)
        """
    )
    return {row["relname"]: row["whole"] for row in rows}


async def dead_rows(db: Connection) -> Row | None:
    """The table with the most rows that are only waiting to be removed."""
    return await db.fetchrow(
        """
        SELECT relname AS table, n_dead_tup AS dead, n_live_tup AS live
          FROM pg_stat_user_tables
         ORDER BY n_dead_tup DESC
         LIMIT 1
        """
    )


async def late_jobs(db: Connection, kinds: Sequence[str], most: int = 1000) -> list[Row]:
    """Of these kinds: since when the oldest could have been done, and how many there are, up to `most` each."""
    return await db.fetch(
        """
        SELECT kind,
               (SELECT extract(epoch FROM now() - min(due_at))::float8 FROM job
                 WHERE job.kind = wanted.kind AND owner IS NULL AND parked_at IS NULL) AS oldest_s,
               (SELECT count(*)::int FROM (
                       SELECT FROM job
                        WHERE job.kind = wanted.kind AND owner IS NULL AND parked_at IS NULL AND due_at <= now()
                        LIMIT $2) AS counted) AS jobs
          FROM unnest($1::text[]) AS wanted (kind)
        """,
        list(kinds),
        most,
    )


async def held_jobs(db: Connection) -> list[Row]:
    """What is under way, by kind."""
    return await db.fetch(
        """
        SELECT kind, count(*)::int AS jobs, 
               extract(epoch FROM now() - min(coalesce(leased_at, due_at)))::float8 AS oldest_s
          FROM job
         WHERE owner IS NOT NULL
         GROUP BY kind
        """
    )


async def failing_jobs(db: Connection) -> list[Row]:
    """What failed and is tried again, by kind; the newest ten thousand jobs are looked at."""
    return await db.fetch(
        """
        SELECT kind, count(*)::int AS jobs, max(failures)::int AS failures,
               extract(epoch FROM now() - min(created_at))::float8 AS oldest_s,
               coalesce((array_agg(last_error ORDER BY failures DESC))[1], '') AS error
          FROM (SELECT kind, failures, created_at, last_error, parked_at
                  FROM job ORDER BY id DESC LIMIT 10000) AS newest
         WHERE failures > 0 AND parked_at IS NULL
         GROUP BY kind
        """
    )


async def parked_jobs(db: Connection) -> list[Row]:
    """What was given up and neither tried again nor dropped, by kind and by whether workers died of it."""
    return await db.fetch(
        """
        SELECT kind, count(*)::int AS jobs, extract(epoch FROM now() - max(parked_at))::float8 AS newest_s,
               times_lost >= 3 AS killing, coalesce(max(last_error), '') AS error
          FROM job
         WHERE parked_at IS NOT NULL
         GROUP BY kind, killing
        """
    )


async def silent_processes(db: Connection, after: timedelta) -> list[Row]:
    """Processes that stopped reporting within ten minutes and did not say that they would."""
    return await db.fetch(
        """
        SELECT process, max(role) AS role, extract(epoch FROM now() - max(measured_at))::float8 AS silent_s
          FROM health_signal
         GROUP BY process
        HAVING max(measured_at) < now() - $1::interval AND max(measured_at) > now() - interval '10 minutes'
         ORDER BY silent_s
        """,
        after,
    )


async def session_ended(db: Connection, pid: int) -> bool:
    """Whether there was such a session of this database; it has been told to end."""
    return bool(
        await db.fetchval(
            """
            SELECT pg_terminate_backend(pid)
              FROM pg_stat_activity
             WHERE pid = $1 AND datname = current_database() AND backend_type = 'client backend'
            """,
            pid,
        )
    )


async def kept_safe(db: Connection) -> list[Row]:
    """Of backups and of drills: when the last began that went well, and what was wrong with the latest."""
    return await db.fetch(
        """
        SELECT what, max(began_at) FILTER (WHERE problem = '') AS well_at,
               (array_agg(problem ORDER BY began_at DESC))[1] AS problem
          FROM safekeeping
         GROUP BY what
        """
    )
