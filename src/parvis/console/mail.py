"""Outgoing mail, for the owner of a place without a mail service; letters hold links that open accounts."""

from __future__ import annotations

from parvis.console.routing import ask_first, page
from parvis.domain.accounts.types import Viewer
from parvis.infra.html.visit import Answer, Page, Visit


@page("GET", "/console/mail", audience="owner")
async def outbox(visit: Visit[Viewer, None]) -> Answer:
    """The newest letters, with their links, for an owner who has just proved who they are."""
    letters = await visit.services.mail.outbox()
    if letters and (asked := await ask_first(visit, "/console/mail")):
        return asked
    return Page("console/mail.html", {"letters": letters, "sends": visit.services.mail.by_smtp})
