"""More is asked than can be answered, so some of it is refused."""

from __future__ import annotations

from collections.abc import Mapping

from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM = 0.02


def requests_refused(seen: Findings) -> Verdict | None:
    """Fires when two of a hundred requests are refused for load, and were at the look before as well.

    A moment in which something else had the processor costs a request or two, and is nothing to tell of.
    """
    share = seen.fact("limiter", "refused_share")
    if not is_refusing(seen.signals) or not is_refusing(seen.before):
        return None
    return Verdict(
        name="requests_refused",
        urgency="now",
        blame=1.0 + seen.fact("limiter", "refused_per_s"),
        title=say("More is asked than can be answered: some of it is refused, the least urgent first."),
        hurt=say("Those who browse without an account first, then those who read."),
        evidence=(
            figure("share refused", share, "share"),
            figure("refused", seen.fact("limiter", "refused_per_s"), "per_s"),
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
