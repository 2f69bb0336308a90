"""Blocking, muting, and private notes: what one person does without the other being asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.errors import Forbidden, NotFound
from parvis.base.events import Blocked, Muted
from parvis.base.ids import AccountId, IdSource
from parvis.domain.relationships import queries, rules
from parvis.domain.relationships.follow import sever
from parvis.infra import events
from parvis.infra.postgres import Connection


async def block(tx: Connection, ids: IdSource, account_id: AccountId, target_id: AccountId, *, now: datetime) -> None:
    """Neither follows or asks to follow the other, and the target sees nothing more of the account.

    Raises: NotFound; Forbidden for oneself.
    """
    await _must_be_somebody_else(tx, account_id, target_id)
    await queries.pair_locked(tx, account_id, target_id)
    is_new = await queries.new_block(tx, ids.next(), account_id, target_id, now)
    await sever(tx, account_id, target_id)
    await sever(tx, target_id, account_id)
    if is_new:
        await events.record(tx, Blocked(account_id, target_id))


async def unblock(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    """The account does not block the target. Raises: NotFound."""
    await _must_exist(tx, target_id)
    await queries.pair_locked(tx, account_id, target_id)
    await queries.block_deleted(tx, account_id, target_id)


async def mute(
    tx: Connection,
    ids: IdSource,
    account_id: AccountId,
    target_id: AccountId,
    *,
    hide_notifications: bool = True,
    duration_s: int = 0,
    now: datetime,
) -> None:
    """The account does not see the target's posts (nor notifications) for that long; 0 means until further notice.

    Raises: NotFound; Forbidden for oneself.
    """
    await _must_be_somebody_else(tx, account_id, target_id)
    expires_at = now + timedelta(seconds=min(duration_s, rules.MOST_MUTED_S)) if duration_s > 0 else None
    await queries.mute_set(
        tx,
        ids.next(),
        account_id,
        target_id,
        hide_notifications=hide_notifications,
        expires_at=expires_at,
        now=now,
    )
    await events.record(tx, Muted(account_id, target_id))


async def unmute(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    """The account sees the target again. Raises: NotFound."""
    await _must_exist(tx, target_id)
    await queries.mute_deleted(tx, account_id, target_id)


async def set_note(tx: Connection, account_id: AccountId, target_id: AccountId, *, comment: str) -> None:
    """The account's private note about the target is this. Raises: NotFound; Invalid for one that is too long."""
    await _must_exist(tx, target_id)
    await queries.note_set(tx, account_id, target_id, rules.check_comment(comment))


async def _must_exist(tx: Connection, account_id: AccountId) -> None:
    if not await queries.account_exists(tx, account_id):
        raise NotFound


async def _must_be_somebody_else(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    if account_id == target_id:
        raise Forbidden("You cannot do that to yourself")
    await _must_exist(tx, target_id)
