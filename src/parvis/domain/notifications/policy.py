"""What becomes of notifications from people one does not know: accepted, filtered into requests, or dropped."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from parvis.base.ids import AccountId
from parvis.domain.notifications import policy_queries as queries
from parvis.infra.postgres import Connection, Row

Treatment = Literal["accept", "filter", "drop"]
TREATMENTS: tuple[Treatment, ...] = ("accept", "filter", "drop")


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """By kind of sender. The defaults are those of somebody who never chose."""

    not_following: Treatment = "accept"
    not_followers: Treatment = "accept"
    new_accounts: Treatment = "accept"
    private_mentions: Treatment = "accept"
    limited_accounts: Treatment = "filter"
    bots: Treatment = "accept"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What should become different; what is UNSET stays."""

    not_following: Treatment | UnsetType = UNSET
    not_followers: Treatment | UnsetType = UNSET
    new_accounts: Treatment | UnsetType = UNSET
    private_mentions: Treatment | UnsetType = UNSET
    limited_accounts: Treatment | UnsetType = UNSET
    bots: Treatment | UnsetType = UNSET


class Waiting(msgspec.Struct, frozen=True):
    """How many requests wait, and how many notifications in them; counted up to a hundred requests."""

    requests: int
    notifications: int


async def policy_of(db: Connection, account: AccountId) -> tuple[Policy, Waiting]:
    """The account's policy and what it has kept back."""
    row = await queries.policy(db, account)
    return _policy(row), Waiting(row["requests"], row["notifications"])


async def change_policy(tx: Connection, account: AccountId, change: Change) -> None:
    """The account's policy is changed; what came before stays where it is."""
    chosen = {
        name: TREATMENTS.index(value) for name, value in msgspec.structs.asdict(change).items() if value is not UNSET
    }
    if chosen:
        present = {name: TREATMENTS.index(value) for name, value in msgspec.structs.asdict(Policy()).items()}
        await queries.set_policy(tx, account, defaults=present, chosen=chosen)


def _policy(row: Row) -> Policy:
    if row["account_id"] is None:
        return Policy()
    chosen: dict[str, Treatment] = {name: TREATMENTS[row[name]] for name in Policy.__struct_fields__}
    return Policy(**chosen)
