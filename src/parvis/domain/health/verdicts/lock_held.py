"""Sessions of the database wait for one that holds a lock."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, Verdict, figure, say

FROM_S = 2.0


def lock_held(seen: Findings) -> Verdict | None:
    """Fires when somebody has waited two seconds for it."""
    holder = seen.database.blocker if seen.database else None
    if holder is None or holder.longest_wait_s < FROM_S:
        return None
    return Verdict(
        name="lock_held",
        urgency="now",
        blame=holder.victims + seen.fact("pool", "mean_wait_s") * seen.asked_per_s,
        title=say(
            "The session %(pid)s of “%(who)s” holds a lock on %(table)s that others wait for.",
            pid=holder.pid,
            who=holder.application or "an unknown program",
            table=holder.table or "something",
        ),
        hurt=say("Whoever reads or writes that table."),
        evidence=(
            figure("sessions that wait", holder.victims),
            figure("longest wait", holder.longest_wait_s, "s"),
            figure("open for", holder.open_s, "s"),
        ),
        action=say("End that session; what it did not commit is undone."),
        command=f"parvis session end {holder.pid}",
        gain=AT_ONCE,
        explains=(
            "pool_exhausted",
            "database_slow",
            "slow_statement",
            "idle_in_transaction",
            "requests_refused",
            "jobs_late",
            "fan_out_late",
            "job_stuck",
            "jobs_failing",
            "connections_short",
            "gate_narrow",
        ),
    )
