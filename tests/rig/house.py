"""A place with staff and a rule: olga owns it, mona and max moderate it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, PostId
from parvis.domain import moderation
from parvis.domain.accounts.types import Role
from parvis.domain.moderation import HouseRule, Order, Restriction, house_rules
from tests.rig.people import Person
from tests.rig.world import World

REASON = "It insults a neighbour by name."


@dataclass
class House:
    """Those who run it, and what they can do in one line."""

    world: World
    olga: Person
    mona: Person
    max: Person
    rule: HouseRule

    async def restricts(
        self,
        kind: Any,
        account_id: AccountId,
        post_id: PostId | None = None,
        *,
        by: Person | None = None,
        reason: str = REASON,
        report_id: int | None = None,
        now: datetime | None = None,
    ) -> Restriction:
        """The moderator (mona, if nobody is named) restricts the account or the post under the rule."""
        order = Order(
            kind=kind, account_id=account_id, post_id=post_id, rule_id=self.rule.id, reason=reason, report_id=report_id
        )
        return await moderation.restrict(self.world.services, (by or self.mona).id, order, now=now or utc_now())

    async def lifts(self, one: Restriction, *, by: Person | None = None) -> None:
        """The moderator lifts it."""
        actor = (by or self.mona).id
        await moderation.lift(self.world.services, actor, one.id, why="It was a mistake of ours.", now=utc_now())


async def furnished(world: World) -> House:
    """The place with its staff and its rule."""
    olga = await world.person("olga", role=Role.OWNER)
    mona = await world.person("mona", role=Role.MODERATOR)
    other = await world.person("max", role=Role.MODERATOR)
    async with world.services.db.transaction() as tx:
        rule = await house_rules.add(tx, world.services.ids, text="Be kind to one another.", now=utc_now())
    await world.settle()
    return House(world, olga, mona, other, rule)
