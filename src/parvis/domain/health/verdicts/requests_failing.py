"""Requests are answered with 500."""

from __future__ import annotations

from parvis.domain.health.requests import RESOURCE, worst_route
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_PER_S = 0.1  # a dozen in the two minutes that are looked at
SHARE = 0.01


def requests_failing(seen: Findings) -> Verdict | None:
    """Fires when one request in a hundred of the last minutes failed inside Parvis, a dozen at least, and some do now."""
    lately = seen.recent.get(RESOURCE) or seen.signals.get(RESOURCE)
    served = lately.used if lately is not None else 0.0
    failed, now = seen.lately(RESOURCE, "failed_per_s"), seen.fact(RESOURCE, "failed_per_s")
    if not now or failed < FROM_PER_S or failed < SHARE * served:
        return None
    route = worst_route(seen.signals) or "?"
    return Verdict(
        name="requests_failing",
        urgency="now",
        blame=failed,
        title=say("Requests fail inside Parvis, most of them at %(route)s.", route=route),
        hurt=say("Whoever asks for that."),
        evidence=(
            figure("failed", failed, "per_s"),
            figure("of", served, "per_s"),
            figure("answered in, nearly all", seen.lately(RESOURCE, "p95_s"), "s"),
        ),
        action=say("Look at what the log says of them. After an upgrade, go back to the release before."),
        command="grep request.failed LOG | tail -n 3",
        gain=say("They work as before."),
    )
