"""Telling the moderators about somebody."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.report import Report, present_report
from parvis.api.routing import Call, endpoint
from parvis.base.ids import AccountId, PostId
from parvis.domain import accounts
from parvis.domain.moderation import reports
from parvis.infra.rate_limits import REPORTS


class NewReport(msgspec.Struct, frozen=True):
    account_id: int
    status_ids: list[int] = []
    comment: str = ""
    category: str | None = None
    rule_ids: list[int] = []


@endpoint(
    "POST",
    "/api/v1/reports",
    user=True,
    scopes=("write:reports",),
    params=NewReport,
    returns=Report,
    limit=REPORTS,
)
async def report(call: Call[NewReport]) -> Report:
    """Report somebody, with posts and rules as evidence."""
    asked = call.params
    target = AccountId(asked.account_id)
    made = await reports.report(
        call.db,
        call.services.ids,
        call.me,
        target,
        post_ids=[PostId(i) for i in asked.status_ids],
        rule_ids=asked.rule_ids,
        category=asked.category,
        comment=asked.comment,
        now=call.now,
    )
    return present_report(made, await accounts.by_id(call.db, target), addresses(call.services))
