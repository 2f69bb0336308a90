"""AccountWarning: our restriction as theirs."""

from __future__ import annotations

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import Addresses
from parvis.base.clock import iso_ms
from parvis.domain.accounts.types import Account as Person
from parvis.domain.moderation import Appeal as OurAppeal
from parvis.domain.moderation import Restriction

ACTIONS: dict[str, str] = {
    "freeze": "disable",
    "limit": "silence",
    "suspend": "suspend",
    "withhold": "delete_statuses",
    "warn_media": "mark_statuses_as_sensitive",
}


class Appeal(msgspec.Struct, frozen=True):
    text: str
    state: str


class AccountWarning(msgspec.Struct, frozen=True):
    id: str
    action: str
    text: str
    status_ids: list[str] | None
    target_account: Account
    appeal: Appeal | None
    created_at: str


def present_warning(one: Restriction, person: Person, to: Addresses) -> AccountWarning:
    """The restriction of that person; its text names the rule, then the reason."""
    return AccountWarning(
        id=str(one.id),
        action=ACTIONS[one.kind],
        text=f"{one.rule_text}\n\n{one.reason}",
        status_ids=None if one.post_id is None else [str(one.post_id)],
        target_account=present_account(person, to),
        appeal=None if one.appeal is None else Appeal(one.appeal.text, _state(one.appeal)),
        created_at=iso_ms(one.made_at),
    )


def _state(appeal: OurAppeal) -> str:
    if appeal.decided_at is None:
        return "pending"
    return "approved" if appeal.lifts else "rejected"
