"""How an account stands: what moderators decided takes effect here. Why is written down in `moderation`, above."""

from __future__ import annotations

from parvis.base.errors import NotFound
from parvis.base.events import AccountChanged, AccountHidden
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
    before = await queries.standing_changed(tx, account_id, state, frozen)
    if before is None:
        return
    await events.record(tx, AccountChanged(account_id))
    if before != state and State.SUSPENDED in (before, state):
        await events.record(tx, AccountHidden(account_id))


async def portraits(db: Connection, account_id: AccountId) -> tuple[list[str], bool] | None:
    """Keys of the avatar and the header, and whether the account is suspended; None when it is gone."""
    row = await queries.portraits(db, account_id)
    if row is None:
        return None
    return [key for key in (row["avatar_key"], row["header_key"]) if key is not None], row["suspended"]


async def lock(tx: Connection, account_id: AccountId) -> None:
    """Nobody else changes how the account stands until the transaction ends. Raises: NotFound when it is gone."""
    if not await queries.locked(tx, account_id):
        raise NotFound
