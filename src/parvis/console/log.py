"""What those who run the place did and were refused, newest first; nobody can change it here or anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.console.routing import page
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Account, Viewer
from parvis.domain.moderation import Act
from parvis.infra.catalogues import later
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Visit

LIMIT = 40

# What they did, as a heading. An act that has no words here is shown by its name.
ACTS: dict[str, str] = {
    "account.confirm": later("Confirmed an address"),
    "account.freeze": later("Froze an account"),
    "account.limit": later("Limited an account"),
    "account.make": later("Made an account"),
    "account.reset": later("Sent a link to a new password"),
    "account.suspend": later("Suspended an account"),
    "appeal.lift": later("Lifted it upon an appeal"),
    "appeal.uphold": later("Left it as it was upon an appeal"),
    "announcement.add": later("Announced something"),
    "announcement.change": later("Changed an announcement"),
    "announcement.end": later("Ended an announcement"),
    "announcement.remove": later("Removed an announcement"),
    "console.act": later("Tried what is not theirs"),
    "emoji.add": later("Added an emoji"),
    "emoji.disable": later("Let an emoji rest"),
    "emoji.enable": later("Showed an emoji again"),
    "emoji.remove": later("Removed an emoji"),
    "gate.command": later("Told the gate what to do"),
    "invitation.make": later("Made an invitation"),
    "jobs.drop": later("Dropped work that failed"),
    "jobs.retry": later("Had work tried again"),
    "owner.become": later("Became the owner"),
    "owner.link": later("Asked for a link that makes an owner"),
    "place.back": later("Went back to the release before"),
    "place.restore": later("Brought the place back from a copy"),
    "place.upgrade": later("Went over to another release"),
    "post.warn_media": later("Marked a post as sensitive"),
    "post.withhold": later("Withheld a post"),
    "receipts.again": later("Had receipts tried again"),
    "report.decide": later("Decided a report"),
    "report.dismiss": later("Found no rule broken"),
    "restriction.lift": later("Lifted a restriction"),
    "role.give": later("Gave somebody a role"),
    "rule.add": later("Published a rule"),
    "rule.change": later("Changed a rule"),
    "rule.remove": later("Removed a rule"),
    "session.end": later("Ended a session of the database"),
    "setting.change": later("Changed a setting"),
    "token.make": later("Made a token"),
}


class Wanted(msgspec.Struct, frozen=True):
    """Whose acts, or acts upon whom; which act; older than which entry."""

    person: str = ""
    act: str = ""
    before: int | None = None


@page("GET", "/console/log", audience="moderator", params=Wanted)
async def show(visit: Visit[Viewer, Wanted]) -> Answer:
    """Who did what, to whom, when, and what they said about it."""
    wanted = visit.params
    person_id, unknown = await _person(visit, wanted.person)
    found = (
        []
        if unknown
        else await moderation.log.entries(
            visit.db, person_id=person_id, act=wanted.act, before=wanted.before, limit=LIMIT + 1
        )
    )
    shown = found[:LIMIT]
    people = await accounts.by_ids(visit.db, sorted(_people_of(shown)))
    query = {name: value for name, value in (("person", wanted.person), ("act", wanted.act)) if value}
    parts = {
        "entries": [_entry(visit, one, people) for one in shown],
        "next": with_query("/console/log", query | {"before": str(shown[-1].id)}) if len(found) > LIMIT else None,
        "person": wanted.person,
        "act": wanted.act,
        "acts": [(name, visit.text(ACTS[name]) if name in ACTS else name) for name in await _names(visit)],
        "unknown": unknown,
    }
    return Page("console/_log.html" if visit.swaps else "console/log.html", parts)


async def _person(visit: Visit[Viewer, Wanted], handle: str) -> tuple[AccountId | None, bool]:
    """Who is meant, and whether nobody of that name is known."""
    if not handle.strip():
        return None, False
    try:
        return (await accounts.by_handle(visit.db, handle, domain=visit.settings.domain)).id, False
    except NotFound:
        return None, True


async def _names(visit: Visit[Viewer, Wanted]) -> list[str]:
    return await moderation.log.acts_known(visit.db)


def _people_of(entries: list[Act]) -> set[AccountId]:
    return {found for one in entries for found in (one.actor_id, account_in(one.subject)) if found is not None}


def account_in(subject: str) -> AccountId | None:
    """The account that `account:123` means."""
    kind, _, number = subject.partition(":")
    return AccountId(int(number)) if kind == "account" and number.isdecimal() else None


def _entry(visit: Visit[Viewer, Any], one: Act, people: Mapping[AccountId, Account]) -> dict[str, Any]:
    target_id = account_in(one.subject)
    actor = people.get(one.actor_id) if one.actor_id is not None else None
    return {
        "id": one.id,
        "at": one.at,
        "words": visit.text(ACTS[one.act]) if one.act in ACTS else one.act,
        "actor": actor,
        "by_command": one.actor_id is None,
        "target": people.get(target_id) if target_id is not None else None,
        "subject": one.subject,
        "details": [
            (name, _value(value)) for name, value in json.loads(one.details).items() if value not in ("", None)
        ],
        "refused": one.refused,
        "seal": one.seal.hex(),
    }


def _value(value: Any) -> str:
    """A detail in one line, its control characters as they are written in JSON."""
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in str(value))
