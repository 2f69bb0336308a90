"""Restricting an account or a post under a published rule, with a reason; lifting that; and appeals, judged by somebody else.

Everything an act means is true together: the restriction with its evidence, what it does to sight and doors, the line in
the log of staff acts, the letter and the notification. What is refused changes nothing, and is in that log as well.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from parvis.base.errors import Conflict, Forbidden, Invalid, NotFound
from parvis.base.events import AccountWarned
from parvis.base.ids import AccountId
from parvis.domain import accounts, posts
from parvis.domain.moderation import (
    acting,
    house_rule_queries,
    letters,
    report_queries,
    reports,
    restriction_queries,
    restriction_rules,
)
from parvis.domain.moderation.types import Evidence, HouseRule, Order, Person, Restriction
from parvis.infra import events
from parvis.infra import text as texts
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


async def restrict(services: Services, actor_id: AccountId, order: Order, *, now: datetime) -> Restriction:
    """The account or the post is restricted, and whoever it is has been told why; once, however often it is asked for.

    The answer is what is in force: of this order, or of an earlier one, whose rule and reason stand.

    Raises: NotFound for what is not there; Forbidden for oneself and for somebody of one's own rank or a higher one;
    Invalid for a rule that does not hold, or a reason that is none.
    """
    act, subject = f"{_noun(order.post_id)}.{order.kind}", _subject(order.account_id, order.post_id)

    async def do(tx: Connection) -> Restriction:
        await acting.check_rank(tx, actor_id, order.account_id)
        restriction_rules.check_order(order)
        reason = restriction_rules.check_reason("reason", order.reason)
        rule = await _rule(tx, order.rule_id)
        await accounts.lock_standing(tx, order.account_id)
        known, new = (await restriction_queries.in_force(tx, order.account_id, order.post_id)).get(order.kind), False
        if known is None:
            known, new = await _restrict(tx, services, actor_id, order, rule, reason, now), True
        settles = order.report_id is not None and await reports.settle(
            tx, actor_id, order.report_id, order.account_id, outcome="restricted", answer=reason, now=now
        )
        if new or settles:
            details = {
                "rule_id": order.rule_id,
                "reason": reason,
                "restriction_id": known,
                "report_id": order.report_id,
            }
            await acting.note(tx, actor_id, act, subject, details, now=now)
        return (await restriction_queries.by_ids(tx, [known]))[0]

    return await acting.acted(services, actor_id, act, subject, do, now)


async def lift(services: Services, actor_id: AccountId, restriction_id: int, *, why: str, now: datetime) -> None:
    """The restriction is in force no more, and whoever it was has been told; one that was lifted before stays so.

    Raises: NotFound; Forbidden by rank; Invalid without a reason.
    """
    about = await _named(services, restriction_id)
    subject = _subject(about.account_id, about.post_id)

    async def do(tx: Connection) -> None:
        await acting.check_rank(tx, actor_id, about.account_id)
        reason = restriction_rules.check_reason("reason", why)
        one = await _locked(tx, about)
        if one.lifted_at is None:
            await _lift(tx, one, actor_id, reason, now)
            await letters.want_statement(tx, one.id, "lifted")
            details = {"restriction_id": one.id, "kind": one.kind, "reason": reason}
            await acting.note(tx, actor_id, "restriction.lift", subject, details, now=now)

    await acting.acted(services, actor_id, "restriction.lift", subject, do, now)


async def appeal(tx: Connection, account_id: AccountId, restriction_id: int, *, text: str, now: datetime) -> None:
    """Somebody else than who restricted will look at it again.

    Raises: NotFound for what is not the account's own; Conflict when it was appealed before, is lifted, or too old.
    """
    text = texts.clean(text)
    if not text:
        raise Invalid("text", "Validation failed: Text can't be blank", "blank")
    if len(text) > restriction_rules.LONGEST_REASON:
        raise Invalid(
            "text", f"Validation failed: Text is longer than {restriction_rules.LONGEST_REASON} characters", "too_long"
        )
    one = await restriction_queries.locked(tx, restriction_id)
    if one is None or one.account_id != account_id:
        raise NotFound
    if one.appeal is not None and one.appeal.text == text:
        return  # the form was sent twice
    if not one.may_be_appealed(now) or not await restriction_queries.new_appeal(tx, one.id, account_id, text, now):
        raise Conflict("This cannot be appealed any more")


async def decide_appeal(
    services: Services, actor_id: AccountId, restriction_id: int, *, lifts: bool, answer: str, now: datetime
) -> None:
    """The restriction is lifted or stays, and whoever it is has been told why; that is the last word here.

    Raises: NotFound without an open appeal; Forbidden for who restricted, and by rank; Invalid without a reason.
    """
    about = await _named(services, restriction_id)
    act, subject = ("appeal.lift" if lifts else "appeal.uphold"), _subject(about.account_id, about.post_id)

    async def do(tx: Connection) -> None:
        await acting.check_rank(tx, actor_id, about.account_id)
        if actor_id == about.moderator_id:
            raise Forbidden("Somebody else than who restricted decides about an appeal.")
        reason = restriction_rules.check_reason("answer", answer)
        one = await _locked(tx, about)
        if one.appeal is None:
            raise NotFound
        if (one.appeal.decided_by_id, one.appeal.lifts) == (actor_id, lifts):
            return  # the form was sent twice
        if one.lifted_at is not None:
            raise NotFound
        if one.appeal.decided_at is not None:
            raise Conflict
        await restriction_queries.appeal_decided(tx, one.id, actor_id, lifts=lifts, answer=reason, now=now)
        if lifts:
            await _lift(tx, one, actor_id, reason, now)
        await letters.want_statement(tx, one.id, "lifted" if lifts else "upheld")
        details = {"restriction_id": one.id, "kind": one.kind, "answer": reason}
        await acting.note(tx, actor_id, act, subject, details, now=now)

    await acting.acted(services, actor_id, act, subject, do, now)


async def _rule(tx: Connection, rule_id: int) -> HouseRule:
    rule = next((one for one in await house_rule_queries.house_rules(tx) if one.id == rule_id), None)
    if rule is None:
        raise Invalid("rule_id", "Validation failed: Rule does not hold", "unknown_rule")
    return rule


async def _restrict(
    tx: Connection,
    services: Services,
    actor_id: AccountId,
    order: Order,
    rule: HouseRule,
    reason: str,
    now: datetime,
) -> int:
    one = Restriction(
        id=services.ids.next(),
        account_id=order.account_id,
        post_id=order.post_id,
        kind=order.kind,
        rule_id=rule.id,
        rule_text=rule.text,
        reason=reason,
        moderator_id=actor_id,
        report_id=order.report_id,
        evidence=await _evidence(tx, order),
        appeal_until=now + timedelta(days=max(1, services.settings.appeal_days)),
        made_at=now,
        lifted_at=None,
        lifted_by_id=None,
        lifted_why=None,
    )
    if await restriction_queries.new_restriction(tx, one) is None:
        raise Conflict
    await _take_effect(tx, one)
    await letters.want_statement(tx, one.id, "made")
    await events.record(tx, AccountWarned(account_id=one.account_id, restriction_id=one.id))
    return one.id


async def _lift(tx: Connection, one: Restriction, by_id: AccountId, why: str, now: datetime) -> None:
    await restriction_queries.lifted(tx, one.id, by_id, why, now)
    await _take_effect(tx, one)


async def _take_effect(tx: Connection, one: Restriction) -> None:
    """What is in force now is what every room below goes by, from this transaction on."""
    kinds = await restriction_queries.in_force(tx, one.account_id, one.post_id)
    if one.post_id is None:
        state, frozen = restriction_rules.standing_of(kinds)
        await accounts.restrict(tx, one.account_id, state=state, frozen=frozen)
    else:
        await posts.restrict_post(
            tx, one.account_id, one.post_id, withheld="withhold" in kinds, warned="warn_media" in kinds
        )


async def _evidence(tx: Connection, order: Order) -> Evidence:
    """What was there: the post, or the person and the posts of the report, by value."""
    if order.post_id is not None:
        found = await posts.as_they_are(tx, [order.post_id])
        if not found or found[0].account_id != order.account_id:
            raise NotFound
        return Evidence(posts=found)
    person = await accounts.by_id(tx, order.account_id)
    fields = [(one.name, one.value) for one in person.fields]
    reported = None if order.report_id is None else await report_queries.report_by_id(tx, order.report_id)
    if order.report_id is not None and (reported is None or reported.target_id != order.account_id):
        raise NotFound
    kept = [] if reported is None or reported.evidence is None else reported.evidence.posts
    return Evidence(Person(person.handle, person.display_name, person.note, fields), kept)


async def _named(services: Services, restriction_id: int) -> Restriction:
    async with services.db.connection() as db:
        found = await restriction_queries.by_ids(db, [restriction_id])
    if not found:
        raise NotFound
    return found[0]


async def _locked(tx: Connection, about: Restriction) -> Restriction:
    """The account first, as everywhere, so that nobody waits in a circle; what became of one that is gone is decided too."""
    with suppress(NotFound):
        await accounts.lock_standing(tx, about.account_id)
    one = await restriction_queries.locked(tx, about.id)
    assert one is not None
    return one


def _noun(post_id: int | None) -> str:
    return "account" if post_id is None else "post"


def _subject(account_id: AccountId, post_id: int | None) -> str:
    return f"account:{account_id}" if post_id is None else f"post:{post_id}"
