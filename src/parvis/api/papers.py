"""The papers of the place: privacy policy and terms, as the operator has written them; and what it does not ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from parvis.api.entities.instance import ExtendedDescription
from parvis.api.instance import CACHED
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.clock import iso_ms
from parvis.base.errors import NotFound
from parvis.infra import text as texts
from parvis.infra.doors import LONG_SHARED_S, READING


class Paper(msgspec.Struct, frozen=True):
    """A file of the operator's as HTML, and when it was last changed."""

    html: str
    changed_at: datetime


class OneDate(msgspec.Struct, frozen=True):
    date: str


class TermsOfService(msgspec.Struct, frozen=True):
    effective_date: str
    content: str
    effective: bool = True
    succeeded_by: str | None = None


def paper(name: str) -> Paper:
    """Raises: NotFound when the operator has named no file, or it cannot be read."""
    path = Path(name)
    try:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        words = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        raise NotFound from None
    return Paper(texts.render(texts.clean(words), mention_path=lambda _: None), changed_at)


def _terms(call: Call) -> TermsOfService:
    found = paper(call.services.settings.terms_file or "/")
    return TermsOfService(found.changed_at.date().isoformat(), found.html)


@endpoint(
    "GET",
    "/api/v1/instance/privacy_policy",
    urgency=READING,
    shared_s=LONG_SHARED_S,
    returns=ExtendedDescription,
    connects=False,
)
async def privacy_policy(call: Call) -> Reply:
    """The privacy policy."""
    found = paper(call.services.settings.privacy_file or "/")
    return Reply(ExtendedDescription(iso_ms(found.changed_at), found.html), headers=CACHED)


@endpoint(
    "GET",
    "/api/v1/instance/terms_of_service",
    urgency=READING,
    shared_s=LONG_SHARED_S,
    returns=TermsOfService,
    connects=False,
)
async def terms(call: Call) -> Reply:
    """The terms that hold now."""
    return Reply(_terms(call), headers=CACHED)


@endpoint(
    "GET",
    "/api/v1/instance/terms_of_service/:date",
    urgency=READING,
    shared_s=LONG_SHARED_S,
    params=OneDate,
    returns=TermsOfService,
    connects=False,
)
async def terms_of_a_day(call: Call[OneDate]) -> Reply:
    """The terms that began to hold on that day; earlier ones are not kept."""
    found = _terms(call)
    if found.effective_date != call.params.date:
        raise NotFound
    return Reply(found, headers=CACHED)


@endpoint("GET", "/api/v1/donation_campaigns", user=True, connects=False)
async def donation_campaigns(call: Call) -> Reply:
    """Nobody is asked for money here: there is never a campaign."""
    raise NotFound
