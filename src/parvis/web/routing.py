"""Who may come in by this door, and what a refusal looks like; `page` declares a page.

@page("POST", "/compose", audience="session", params=NewPost, again=compose_again)
async def publish(call: Call[NewPost]) -> Answer: ...
"""

from __future__ import annotations

from typing import TypeVar

from parvis.base.errors import Forbidden, NotFound, Unauthenticated
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Role, State, Viewer
from parvis.infra.catalogues import later
from parvis.infra.doors import Policy
from parvis.infra.html import look
from parvis.infra.html.door import Customs, Door
from parvis.infra.html.problems import message_of, problem_page
from parvis.infra.html.visit import Visit
from parvis.infra.postgres import Connection

P = TypeVar("P")
Call = Visit[Viewer, P]

UNCONFIRMED = later("Confirm your address first: we have sent you a letter with a link.")
SUSPENDED = later("Your account is suspended.")
FROZEN = later("Your account is frozen.")


def admit(policy: Policy, viewer: Viewer | None) -> Viewer | None:
    """The viewer may come in by this policy; whoever is frozen or suspended reads public pages as a stranger does.

    Raises: Unauthenticated for strangers where a session is needed, NotFound where even to know of it needs a role,
    Forbidden while frozen or suspended (but for what is open to those), or unconfirmed.
    """
    if policy.audience == "public":
        return None if viewer is not None and viewer.barred else viewer
    if viewer is None:
        raise Unauthenticated
    if viewer.barred and not policy.barred:
        raise Forbidden(FROZEN if viewer.state < State.SUSPENDED else SUSPENDED)
    least = {"owner": Role.OWNER, "moderator": Role.MODERATOR}.get(policy.audience, Role.MEMBER)
    if viewer.role < least:
        raise NotFound
    if not viewer.confirmed and not policy.waiting:
        raise Forbidden(UNCONFIRMED)
    return viewer


async def count_what_waits(visit: Visit[Viewer, object], db: Connection) -> None:
    """Staff sees on every page what waits for them in the console; one statement, and none for anybody else."""
    if visit.viewer is not None and visit.viewer.role >= Role.MODERATOR and not visit.swaps:
        visit.beside["waiting"] = await moderation.waiting_beside(db, visit.me)


door = Door(
    Customs(
        viewer_of=accounts.viewer_of_session,
        admit=admit,
        present=look.present,
        problem_page=problem_page,
        message_of=message_of,
        let_in=count_what_waits,
    )
)
page = door.page
