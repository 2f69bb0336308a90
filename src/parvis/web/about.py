"""What this place is, and who runs it."""

from __future__ import annotations

from parvis.domain import accounts
from parvis.domain.moderation import house_rules
from parvis.infra.doors import LONG_SHARED_S, READING
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call, page


@page("GET", "/about", urgency=READING, shared_s=LONG_SHARED_S)
async def about(call: Call[None]) -> Answer:
    """The place in a few sentences and figures."""
    owner_id = await accounts.contact(call.db)
    return Page(
        "web/about.html",
        {
            "owner": None if owner_id is None else await accounts.by_id(call.db, owner_id),
            "rules": await house_rules.current(call.db),
            "totals": await accounts.totals(call.db, now=call.now),
        },
    )
