"""Following and its end, asking to follow and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from parvis.base.errors import Forbidden, Invalid, NotFound
from parvis.base.events import Followed, FollowRequested, Unfollowed
from parvis.base.ids import AccountId, IdSource
from parvis.domain.accounts import change_counters
from parvis.domain.accounts.types import State
from parvis.domain.relationships import list_queries, queries, rules
from parvis.domain.relationships.types import Options, OptionsChange
from parvis.infra import events
from parvis.infra.postgres import Connection, Row


async def follow(
    tx: Connection,
    ids: IdSource,
    account_id: AccountId,
    target_id: AccountId,
    *,
    show_reposts: bool | None = None,
    notify: bool | None = None,
    languages: Sequence[str] | UnsetType | None = UNSET,
    now: datetime,
) -> None:
    """The account follows the target, or has asked to when the target is locked; a second time changes the options.

    Whoever asked and presses again when the target is open follows, without waiting for an answer.

    Counts change only when a follow is really new, whatever happens at the same time (case C10).
    Raises: NotFound for an account that is not there; Forbidden for oneself, or where either blocks the other;
    Invalid past the largest number of followed accounts.
    """
    if account_id == target_id:
        raise Forbidden("You cannot follow yourself")
    wanted = OptionsChange(
        show_reposts=show_reposts,
        notify=notify,
        languages=UNSET if languages is UNSET else rules.check_languages(languages),
    )
    await queries.pair_locked(tx, account_id, target_id)
    now_is = await queries.follow_situation(tx, account_id, target_id)
    if now_is is None or now_is["state"] >= State.SUSPENDED:
        raise NotFound
    if now_is["blocking"] or now_is["blocked_by"]:
        raise Forbidden
    if now_is["following"]:
        await queries.follow_changed(tx, account_id, target_id, change=wanted)
    elif now_is["requested"]:
        await queries.request_changed(tx, target_id, account_id, change=wanted)
        if not _must_ask(now_is):
            _check_room(now_is)
            await accept_request(tx, ids, target_id, account_id, now=now)
    elif _must_ask(now_is):
        _check_room(now_is)
        if await queries.new_request(tx, ids.next(), target_id, account_id, options=wanted.from_new, now=now):
            await events.record(tx, FollowRequested(account_id, target_id))
    else:
        _check_room(now_is)
        await _begin(tx, ids, account_id, target_id, wanted.from_new, now)


def _check_room(now_is: Row) -> None:
    if now_is["my_following"] >= rules.MOST_FOLLOWED:
        raise Invalid("base", f"You cannot follow more than {rules.MOST_FOLLOWED} accounts", "limit")


def _must_ask(now_is: Row) -> bool:
    return now_is["locked"] or now_is["my_state"] == State.LIMITED


async def _begin(
    tx: Connection, ids: IdSource, account_id: AccountId, target_id: AccountId, options: Options, now: datetime
) -> None:
    if await queries.new_follow(tx, ids.next(), account_id, target_id, options=options, now=now):
        await change_counters(tx, [(account_id, 1, 0), (target_id, 0, 1)])
        await events.record(tx, Followed(account_id, target_id))


async def unfollow(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    """The account neither follows the target nor asks to; undoing what was not done is no error.

    Raises: NotFound for an account that does not exist.
    """
    await _must_exist(tx, target_id)
    await queries.pair_locked(tx, account_id, target_id)
    await sever(tx, account_id, target_id)


async def remove_follower(tx: Connection, account_id: AccountId, follower_id: AccountId) -> None:
    """The follower no longer follows the account."""
    await unfollow(tx, follower_id, account_id)


async def sever(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    """No follow and no request lead from account to target. The caller holds the pair's lock."""
    asked = await queries.request_taken(tx, target_id, account_id)
    followed = await queries.follow_deleted(tx, account_id, target_id)
    if asked or followed:
        await list_queries.memberships_deleted(tx, account_id, target_id)
    if followed:
        await change_counters(tx, [(account_id, -1, 0), (target_id, 0, -1)])
        await events.record(tx, Unfollowed(account_id, target_id))


async def part(tx: Connection, account_id: AccountId, other_id: AccountId) -> None:
    """Neither follows the other or asks to, also when one of them is no more."""
    await queries.pair_locked(tx, account_id, other_id)
    await sever(tx, account_id, other_id)
    await sever(tx, other_id, account_id)


async def accept_request(
    tx: Connection, ids: IdSource, account_id: AccountId, requester_id: AccountId, *, now: datetime
) -> None:
    """Who asked follows now, as they wished.

    Raises: NotFound when they did not ask.
    """
    await queries.pair_locked(tx, account_id, requester_id)
    request = await queries.request_taken(tx, account_id, requester_id)
    if request is None:
        raise NotFound
    options = Options(show_reposts=request["show_reposts"], notify=request["notify"], languages=request["languages"])
    await _begin(tx, ids, requester_id, account_id, options, now)


async def reject_request(tx: Connection, account_id: AccountId, requester_id: AccountId) -> None:
    """The request is gone; who asked is told nothing.

    Raises: NotFound when they did not ask.
    """
    await queries.pair_locked(tx, account_id, requester_id)
    if await queries.request_taken(tx, account_id, requester_id) is None:
        raise NotFound
    await list_queries.memberships_deleted(tx, requester_id, account_id)


async def _must_exist(tx: Connection, account_id: AccountId) -> None:
    if not await queries.account_exists(tx, account_id):
        raise NotFound
