"""The operator's door: who may come in, and where its pages are collected."""

from __future__ import annotations

from parvis.base.errors import NotFound, Unauthenticated
from parvis.domain import accounts
from parvis.domain.accounts.types import Role, State, Viewer
from parvis.infra.doors import Policy
from parvis.infra.html import look
from parvis.infra.html.door import Customs, Door
from parvis.infra.html.problems import message_of, problem_page


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
page = door.page
