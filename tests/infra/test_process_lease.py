"""No two living processes share a process number."""

from __future__ import annotations

import asyncio

from parvis.infra.postgres import Database
from parvis.infra.process_lease import ProcessLease


async def run(db: Database, sql: str, *arguments: object) -> None:
    async with db.connection() as connection:
        await connection.execute(sql, *arguments)


async def test_processes_that_start_together_get_different_numbers(fresh_database: Database) -> None:
    leases = await asyncio.gather(*(ProcessLease.take(fresh_database) for _ in range(20)))
    assert len({lease.ids.process_number for lease in leases}) == 20
    for lease in leases:
        await lease.close()


async def test_a_closed_lease_is_free_again(fresh_database: Database) -> None:
    lease = await ProcessLease.take(fresh_database)
    await lease.close()
    async with fresh_database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM process_lease") == 0


async def test_only_a_number_whose_lease_ran_out_is_taken_over(fresh_database: Database) -> None:
    await run(
        fresh_database,
        """
        INSERT INTO process_lease (number, holder, expires_at)
             SELECT number, gen_random_uuid(), now() + CASE number WHEN 77 THEN -interval '1s' ELSE interval '1h' END
               FROM generate_series(0, 1023) AS number
        """,
    )
    lease = await ProcessLease.take(fresh_database)
    assert lease.ids.process_number == 77
    await lease.close()


async def test_whoever_starts_after_an_outage_leaves_the_numbers_alone_that_others_still_use(
    fresh_database: Database,
) -> None:
    """All leases have run out, and those who live have not renewed theirs yet."""
    await run(
        fresh_database,
        """
        INSERT INTO process_lease (number, holder, expires_at)
             SELECT number, gen_random_uuid(), now() - interval '1s' - number * interval '1s'
               FROM generate_series(0, 1023) AS number
              WHERE number <> 500
        """,
    )
    leases = [await ProcessLease.take(fresh_database) for _ in range(3)]
    assert [lease.ids.process_number for lease in leases] == [500, 1023, 1022]
    for lease in leases:
        await lease.close()


async def test_renewing_keeps_the_number_and_moves_its_end(fresh_database: Database) -> None:
    lease = await ProcessLease.take(fresh_database)
    number = lease.ids.process_number
    await run(fresh_database, "UPDATE process_lease SET expires_at = now()")
    await lease.renew()
    async with fresh_database.connection() as connection:
        left_s = await connection.fetchval("SELECT extract(epoch FROM expires_at - now())::float FROM process_lease")
    assert lease.ids.process_number == number
    assert 55 < left_s <= 60
    await lease.close()


async def test_a_lost_lease_is_replaced_by_another_number(fresh_database: Database) -> None:
    lease = await ProcessLease.take(fresh_database)
    ids, lost = lease.ids, lease.ids.process_number
    await run(fresh_database, "UPDATE process_lease SET holder = gen_random_uuid()")
    await lease.renew()
    assert lease.ids is ids
    assert ids.process_number != lost
    assert ids.next() >> 12 & 1023 == ids.process_number
    await lease.close()
