"""Work is left lying."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import WAITERS, Verdict, figure, say

FROM_S = 60.0


def jobs_late(seen: Findings) -> Verdict | None:
    """Fires when something has been due for a minute."""
    late = [one for one in seen.jobs.late if one.oldest_s > FROM_S]
    if not late:
        return None
    worst = max(late, key=lambda one: one.oldest_s)
    due = sum(one.jobs for one in seen.jobs.late)
    return Verdict(
        name="jobs_late",
        urgency="now",
        blame=0.1 * due,
        title=say("Work is left lying, above all %(kind)s.", kind=worst.kind),
        hurt=WAITERS,
        evidence=(
            figure("oldest", worst.oldest_s, "s"),
            figure("due in all", due),
            figure("workers seen", seen.roles.get("work", 0)),
        ),
        action=say("Start more workers, if the processor and the database allow it."),
        command=f"PARVIS_JOB_WORKERS={seen.setup.job_workers + 1}",
        gain=say("Each worker does about as much as the others do."),
    )
