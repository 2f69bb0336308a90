"""Outgoing mail, for the owner of a place without a mail service."""

from __future__ import annotations

from parvis.base.errors import NotFound, Unauthenticated
from parvis.domain import accounts
from parvis.domain.accounts.types import Role, State, Viewer
from parvis.infra.doors import Policy
from parvis.infra.html import look
from parvis.infra.html.door import Customs, Door
from parvis.infra.html.problems import message_of, problem_page
from parvis.infra.html.visit import Answer, Page, Visit


def admit(policy: Policy, viewer: Viewer | None) -> Viewer:
    """Only those of the role come in; for everybody else there is nothing here."""
    if viewer is None:
        raise Unauthenticated
    least = Role.OWNER if policy.audience == "owner" else Role.MODERATOR
    if viewer.role < least or viewer.state >= State.SUSPENDED:
        raise NotFound
    return viewer


door = Door(
    Customs(
        viewer_of=accounts.viewer_of_session,
        admit=admit,
        present=look.present,
        problem_page=problem_page,
        message_of=message_of,
    )
)


@door.page("GET", "/console/mail", audience="owner")
async def outbox(visit: Visit[Viewer, None]) -> Answer:
    """The newest letters, with their links."""
    letters = await visit.services.mail.outbox()
    return Page("console/mail.html", {"letters": letters, "sends": visit.services.mail.by_smtp})
