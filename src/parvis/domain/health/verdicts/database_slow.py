"""The database answers late, and nothing else explains it."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say

FROM_S = 0.1


def database_slow(seen: Findings) -> Verdict | None:
    """Fires when trivial questions take a tenth of a second."""
    response = seen.fact("database", "response_s")
    if seen.database is None or response < FROM_S:
        return None
    return Verdict(
        name="database_slow",
        urgency="now",
        blame=response * max(1.0, seen.asked_per_s),
        title=say("The database answers late, even the simplest question."),
        hurt=EVERYBODY,
        evidence=(
            figure("a question takes", response, "s"),
            figure("asked", seen.asked_per_s, "per_s"),
            figure("sessions", seen.database.sessions),
        ),
        action=say("Look at the way to it, and at what else runs on its machine."),
        command="ping -c 5 HOST-OF-THE-DATABASE; top",
        gain=say("Every request waits several times for it; each is that much quicker."),
        explains=("pool_exhausted", "requests_refused", "gate_narrow", "jobs_late"),
    )
