"""Posts come late to the timelines of those who follow their authors."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

KINDS = ("consume.fan_out", "event")
FROM_S = 8.0
FROM = 20


def fan_out_late(seen: Findings) -> Verdict | None:
    """Fires when twenty posts are on their way and the oldest has been for eight seconds, though workers run."""
    late = [one for one in seen.jobs.late if one.kind in KINDS]
    posts = max((one.jobs for one in late), default=0)
    oldest = max((one.oldest_s for one in late), default=0.0)
    if posts < FROM or oldest < FROM_S or not seen.roles.get("work", 0):
        return None
    slow = seen.database.slow if seen.database else None
    ours = slow is not None and slow.application.startswith("parvis work")
    return Verdict(
        name="fan_out_late",
        urgency="now",
        blame=0.1 * posts,
        title=say("Posts come late to timelines: accounts with many followers write much."),
        hurt=say("Whoever follows somebody: new posts appear late. Nothing is lost."),
        evidence=(
            figure("posts on their way", posts),
            figure("the oldest of them", oldest, "s"),
            figure("workers seen", seen.roles.get("work", 0)),
        ),
        action=say("Start another worker."),
        command="parvis work",
        gain=say("Each worker does about as much as the others do."),
        explains=("jobs_late", "job_stuck", *(("slow_statement",) if ours else ())),
    )
