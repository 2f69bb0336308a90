"""Inviting somebody: the link is shown once, since only its hash is kept."""

from __future__ import annotations

from typing import Any

from parvis.domain import admission, moderation
from parvis.domain.accounts.types import Role
from parvis.infra.doors import WRITING
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call, page


@page("GET", "/settings/invitations", audience="session")
async def invitations(call: Call[Any]) -> Answer:
    """What an invitation is good for, and a button that makes one."""
    return Page("web/settings/invitations.html", {"section": "invitations", "link": "", "most": admission.MOST_A_WEEK})


@page("POST", "/settings/invitations", audience="session", urgency=WRITING, again=invitations)
async def invite(call: Call[Any]) -> Answer:
    """There is a new invitation, and this is its link."""
    assert call.viewer is not None
    staff = call.viewer.role >= Role.MODERATOR
    code = await admission.invite(call.db, call.services.ids, call.me, staff=staff, now=call.now)
    if staff:
        await moderation.log.record(
            call.db, actor_id=call.me, act="invitation.make", subject=f"account:{call.me}", now=call.now
        )
    link = f"{call.settings.public_origin}/invite/{code}"
    return Page(
        "web/settings/invitations.html", {"section": "invitations", "link": link, "most": admission.MOST_A_WEEK}
    )
