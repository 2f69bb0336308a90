"""The SQL of how accounts stand."""

from __future__ import annotations

from parvis.base.ids import AccountId
from parvis.domain.accounts.types import State
from parvis.infra.postgres import Connection


async def locked(tx: Connection, account_id: AccountId) -> bool:
    """Whether the account is there."""
    return bool(await tx.fetchval("SELECT true FROM account WHERE id = $1 AND state < 3 FOR UPDATE", account_id))


async def standing_changed(tx: Connection, account_id: AccountId, state: State, frozen: bool) -> bool:
    """Whether it stood otherwise before."""
    return bool(
        await tx.fetchval(
            """
            UPDATE account
               SET state = $2, frozen = $3, version = version + 1
             WHERE id = $1
               AND state < 3
               AND (state, frozen) <> ($2::smallint, $3::boolean)
            RETURNING true
            """,
            account_id,
            int(state),
            frozen,
        )
    )
