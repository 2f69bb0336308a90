"""How an account stands: what moderators decided takes effect here. Why is written down in `moderation`, above."""

from __future__ import annotations

from parvis.base.errors import NotFound
from parvis.base.events import AccountChanged
from parvis.base.ids import AccountId
from parvis.domain.accounts.queries import standing as queries
from parvis.domain.accounts.types import State
from parvis.infra import events
from parvis.infra.postgres import Connection


async def restrict(tx: Connection, account_id: AccountId, *, state: State, frozen: bool) -> None:
    """The account stands like that, for every door and every surface, from this transaction on.

    Tokens and sessions stay, so that nothing has to be set up again once it is lifted; they open nothing meanwhile, and
    open streams end on the news, or by themselves within seconds. Nothing happens to an account that is gone.
    """
    assert state < State.DELETED
    if await queries.standing_changed(tx, account_id, state, frozen):
        await events.record(tx, AccountChanged(account_id))


async def lock(tx: Connection, account_id: AccountId) -> None:
    """Nobody else changes how the account stands until the transaction ends. Raises: NotFound when it is gone."""
    if not await queries.locked(tx, account_id):
        raise NotFound
