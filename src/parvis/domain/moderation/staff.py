"""Who runs the place: owners make and unmake moderators, and other owners; nobody lifts themselves."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Forbidden
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.accounts.types import Account, Role, State
from parvis.domain.moderation import log
from parvis.domain.moderation.restriction_rules import may_act_upon
from parvis.infra.postgres import Connection


def may_give(actor: Role, held: Role, given: Role, *, own: bool) -> bool:
    """Whether somebody may change a role: owners, those of people below them; from their own they may step down."""
    if actor < Role.OWNER:
        return False
    return given < held if own else may_act_upon(actor, held)


async def current(db: Connection) -> list[Account]:
    """Owners first, then moderators, each in the order in which they came."""
    ids = await accounts.staff_ids(db)
    people = await accounts.by_ids(db, ids)
    return [people[one] for one in ids if one in people]


async def give_role(tx: Connection, actor_id: AccountId | None, target: Account, *, role: Role, now: datetime) -> bool:
    """The account has that role, which the log says; whether it had another before. `actor_id` None: the command line.

    Raises: Forbidden where the actor may not (case D1), for the only owner (case D5), and for who has no login here.
    Nobody rises while suspended; a role can be taken away from them like from anybody.
    """
    held = await accounts.roles_locked(tx, {target.id} if actor_id is None else {target.id, actor_id})
    if target.id not in held or (target.state >= State.SUSPENDED and role > held[target.id]):
        raise Forbidden("Only somebody who can sign in here can have a role.")
    before, own = held[target.id], actor_id == target.id
    if actor_id is not None and not may_give(held.get(actor_id, Role.MEMBER), before, role, own=own):
        raise Forbidden("You can change the roles of those below you alone.")
    if before == role:
        return False
    await accounts.set_role(tx, target.id, role=role)
    await log.record(
        tx,
        actor_id=actor_id,
        act="role.give",
        subject=f"account:{target.id}",
        details={"before": before.name.lower(), "role": role.name.lower()},
        now=now,
    )
    return True
