"""The SQL of how accounts stand."""

from __future__ import annotations

from parvis.base.ids import AccountId
from parvis.domain.accounts.types import State
from parvis.infra.postgres import Connection, Row


async def locked(tx: Connection, account_id: AccountId) -> bool:
    """Whether the account is there."""
    return bool(await tx.fetchval("SELECT true FROM account WHERE id = $1 AND state < 3 FOR UPDATE", account_id))


async def standing_changed(tx: Connection, account_id: AccountId, state: State, frozen: bool) -> State | None:
    """The state it had before, if it stood otherwise."""
    before = await tx.fetchval(
        """
        WITH before AS (
            SELECT id, state
              FROM account
             WHERE id = $1
               AND state < 3
               AND (state, frozen) <> ($2::smallint, $3::boolean)
               FOR UPDATE
        )
        UPDATE account
           SET state = $2, frozen = $3, version = version + 1
          FROM before
         WHERE account.id = before.id
        RETURNING before.state
        """,
        account_id,
        int(state),
        frozen,
    )
    return None if before is None else State(before)


async def portraits(db: Connection, account_id: AccountId) -> Row | None:
    """suspended, avatar_key, header_key."""
    return await db.fetchrow(
        "SELECT state = 2 AS suspended, avatar_key, header_key FROM account WHERE id = $1 AND state < 3", account_id
    )
