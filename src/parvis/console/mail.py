"""Outgoing mail, for the owner of a place without a mail service."""

from __future__ import annotations

from parvis.console.routing import page
from parvis.domain.accounts.types import Viewer
from parvis.infra.html.visit import Answer, Page, Visit


@page("GET", "/console/mail", audience="owner")
async def outbox(visit: Visit[Viewer, None]) -> Answer:
    """The newest letters, with their links."""
    letters = await visit.services.mail.outbox()
    return Page("console/mail.html", {"letters": letters, "sends": visit.services.mail.by_smtp})
