"""The database fixtures keep their promises: the schema is there, and no test sees another's rows."""

from __future__ import annotations

import pytest

from parvis.infra.postgres import Connection, Database
from tests.rig.database import BUILT_IN

INSERT = "INSERT INTO server_secret (name, value) VALUES ('rig', 'x')"
COUNT = "SELECT count(*) FROM server_secret WHERE name = 'rig'"


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_rolled_back_test_leaves_no_row(tx: Connection, attempt: int) -> None:
    assert await tx.fetchval(COUNT) == 0
    await tx.execute(INSERT)
    assert await tx.fetchval(COUNT) == 1


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_fresh_database_starts_empty_and_may_commit(fresh_database: Database, attempt: int) -> None:
    async with fresh_database.transaction() as tx:
        assert await tx.fetchval(COUNT) == 0
        await tx.execute(INSERT)
    async with fresh_database.connection() as connection:
        assert await connection.fetchval(COUNT) == 1


@BUILT_IN
async def test_parvis_is_no_superuser(tx: Connection) -> None:
    assert await tx.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
