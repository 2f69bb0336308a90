"""Jobs failed so often that they are tried no more."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import WAITERS, Verdict, figure, say

PRESSES_FOR_S = 86_400.0


def jobs_given_up(seen: Findings) -> Verdict | None:
    """Fires when one was parked for that; after a day it is only told."""
    parked = [one for one in seen.jobs.parked if not one.killing]
    if not parked:
        return None
    worst = max(parked, key=lambda one: one.jobs)
    return Verdict(
        name="jobs_given_up",
        urgency="now" if min(one.newest_s for one in parked) < PRESSES_FOR_S else "note",
        blame=0.5 * sum(one.jobs for one in parked),
        title=say("Jobs of the kind %(kind)s failed for good: %(error)s", kind=worst.kind, error=worst.error[:120]),
        hurt=WAITERS,
        evidence=(
            figure("given up", worst.jobs),
            figure("the last one, ago", worst.newest_s, "s"),
            figure("kinds", len(parked)),
        ),
        action=say("End the reason; then try them again, or drop them."),
        command=f"parvis jobs retry {worst.kind}",
        gain=say("They are done at once."),
        told=True,
    )
