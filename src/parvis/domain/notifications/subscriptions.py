"""Web push subscriptions: which app hears of what. One for each token, and gone with it."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, IdSource
from parvis.base.settings import Settings
from parvis.domain.notifications import push_queries as queries
from parvis.domain.notifications.calling import receiver
from parvis.domain.notifications.types import KINDS
from parvis.infra import sealing
from parvis.infra.postgres import Connection, Row
from parvis.infra.secrets import Secrets

PushPolicy = Literal["all", "followed", "follower", "none"]
# What an app may ask to hear of: besides our kinds some that never happen here, so that it finds what it chose.
# What moderators decide about somebody is told by a letter and a page; clients know no alert of it.
ALERTS: tuple[str, ...] = (*(one for one in KINDS if one != "moderation_warning"), "sign_up", "report")


class Subscription(msgspec.Struct, frozen=True):
    """Where an app wants to be told (`endpoint`), of which kinds (`alerts`), and from whom (`policy`)."""

    id: int
    endpoint: str
    standard: bool
    alerts: frozenset[str]
    policy: PushPolicy


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an app asks for. `token` is its own, which it will find in every message."""

    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    alerts: Sequence[str]
    policy: PushPolicy
    token: str


async def subscribe(
    tx: Connection,
    ids: IdSource,
    account: AccountId,
    token_id: int,
    *,
    wish: Wish,
    settings: Settings,
    secrets: Secrets,
    now: datetime,
) -> Subscription:
    """The token has this subscription, instead of the one it may have had.

    Raises: Invalid for an address where this server does not go, or keys that are none.
    """
    keys = receiver(wish.endpoint, wish.p256dh, wish.auth, settings=settings)
    row = await queries.subscribe(
        tx,
        account,
        ids.next_small(),
        token_id,
        token=sealing.seal(secrets, wish.token, about=sealed_about(token_id)),
        endpoint=wish.endpoint,
        point=keys.point,
        auth=keys.auth,
        standard=wish.standard,
        alerts=[one for one in ALERTS if one in wish.alerts],
        policy=wish.policy,
        now=now,
    )
    return _subscription(row)


async def subscription(db: Connection, account: AccountId, token_id: int) -> Subscription:
    """The token's subscription. Raises: NotFound."""
    row = await queries.of_token(db, account, token_id)
    if row is None:
        raise NotFound
    return _subscription(row)


async def change_subscription(
    tx: Connection, account: AccountId, token_id: int, *, alerts: Sequence[str] | None, policy: PushPolicy | None
) -> Subscription:
    """The token's subscription hears of these kinds from these people; None leaves it as it is. Raises: NotFound."""
    row = await queries.changed(tx, account, token_id, alerts=alerts, policy=policy)
    if row is None:
        raise NotFound
    return _subscription(row)


async def unsubscribe(tx: Connection, account: AccountId, token_id: int) -> None:
    """The token has no subscription."""
    await queries.delete_of_token(tx, account, token_id)


async def unsubscribe_by_key(tx: Connection, secrets: Secrets, key: str) -> None:
    """The subscription whose push service holds this key is gone. Raises: NotFound for a key we did not make."""
    account, _, rest = key.partition("-")
    number, _, _ = rest.partition("-")
    if not (account.isdigit() and number.isdigit() and len(key) < 100 and key.isascii()):
        raise NotFound
    if not hmac.compare_digest(key, unsubscribe_key(secrets, AccountId(int(account)), int(number))):
        raise NotFound
    await queries.delete(tx, AccountId(int(account)), int(number))


def unsubscribe_key(secrets: Secrets, account: AccountId, subscription_id: int) -> str:
    """What a push service may end the subscription with, and nobody else can make."""
    proof = secrets.keyed_hash("push", f"unsubscribe {account} {subscription_id}").hex()[:32]
    return f"{account}-{subscription_id}-{proof}"


def sealed_about(token_id: int) -> str:
    """What the sealed token of a subscription is."""
    return f"push token {token_id}"


def _subscription(row: Row) -> Subscription:
    return Subscription(row["id"], row["endpoint"], row["standard"], frozenset(row["alerts"]), row["policy"])
