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
DEEPEST = 50  # generations below one another: more are narrow to read, and a template does not descend for ever


class Branch(msgspec.Struct):
    """An account, when it came if by an invitation, how many it has brought in, and those of them who stand below it."""

    account: Account
    entered_at: datetime | None = None
    brought: int = 0
    below: list[Branch] = []


@page("GET", "/console/invitations", audience="moderator")
async def tree(visit: Visit[Viewer, Any]) -> Answer:
    """The newest who came in by an invitation, each below whoever invited them."""
    found = await admission.brought_in(visit.db, most=MOST)
    ids = {one.account_id for one in found} | {one.inviter_id for one in found}
    people = await accounts.by_ids(visit.db, sorted(ids))
    return Page("console/invitations.html", {"roots": grown(found, people), "count": len(found), "most": MOST})


def grown(found: Sequence[Brought], people: dict[AccountId, Account]) -> list[Branch]:
    """The trees: those at their roots were invited by nobody who is among them. Who is gone takes their branch to the root,
    and whoever was brought in by the last of `DEEPEST` generations is the root of another tree."""
    branches = {account_id: Branch(account, below=[]) for account_id, account in people.items()}
    invited: set[AccountId] = set()
    for one in found:
        branch, inviter = branches.get(one.account_id), branches.get(one.inviter_id)
        if branch is None:
            continue
        branch.entered_at = one.entered_at
        if inviter is not None:
            inviter.below.append(branch)
            inviter.brought += 1
            invited.add(one.account_id)
    return _cut([branch for account_id, branch in sorted(branches.items()) if account_id not in invited])


def _cut(roots: list[Branch]) -> list[Branch]:
    trees, generation = list(roots), roots
    depth = 1
    while generation:
        below = [one for branch in generation for one in branch.below]
        if depth % DEEPEST == 0:
            trees += below
            for branch in generation:
                branch.below = []
        generation, depth = below, depth + 1
    return trees
