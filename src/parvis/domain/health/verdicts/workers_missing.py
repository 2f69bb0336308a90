"""No worker reports."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say


def workers_missing(seen: Findings) -> Verdict | None:
    """Fires when the database was told nothing by any of them for 25 seconds."""
    if seen.database is None or seen.roles.get("work", 0):
        return None
    late = sum(one.jobs for one in seen.jobs.late)
    return Verdict(
        name="workers_missing",
        urgency="now",
        blame=5.0 + 0.2 * late,
        title=say("No worker runs: letters, timelines and pictures are left lying."),
        hurt=say("Whoever waits for a letter, a new post in their timeline, or a picture."),
        evidence=(
            figure("workers seen", 0),
            figure("jobs that are due", late),
            figure("oldest of them", max((one.oldest_s for one in seen.jobs.late), default=0.0), "s"),
        ),
        action=say("Start one; what is due is done at once."),
        command="parvis work",
        gain=say("Nothing is lost: the work begins where it was left."),
        explains=("jobs_late", "job_stuck", "mail_gone", "gate_narrow"),
    )
