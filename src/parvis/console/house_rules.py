"""The rules of the house: published, changed by a new version, removed; what held when stays to be read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.console.routing import ask_first, page
from parvis.domain import moderation
from parvis.domain.accounts.types import Viewer
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

RULES = "/console/rules"


class Written(msgspec.Struct, frozen=True):
    """A rule; `id` of the one that it replaces, if it does."""

    text: str = ""
    hint: str = ""
    id: int | None = None


class One(msgspec.Struct, frozen=True):
    id: int


async def _page(visit: Visit[Viewer, Any]) -> Page:
    versions = await moderation.house_rules.versions(visit.db)
    current = sorted((one for one in versions if one.removed_at is None), key=lambda one: one.first_id)
    numbers = {one.first_id: number for number, one in enumerate(current, 1)}
    return Page(
        "console/rules.html",
        {
            "rules": [{"number": numbers[one.first_id], "version": one} for one in current],
            "past": [
                {"number": numbers.get(one.first_id), "version": one} for one in versions if one.removed_at is not None
            ],
            "most": moderation.house_rules.LONGEST_RULE,
            "changing": visit.values.get("id", ""),
        },
    )


@page("GET", RULES, audience="owner")
async def show(visit: Visit[Viewer, Any]) -> Answer:
    """The rules as they hold, and as they were."""
    return await _page(visit)


@page("POST", RULES, audience="owner", params=Written, again=_page)
async def publish(visit: Visit[Viewer, Written]) -> Answer:
    """The rule holds from now on; a changed one as a new version, with its date."""
    wanted, ids = visit.params, visit.services.ids
    if wanted.id is None:
        if await moderation.house_rules.holds(visit.db, text=wanted.text, hint=wanted.hint):
            return Redirect(RULES, "saved")
        rule = await moderation.house_rules.add(visit.db, ids, text=wanted.text, hint=wanted.hint, now=visit.now)
        await _noted(visit, "rule.add", rule.id, {"text": rule.text})
    else:
        rule = await moderation.house_rules.change(
            visit.db, ids, wanted.id, text=wanted.text, hint=wanted.hint, now=visit.now
        )
        if rule is not None:
            await _noted(visit, "rule.change", wanted.id, {"text": rule.text, "version": str(rule.id)})
    return Redirect(RULES, "saved")


@page("POST", "/console/rules/remove", audience="owner", params=One)
async def remove(visit: Visit[Viewer, One]) -> Answer:
    """The rule does not hold any more, if the owner has just proved who they are; who was held to it can still read it."""
    if asked := await ask_first(visit, RULES):
        return asked
    with suppress(NotFound):  # it does not hold already
        await moderation.house_rules.remove(visit.db, visit.params.id, now=visit.now)
        await _noted(visit, "rule.remove", visit.params.id, {})
    return Redirect(RULES, "removed")


async def _noted(visit: Visit[Viewer, Any], act: str, rule_id: int, details: dict[str, str]) -> None:
    await moderation.log.record(
        visit.db, actor_id=visit.me, act=act, subject=f"rule:{rule_id}", details=details, now=visit.now
    )
