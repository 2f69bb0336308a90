"""What the pages of moderators have in common: the form of a restriction, lifting one, and how either is shown."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.console.routing import ask_first, page
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Account, Viewer
from parvis.domain.moderation import Order, Restriction, house_rules
from parvis.domain.moderation.types import ACCOUNT_KINDS, POST_KINDS
from parvis.domain.moderation.words import NAMES
from parvis.domain.posts import PostAsItWas
from parvis.infra.catalogues import later
from parvis.infra.html.paths import safe_path
from parvis.infra.html.visit import Answer, Page, Redirect, Visit
from parvis.infra.text import clean

# What a kind is called by whoever chooses it, and what it does.
EFFECTS = {
    "freeze": (later("Freeze"), later("Cannot write or use apps. Nothing is hidden.")),
    "limit": (later("Limit their reach"), later("Strangers do not meet them in trends, search and the square.")),
    "suspend": (later("Suspend"), later("Nothing from them or to them passes. You give your password again.")),
    "withhold": (later("Withhold"), later("Only its author sees it.")),
    "warn_media": (later("Mark as sensitive"), later("It is shown behind a warning.")),
}


class Restricting(msgspec.Struct, frozen=True):
    """The form of a restriction."""

    kind: str = ""
    rule_id: int | None = None
    reason: str = ""


class Lifting(msgspec.Struct, frozen=True):
    restriction_id: int
    reason: str = ""
    return_to: str = ""


async def restrict(
    visit: Visit[Viewer, Any],
    account_id: AccountId,
    post_id: PostId | None,
    *,
    return_to: str,
    report_id: int | None = None,
) -> Redirect:
    """The form is obeyed; a suspension only from somebody who has just proved who they are."""
    wanted = visit.params
    if wanted.kind == "suspend":
        async with visit.connection() as visit.db:
            typed = {"kind": wanted.kind, "rule_id": str(wanted.rule_id or ""), "reason": wanted.reason}
            asked = await ask_first(visit, return_to, typed)
        if asked is not None:
            return asked
    order = Order(
        kind=wanted.kind,
        account_id=account_id,
        post_id=post_id,
        rule_id=wanted.rule_id or 0,
        reason=wanted.reason,
        report_id=report_id,
    )
    done = await moderation.restrict(visit.services, visit.me, order, now=visit.now)
    asked_for, held = (visit.me, order.rule_id, clean(order.reason)), (done.moderator_id, done.rule_id, done.reason)
    return Redirect(return_to, notice="restricted" if asked_for == held else "restricted-before")


async def form_parts(visit: Visit[Viewer, Any], *, post: bool) -> dict[str, Any]:
    """What the form of a restriction offers."""
    return {
        "kinds": [choice(visit, kind) for kind in (POST_KINDS if post else ACCOUNT_KINDS)],
        "rules": await house_rules.current(visit.db),
    }


def choice(visit: Visit[Viewer, Any], kind: str, about: PostAsItWas | None = None) -> dict[str, str]:
    """A kind to be chosen; where it is for one of several posts, with the beginning of that post."""
    name, effect = EFFECTS[kind]
    return {
        "value": kind if about is None else f"{kind}:{about.id}",
        "name": visit.text(name),
        "effect": visit.text(effect),
        "excerpt": "" if about is None else " ".join((about.warning or about.text).split())[:60],
    }


async def shown(visit: Visit[Viewer, Any], found: list[Restriction]) -> list[dict[str, Any]]:
    """The restrictions with the names of who decided and of whom they are about: staff may know one another."""
    ids = {one.moderator_id for one in found} | {one.account_id for one in found}
    ids |= {one.lifted_by_id for one in found if one.lifted_by_id is not None}
    ids |= {one.appeal.decided_by_id for one in found if one.appeal and one.appeal.decided_by_id is not None}
    people = await accounts.by_ids(visit.db, sorted(ids))
    return [
        {
            "about": one,
            "name": visit.text(NAMES[one.kind]),
            "whose": people.get(one.account_id),
            "by": handle(people, one.moderator_id),
            "lifted_by": handle(people, one.lifted_by_id),
            "decided_by": handle(people, one.appeal.decided_by_id) if one.appeal else "",
            "in_force": one.lifted_at is None,
            "mine": one.moderator_id == visit.me,
        }
        for one in found
    ]


def handle(people: dict[AccountId, Account], account_id: AccountId | None) -> str:
    """`@mona`, or a dash for somebody who is gone."""
    return f"@{people[account_id].handle}" if account_id is not None and account_id in people else "–"


async def _lift_page(visit: Visit[Viewer, Lifting]) -> Page:
    async with visit.connection() as visit.db:
        one = await moderation.restriction(visit.db, visit.params.restriction_id)
        (seen,) = await shown(visit, [one])
    return Page("console/lift.html", {"one": seen, "return_to": safe_path(visit.params.return_to, "/console/people")})


@page("GET", "/console/restrictions/{restriction_id:str}/lift", audience="moderator", params=Lifting)
async def lift_form(visit: Visit[Viewer, Lifting]) -> Answer:
    """Why it should be in force no more."""
    return await _asked_to_lift(visit) or await _lift_page(visit)


@page(
    "POST",
    "/console/restrictions/{restriction_id:str}/lift",
    audience="moderator",
    params=Lifting,
    again=_lift_page,
    connects=False,
)
async def lift(visit: Visit[Viewer, Lifting]) -> Answer:
    """It is in force no more, and whoever it was is told."""
    wanted = visit.params
    if asked := await _asked_to_lift(visit):
        return asked
    await moderation.lift(visit.services, visit.me, wanted.restriction_id, why=wanted.reason, now=visit.now)
    return Redirect(safe_path(wanted.return_to, "/console/people"), notice="lifted")


async def _asked_to_lift(visit: Visit[Viewer, Lifting]) -> Redirect | None:
    """Whoever ends a suspension has just proved who they are, or is asked to: before they write why."""
    wanted = visit.params
    async with visit.connection() as visit.db:
        one = await moderation.restriction(visit.db, wanted.restriction_id)
        if one.kind != "suspend" or one.lifted_at is not None:
            return None
        here = f"/console/restrictions/{one.id}/lift"
        return await ask_first(visit, here, {"return_to": wanted.return_to, "reason": wanted.reason})
