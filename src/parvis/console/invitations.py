"""Who brought in whom, as a tree, for those who run the place: whoever invites trouble is seen beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from parvis.base.ids import AccountId
from parvis.console.routing import page
from parvis.domain import accounts, admission
from parvis.domain.accounts.types import Account, Viewer
from parvis.domain.admission import Brought
from parvis.infra.html.visit import Answer, Page, Visit

MOST = 1000


class Branch(msgspec.Struct):
    """An account, when it came if by an invitation, and those whom it has brought in."""

    account: Account
    entered_at: datetime | None = None
    below: list[Branch] = []


@page("GET", "/console/invitations", audience="moderator")
async def tree(visit: Visit[Viewer, Any]) -> Answer:
    """The newest who came in by an invitation, each below whoever invited them."""
    found = await admission.brought_in(visit.db, most=MOST)
    ids = {one.account_id for one in found} | {one.inviter_id for one in found}
    people = await accounts.by_ids(visit.db, sorted(ids))
    return Page("console/invitations.html", {"roots": grown(found, people), "count": len(found), "most": MOST})


def grown(found: Sequence[Brought], people: dict[AccountId, Account]) -> list[Branch]:
    """The trees: those at their roots were invited by nobody who is among them. Who is gone takes their branch to the root."""
    branches = {account_id: Branch(account, below=[]) for account_id, account in people.items()}
    invited: set[AccountId] = set()
    for one in found:
        branch, inviter = branches.get(one.account_id), branches.get(one.inviter_id)
        if branch is None:
            continue
        branch.entered_at = one.entered_at
        if inviter is not None:
            inviter.below.append(branch)
            invited.add(one.account_id)
    return [branch for account_id, branch in sorted(branches.items()) if account_id not in invited]
