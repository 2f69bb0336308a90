"""Jobs were given up because workers died of them."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import WAITERS, Verdict, figure, say

PRESSES_FOR_S = 86_400.0


def job_poison(seen: Findings) -> Verdict | None:
    """Fires when one was parked for that; after a day it is only told."""
    poison = [one for one in seen.jobs.parked if one.killing]
    if not poison:
        return None
    worst = max(poison, key=lambda one: one.jobs)
    return Verdict(
        name="job_poison",
        urgency="now" if min(one.newest_s for one in poison) < PRESSES_FOR_S else "note",
        blame=3.0 * sum(one.jobs for one in poison),
        title=say("Jobs of the kind %(kind)s take their workers down; they were set aside.", kind=worst.kind),
        hurt=WAITERS,
        evidence=(
            figure("set aside", worst.jobs),
            figure("the last one, ago", worst.newest_s, "s"),
            figure("processes that died in ten minutes", seen.deaths.processes),
        ),
        action=say(
            "Read the log of the worker, and drop them. Once the reason is gone, parvis jobs retry tries them, each alone."
        ),
        command=f"parvis jobs drop {worst.kind} --given-up",
        gain=say("Only those whom these jobs were for have waited; everything else goes on."),
        explains=("processes_dying", "jobs_late", "fan_out_late", "workers_missing"),
        told=True,
    )
