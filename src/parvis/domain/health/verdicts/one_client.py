"""A single client asks for most of what is refused."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_PER_S = 5.0


def one_client(seen: Findings) -> Verdict | None:
    """Fires when most refusals are because somebody had more than their share."""
    share = seen.fact("limiter", "refused_share_per_s")
    refused = seen.fact("limiter", "refused_per_s")
    if share < FROM_PER_S or share < 0.5 * refused:
        return None
    return Verdict(
        name="one_client",
        urgency="now",
        blame=1.0 + 0.05 * share,
        title=say("A single client asks for more than its share, and is refused."),
        hurt=say("Those who ask from the same network; hardly anybody else."),
        evidence=(
            figure("refused to it", share, "per_s"),
            figure("refused in all", refused, "per_s"),
            figure("answered", seen.fact("limiter", "served_per_s"), "per_s"),
        ),
        action=say("If it is no friend, keep its network out at the proxy."),
        command="grep request.refused LOG | tail",
        gain=say("The refusals cost nothing any more."),
        explains=("requests_refused", "cpu_full", "pool_exhausted"),
    )
