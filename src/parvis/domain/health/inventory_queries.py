"""What there is, for whoever takes the place over: tables with their sizes, what happens by the clock."""

from __future__ import annotations

from parvis.infra.postgres import Connection, Row


async def tables(db: Connection, limit: int) -> list[Row]:
    """The largest tables with indexes and all, a partitioned one as one; rows as the database estimates them."""
    return await db.fetch(
        """
        SELECT coalesce(parent.relname, own.relname)::text AS name,
               sum(pg_total_relation_size(own.oid))::bigint AS bytes,
               sum(greatest(own.reltuples, 0))::bigint AS rows
          FROM pg_class own
          LEFT JOIN pg_inherits ON inhrelid = own.oid
          LEFT JOIN pg_class parent ON parent.oid = inhparent
         WHERE own.relkind = 'r' AND own.relnamespace = 'public'::regnamespace
         GROUP BY 1
         ORDER BY bytes DESC, name
         LIMIT $1
        """,
        limit,
    )


async def due(db: Connection) -> list[Row]:
    """What happens by the clock, and when it is due next."""
    return await db.fetch(
        """
        SELECT name, due_at
          FROM schedule
         ORDER BY name
        """
    )


async def applied(db: Connection) -> str:
    """The newest migration that the database has."""
    return await db.fetchval(
        """
        SELECT name
          FROM schema_migration
         ORDER BY version DESC
         LIMIT 1
        """
    )
