"""Conversation: ours as theirs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import Addresses
from parvis.api.entities.status import Status
from parvis.base.ids import AccountId
from parvis.domain.accounts.types import Account as Person
from parvis.domain.timelines.conversations import Conversation as OurConversation


class Conversation(msgspec.Struct, frozen=True):
    id: str
    unread: bool
    accounts: list[Account]
    last_status: Status | msgspec.Raw | None


def present_conversation(
    one: OurConversation,
    people: Mapping[AccountId, Person],
    last: Status | msgspec.Raw | None,
    to: Addresses,
    *,
    own_id: AccountId,
) -> Conversation:
    """The conversation with those of its people who are still here; with oneself when there was nobody else."""
    with_ids = one.with_ids or [own_id]
    accounts = [present_account(people[i], to) for i in with_ids if i in people]
    return Conversation(str(one.id), one.unread, accounts, last)
