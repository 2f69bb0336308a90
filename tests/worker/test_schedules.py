"""What happens by the clock happens once a turn, however many workers there are."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from parvis.base.clock import utc_now
from parvis.infra.queue import Queue
from parvis.infra.services import Services
from parvis.worker import schedules
from parvis.worker.runner import Runner
from tests.worker.test_runner import no_jobs, rows


async def look(services: Services) -> list[str]:
    async with services.db.transaction() as tx:
        return await schedules.enqueue_due(tx)


async def test_one_of_several_workers_takes_a_turn(services: Services) -> None:
    found = await asyncio.gather(*(look(services) for _ in range(5)))
    kinds = sorted(one.kind for one in schedules.SCHEDULES)
    assert sorted(kind for several in found for kind in several) == kinds
    assert sorted(row["kind"] for row in await rows(services)) == kinds


async def test_a_turn_comes_again_after_its_time_and_not_before(services: Services) -> None:
    await look(services)
    assert await look(services) == []
    async with services.db.connection() as db:
        due = await db.fetchval("SELECT due_at FROM schedule WHERE name = 'scheduled.delete_expired_rows'")
        assert timedelta(minutes=59) < due - utc_now() <= timedelta(hours=1)
        await db.execute("UPDATE schedule SET due_at = now() - interval '5 hours'")
    assert len(await look(services)) == len(schedules.SCHEDULES), "missed turns are not made up for"
    assert await look(services) == []


async def test_every_scheduled_function_runs_on_an_empty_server(services: Services) -> None:
    await look(services)
    await Runner(services, Queue(services.db), schedules.handlers()).drain()
    assert await no_jobs(services)


async def test_what_has_run_out_is_deleted_and_the_rest_kept(services: Services) -> None:
    async with services.db.connection() as db:
        await db.execute(
            """
            INSERT INTO publish_key (account_id, key, body_hash, post_id, created_at)
            VALUES (1, 'old', '', 1, now() - interval '8 days'), (1, 'new', '', 2, now() - interval '6 days');
            INSERT INTO mute (account_id, target_id, id, expires_at, created_at)
            VALUES (1, 2, 1, now() - interval '1 s', now()), (1, 3, 2, now() + interval '1 h', now()),
                   (1, 4, 3, NULL, now());
            INSERT INTO session (token_hash, id, account_id, created_at, last_seen_at, expires_at)
            VALUES ('a', 1, 1, now(), now(), now() - interval '1 s'), ('b', 2, 1, now(), now(), now() + interval '1 h');
            """
        )
        await schedules.delete_expired_rows(services)
        assert await db.fetchval("SELECT array_agg(key) FROM publish_key") == ["new"]
        assert await db.fetchval("SELECT array_agg(target_id ORDER BY target_id) FROM mute") == [3, 4]
        assert await db.fetchval("SELECT array_agg(id) FROM session") == [2]
