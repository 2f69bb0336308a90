"""More is asked than can be answered, so some of it is refused."""

from __future__ import annotations

from collections.abc import Mapping

from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import NEWCOMERS, Verdict, figure, say

FROM = 0.02


def requests_refused(seen: Findings) -> Verdict | None:
    """Fires when two of a hundred requests are refused for load, and were at the look before as well.

    A moment in which something else had the processor costs a request or two, and is nothing to tell of.
    """
    share = seen.fact("limiter", "refused_share")
    if not is_refusing(seen.signals) or not is_refusing(seen.before):
        return None
    refused, door = seen.fact("limiter", "refused_for_load_per_s"), seen.fact("limiter", "refused_door_per_s")
    return Verdict(
        name="requests_refused",
        urgency="now",
        blame=1.0 + refused,
        title=say("More is asked than can be answered: some of it is refused, the least urgent first."),
        hurt=NEWCOMERS
        if door and door >= 0.5 * refused
        else say("Those who browse without an account first, then those who read."),
        evidence=(
            figure("share refused", share, "share"),
            figure("refused", refused, "per_s"),
            figure("answered", seen.fact("limiter", "served_per_s"), "per_s"),
        ),
        action=say("Take more cores, and one web process for each; until then it is as it should be."),
        command=f"PARVIS_WEB_WORKERS={seen.setup.web_workers + 1}",
        gain=say("About as many more answers as there are more cores."),
        explains=("gate_narrow",),
    )


def is_refusing(signals: Mapping[str, Signal]) -> bool:
    """Whether so many requests were refused at that look."""
    limiter = signals.get("limiter")
    return limiter is not None and limiter.facts.get("refused_share", 0.0) >= FROM
