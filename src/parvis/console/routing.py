"""The operator's door: who may come in, what is noted of those who may not, and where its pages are collected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response

from parvis.base.errors import Forbidden, Invalid, NotFound, Problem, TooMany, Unauthenticated
from parvis.console import places
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Role, Viewer
from parvis.infra.doors import Policy
from parvis.infra.html import look
from parvis.infra.html.door import Customs, Declared, Door
from parvis.infra.html.paths import safe_path, with_query
from parvis.infra.html.problems import TOO_LONG_TO_KEEP, message_of, problem_page
from parvis.infra.html.visit import Page, Redirect, Visit
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import Limit

# Of one account so many refusals an hour are worth a line; the log cannot be flooded.
NOTED = Limit("refusals-noted", 30, 3600)


def admit(policy: Policy, viewer: Viewer | None) -> Viewer:
    """Only those of the role come in; for everybody else there is nothing here."""
    if viewer is None:
        raise Unauthenticated
    if not _may_come_in(policy, viewer):
        raise NotFound
    return viewer


def _may_come_in(policy: Policy, viewer: Viewer) -> bool:
    least = Role.OWNER if policy.audience == "owner" else Role.MODERATOR
    return viewer.role >= least and not viewer.barred


async def refused(declared: Declared, visit: Visit[Viewer, Any], problem: Problem) -> None:
    """An act that somebody signed in was refused stands in the log (case D1), and not that they came too late for it."""
    if declared.method == "GET" or visit.viewer is None or not isinstance(problem, Forbidden | NotFound):
        return
    if isinstance(problem, moderation.Refused):
        return  # the room that refused has said it, and more exactly
    if isinstance(problem, NotFound) and _may_come_in(declared.policy, visit.viewer):
        return  # what they act upon is gone: others were faster, or the form was sent twice
    try:
        visit.services.limits.hit(NOTED, str(visit.viewer.account_id))
    except TooMany:
        return
    async with visit.services.db.transaction() as tx:
        await moderation.log.record(
            tx,
            actor_id=visit.viewer.account_id,
            act="console.act",
            subject=f"page:{declared.path}",
            details={"role": visit.viewer.role.name.lower(), "why": problem.message},
            refused=True,
            now=visit.now,
        )


async def ask_first(
    visit: Visit[Viewer, Any], return_to: str, typed: Mapping[str, str] | None = None
) -> Redirect | None:
    """The way to a fresh proof, or None when one was given some minutes ago.

    It leads back to `return_to`, where the form stands as it was filled in (`typed`), to be sent once more.
    Raises: Invalid for more than an address can hold, so that the form is shown again and nothing is lost.
    """
    assert visit.viewer is not None
    session_id = visit.viewer.session_id
    if session_id is not None and await accounts.is_fresh(visit.db, session_id, now=visit.now):
        return None
    filled_in = {name: value for name, value in (typed or {}).items() if value}
    back = with_query(return_to, filled_in) if filled_in else return_to
    if filled_in and not safe_path(back, ""):
        longest = max(filled_in, key=lambda name: len(filled_in[name]))
        raise Invalid(longest, TOO_LONG_TO_KEEP, "unproved")
    return Redirect(with_query("/prove", {"return_to": back}))


async def count_what_waits(visit: Visit[Viewer, Any], db: Connection) -> None:
    """The way through the pages can say what waits for this visitor; one statement."""
    visit.beside["waiting"] = await moderation.waiting_beside(db, visit.me)


def present(visit: Visit[Viewer, Any], page: Page) -> Response[bytes]:
    """The page with the way to all others."""
    page.context = {"places": places.shown(visit, door.pages), **page.context}
    return look.present(visit, page)


door = Door(
    Customs(
        viewer_of=accounts.viewer_of_session,
        admit=admit,
        present=present,
        problem_page=problem_page,
        message_of=message_of,
        refused=refused,
        let_in=count_what_waits,
    )
)
page = door.page


def is_open(visit: Visit[Viewer, Any], path: str) -> bool:
    """Whether there is such a page, and the visitor may open it."""
    return any(one["path"] == path for group in places.shown(visit, door.pages) for one in group["places"])
