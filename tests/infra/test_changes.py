"""What has changed is read without gaps, whatever the order of commits, and every table says whether it is told."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from parvis.infra.changes import EVERYBODY, TRUSTED_S, Changes
from tests.rig.world import World

# Tables that no remembered answer shows. A new table is named here, or has triggers that write into `change`.
UNTOLD = frozenset(
    """
    account_handle account_note admission_head admission_log admission_node admission_tree announcement
    announcement_dismissal announcement_reaction archive change conversation custom_emoji data_import endorsement
    featured_tag follow_request follower gate_change gate_minute gate_promise gate_state half_session health_hour
    health_minute health_signal home_state house_rule incident insight_count insight_salt insight_sketch
    insight_visitor invitation job link login_email marker media oauth_app oauth_code one_time_token passkey
    post_directory post_edit post_link process_lease publish_key push_subscription receipt receipt_follow
    receipt_push recovery_code report safekeeping schedule scheduled_post schema_migration search_account
    search_backlog search_post second_factor server_secret session setting_change spent_challenge spent_proof staff_act
    suggestion_dismissed tag trend upload
    """.split()
)


async def insert(connection: asyncpg.Connection, key: int) -> None:
    await connection.execute("INSERT INTO change (key) VALUES ($1)", key)


@pytest.fixture
async def others(world: World) -> asyncpg.Connection:
    connection = await asyncpg.connect(world.services.settings.database_url)
    yield connection
    await connection.close()


async def test_every_table_is_told_or_named(world: World) -> None:
    async with world.services.db.connection() as db:
        tables = await db.fetch(
            """
            SELECT c.relname, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname LIKE 'change%') AS told
              FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            """
        )
    told = {row["relname"] for row in tables if row["told"]}
    silent = {row["relname"] for row in tables if not row["told"]}
    assert silent - UNTOLD == set(), "does a remembered answer show what stands there?"
    assert told & UNTOLD == set()


async def test_a_commit_before_the_call_is_known_after_it(world: World, others: asyncpg.Connection) -> None:
    changes = Changes(world.services.db)
    first = await changes.read()
    await insert(others, 7)
    await changes.read()
    assert changes.changed((5, 7), first)
    assert not changes.changed((5,), first)
    assert not changes.changed((5, 7), changes.reading)


async def test_who_began_earlier_and_commits_later_is_not_missed(world: World, others: asyncpg.Connection) -> None:
    changes = Changes(world.services.db)
    first = await changes.read()
    slow = others.transaction()
    await slow.start()
    await insert(others, 11)
    async with world.services.db.transaction() as quick:
        await insert(quick, 12)
    before = await changes.read()
    assert changes.changed((12,), first)
    assert not changes.changed((11,), first)
    await slow.commit()
    await changes.read()
    assert changes.changed((11,), before)
    assert not changes.changed((12,), before), "it was read before, and is not read again"


async def test_what_is_rolled_back_is_no_change(world: World, others: asyncpg.Connection) -> None:
    changes = Changes(world.services.db)
    before = await changes.read()
    withdrawn = others.transaction()
    await withdrawn.start()
    await insert(others, 13)
    await withdrawn.rollback()
    await changes.read()
    assert not changes.changed((13,), before)


async def test_those_who_come_together_share_a_statement(world: World) -> None:
    changes = Changes(world.services.db)
    await changes.read()
    with world.statements() as sent:
        await asyncio.gather(*(changes.read() for _ in range(50)))
    assert len(sent) <= 2


async def test_a_change_to_everybody_concerns_every_key(world: World, others: asyncpg.Connection) -> None:
    changes = Changes(world.services.db)
    before = await changes.read()
    await insert(others, EVERYBODY)
    await changes.read()
    assert changes.changed((99,), before)


async def test_after_an_outage_nothing_is_trusted(world: World) -> None:
    changes = Changes(world.services.db)
    before = await changes.read()
    take = world.services.db.take

    async def broken() -> None:
        raise OSError("no database")

    world.services.db.take = broken  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(OSError, match="no database"):
            await changes.read()
    finally:
        world.services.db.take = take  # type: ignore[method-assign]
    assert changes.changed((1,), before)
    assert changes.fresh() is None, "until the next reading nobody knows what has changed since"
    after = await changes.read()
    assert not changes.changed((1,), after)


async def test_a_snapshot_that_goes_back_is_of_another_database(world: World) -> None:
    changes = Changes(world.services.db)
    before = await changes.read()
    changes._snapshot = "99999999:99999999:"
    await changes.read()
    assert changes.changed((1,), before)


async def test_after_a_long_silence_nothing_older_is_trusted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = Changes(world.services.db)
    before = await changes.read()
    monkeypatch.setattr(changes, "_read_at", changes._read_at - TRUSTED_S - 1)
    assert changes.fresh() is None
    await changes.read()
    assert changes.changed((1,), before)
