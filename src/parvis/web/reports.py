"""Telling the moderators about somebody."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import PostId
from parvis.domain import posts
from parvis.domain.moderation import house_rules, reports
from parvis.infra.catalogues import later
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import REPORTS
from parvis.web.profiles import named
from parvis.web.routing import Call, page

CATEGORIES = (
    ("violation", later("It breaks a rule of this place")),
    ("spam", later("It is spam")),
    ("legal", later("It is against the law")),
    ("other", later("Something else")),
)


class About(msgspec.Struct, frozen=True):
    at: str
    post_id: int | None = None


class NewReport(msgspec.Struct, frozen=True):
    at: str
    post_id: int | None = None
    rule_ids: list[int] = []
    category: str = "other"
    comment: str = ""


@page("GET", "/{at:str}/report", audience="session", params=About)
async def form(call: Call[Any]) -> Answer:
    """What is wrong."""
    account = await named(call)
    if account.id == call.me:
        raise NotFound
    ids = [PostId(call.params.post_id)] if call.params.post_id is not None else []
    shown = [one for one in await posts.views(call.db, ids, viewer_id=call.me) if one.author.id == account.id]
    return Page(
        "web/people/report.html",
        {
            "account": account,
            "posts": shown,
            "rules": await house_rules.current(call.db),
            "categories": [(value, call.text(label)) for value, label in CATEGORIES],
        },
    )


@page("POST", "/{at:str}/report", audience="session", params=NewReport, again=form, limit=REPORTS)
async def send(call: Call[NewReport]) -> Answer:
    """The moderators will read it."""
    account, asked = await named(call), call.params
    await reports.report(
        call.db,
        call.services.ids,
        call.me,
        account.id,
        post_ids=[PostId(asked.post_id)] if asked.post_id is not None else [],
        rule_ids=asked.rule_ids if asked.category == "violation" else [],
        category=asked.category,
        comment=asked.comment,
        now=call.now,
    )
    return Redirect(f"/@{account.acct}", notice="reported")
