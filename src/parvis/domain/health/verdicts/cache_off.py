"""Public pages are made anew for every stranger."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say


def cache_off(seen: Findings) -> Verdict | None:
    """Fires when no memory is given to them."""
    if seen.setup.page_cache_bytes:
        return None
    busy = seen.use("cpu") > 0.8
    return Verdict(
        name="cache_off",
        urgency="soon" if busy else "note",
        blame=1.0 if busy else 0.0,
        title=say("Public pages are made anew for every stranger: the cache is off."),
        hurt=say("Everybody, when many strangers come at once."),
        evidence=(
            figure("memory for pages", 0, "bytes"),
            figure("processor busy", seen.use("cpu"), "share"),
            figure("asked", seen.asked_per_s, "per_s"),
        ),
        action=say("Give it some memory."),
        command="PARVIS_PAGE_CACHE_BYTES=33554432",
        gain=say("A page that is asked for often costs a tenth."),
    )
