"""Reports, for moderators: what was reported, as it was then, and in one place what can be done about it."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.console import restricting
from parvis.console.posts import reachable
from parvis.console.routing import page
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Viewer
from parvis.domain.moderation import Evidence, Report, house_rules
from parvis.domain.moderation.types import ACCOUNT_KINDS, POST_KINDS
from parvis.infra.catalogues import later
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

LIMIT = 20
HERE = "/console/reports"
CATEGORIES = {
    "violation": later("It breaks a rule of this place"),
    "spam": later("It is spam"),
    "legal": later("It is against the law"),
    "other": later("Something else"),
}


class Wanted(msgspec.Struct, frozen=True):
    after: int = 0


class One(msgspec.Struct, frozen=True):
    report_id: int


class Restricted(restricting.Restricting, frozen=True, kw_only=True):
    """`kind` of a post: `withhold:123`."""

    report_id: int


class Dismissed(msgspec.Struct, frozen=True):
    report_id: int
    answer: str = ""


@page("GET", HERE, audience="moderator", params=Wanted)
async def listing(visit: Visit[Viewer, Wanted]) -> Answer:
    """Those that nobody has decided, the oldest first."""
    found = await moderation.reports.waiting(visit.db, reader_id=visit.me, limit=LIMIT + 1, after=visit.params.after)
    more = with_query(HERE, {"after": str(found[LIMIT - 1].id)}) if len(found) > LIMIT else None
    return Page("console/reports.html", {"reports": await _shown(visit, found[:LIMIT]), "next": more})


async def _report(visit: Visit[Viewer, Any]) -> Page:
    one = await moderation.reports.readable(visit.db, visit.me, visit.params.report_id)
    evidence = one.evidence or Evidence()
    standing = await moderation.standing(visit.db, one.target_id)
    choices = [restricting.choice(visit, kind, post) for post in evidence.posts for kind in POST_KINDS]
    choices += [restricting.choice(visit, kind) for kind in ACCOUNT_KINDS]
    return Page(
        "console/report.html",
        {
            "report": (await _shown(visit, [one]))[0],
            "may_clear": await moderation.may_clear(visit.db, visit.me, one.target_id),
            "evidence_of": evidence,
            "choices": choices,
            "rules": await house_rules.current(visit.db),
            "restrictions": await restricting.shown(visit, [one for one in standing if one.lifted_at is None]),
        },
    )


@page("GET", HERE + "/{report_id:str}", audience="moderator", params=One)
async def report(visit: Visit[Viewer, One]) -> Answer:
    """What was reported, and what can be done."""
    return await _report(visit)


@page(
    "POST", HERE + "/{report_id:str}/restrict", audience="moderator", params=Restricted, again=_report, connects=False
)
async def restrict(visit: Visit[Viewer, Restricted]) -> Answer:
    """The account or one of the posts is restricted, the report is decided, both people are told."""
    wanted = visit.params
    async with visit.services.db.connection() as db:
        one = await moderation.reports.readable(db, visit.me, wanted.report_id)
    kind, _, number = wanted.kind.partition(":")
    post = reachable((one.evidence or Evidence()).posts, int(number) if number.isdecimal() else None)
    visit.params = msgspec.structs.replace(wanted, kind=kind)
    done = await restricting.restrict(
        visit,
        one.target_id,
        None if post is None else PostId(post.id),
        return_to=f"{HERE}/{one.id}",
        report_id=one.id,
    )
    return done if done.path.startswith("/prove") else Redirect(HERE, notice=done.notice)


@page("POST", HERE + "/{report_id:str}/dismiss", audience="moderator", params=Dismissed, again=_report, connects=False)
async def dismiss(visit: Visit[Viewer, Dismissed]) -> Answer:
    """No rule is broken, and whoever reported is told why."""
    wanted = visit.params
    async with visit.services.db.connection() as db:
        await moderation.reports.readable(db, visit.me, wanted.report_id)
    await moderation.reports.dismiss(visit.services, visit.me, wanted.report_id, answer=wanted.answer, now=visit.now)
    return Redirect(HERE, notice="saved")


async def _shown(visit: Visit[Viewer, Any], found: list[Report]) -> list[dict[str, Any]]:
    ids: set[AccountId] = {one.account_id for one in found} | {one.target_id for one in found}
    ids |= {one.decided_by_id for one in found if one.decided_by_id is not None}
    people = await accounts.by_ids(visit.db, sorted(ids))
    rules = await house_rules.words_of(visit.db, sorted({rule_id for one in found for rule_id in one.rule_ids}))
    return [
        {
            "about": one,
            "category": visit.text(CATEGORIES[one.category]),
            "rules": [rules[rule_id] for rule_id in one.rule_ids if rule_id in rules],
            "by": restricting.handle(people, one.account_id),
            "whose": people.get(one.target_id),
            "decided_by": restricting.handle(people, one.decided_by_id),
            "own": visit.me == one.account_id,
        }
        for one in found
    ]
