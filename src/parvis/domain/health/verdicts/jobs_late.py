"""Work is left lying."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.patience import are_taken, takes_long, time_limit_s
from parvis.domain.health.verdicts.verdict import WAITERS, Verdict, figure, say

FROM_S = 60.0


def jobs_late(seen: Findings) -> Verdict | None:
    """Fires when something has been due for a minute; behind others of its kind that take long, for half of their time."""
    late = [one for one in seen.jobs.late if one.oldest_s > _patience_s(one.kind, seen)]
    if not late:
        return None
    worst = max(late, key=lambda one: one.oldest_s)
    in_all, done_per_s = max(worst.jobs, worst.in_all), seen.lately("jobs_run", f"done_per_s@{worst.kind}")
    taken = all(are_taken(one.kind, seen) for one in late)
    return Verdict(
        name="jobs_late",
        urgency="now",
        blame=0.1 * sum(one.jobs for one in seen.jobs.late),
        title=say("Work is left lying, above all %(kind)s.", kind=worst.kind),
        hurt=WAITERS,
        evidence=(
            figure("oldest", worst.oldest_s, "s"),
            figure("due in all", sum(max(one.jobs, one.in_all) for one in seen.jobs.late)),
            figure("done in", in_all / done_per_s, "s")
            if done_per_s
            else figure("workers seen", seen.roles.get("work", 0)),
        ),
        action=say("As many of them are under way as may be at once; look what those wait for.")
        if taken
        else say("Start more workers, if the processor and the database allow it."),
        command=f"SELECT id, leased_at, failures, last_error FROM job WHERE kind = '{worst.kind}' AND owner IS NOT NULL"
        if taken
        else f"PARVIS_JOB_WORKERS={seen.setup.job_workers + 1}",
        gain=say("The others are done at once.") if taken else say("Each worker does about as much as the others do."),
    )


def _patience_s(kind: str, seen: Findings) -> float:
    return time_limit_s(kind) / 2 if takes_long(kind) and are_taken(kind, seen) else FROM_S
