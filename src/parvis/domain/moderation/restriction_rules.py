"""Decisions about restrictions that need no I/O."""

from __future__ import annotations

from collections.abc import Collection

from parvis.base.errors import Forbidden, Invalid
from parvis.domain.accounts import Role, State
from parvis.domain.moderation.types import ACCOUNT_KINDS, POST_KINDS, Kind, Order
from parvis.infra import text as texts

SHORTEST_REASON = 10
LONGEST_REASON = 2_000


def may_act_upon(actor: Role, target: Role) -> bool:
    """Whether staff of one rank may do something to somebody of the other: only to those below them (case D1)."""
    return actor > Role.MEMBER and actor > target


def may_clear(actor: Role, target: Role) -> bool:
    """Whether staff may find somebody without fault: those who could act upon them, and owners among themselves, above whom
    there is nobody."""
    return may_act_upon(actor, target) or actor == target == Role.OWNER


def check_rank(actor: Role, subject: Role) -> None:
    """The one may act upon the other. Raises: Forbidden."""
    if not may_act_upon(actor, subject):
        raise Forbidden("You cannot act on somebody of your own rank, or of a higher one.")


def check_order(order: Order) -> None:
    """The kind fits what it is about. Raises: Invalid."""
    if order.kind not in (ACCOUNT_KINDS if order.post_id is None else POST_KINDS):
        raise Invalid("kind", "Validation failed: Kind does not fit", "inclusion")


def check_reason(field: str, reason: str) -> str:
    """The words, cleaned. Raises: Invalid when they are too few to be a reason, or too many to be read."""
    reason = texts.clean(reason)
    if len(reason) < SHORTEST_REASON:
        raise Invalid(field, f"Validation failed: A reason has at least {SHORTEST_REASON} characters", "too_short")
    if len(reason) > LONGEST_REASON:
        raise Invalid(field, f"Validation failed: A reason has at most {LONGEST_REASON} characters", "too_long")
    return reason


def standing_of(in_force: Collection[Kind]) -> tuple[State, bool]:
    """How an account stands under these restrictions: its state, and whether it is frozen."""
    state = State.SUSPENDED if "suspend" in in_force else State.LIMITED if "limit" in in_force else State.ACTIVE
    return state, "freeze" in in_force
