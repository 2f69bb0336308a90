"""A transaction was begun and nothing happens in it."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, Verdict, figure, say

FROM_S = 8.0


def idle_in_transaction(seen: Findings) -> Verdict | None:
    """Fires when nothing has happened in it for eight seconds."""
    idle = seen.database.idle if seen.database else None
    if idle is None or idle.age_s < FROM_S:
        return None
    pool = seen.use("pool") > 0.85
    return Verdict(
        name="idle_in_transaction",
        urgency="now",
        blame=0.5 * idle.count + seen.fact("pool", "mean_wait_s") * seen.asked_per_s * pool,
        title=say(
            "The session %(pid)s of “%(who)s” began a transaction and does nothing in it.",
            pid=idle.pid,
            who=idle.application or "an unknown program",
        ),
        hurt=say("Whoever needs its connection or its rows; the whole database cannot clean up behind it."),
        evidence=(
            figure("does nothing for", idle.age_s, "s"),
            figure("such sessions", idle.count),
            figure("sessions in all", seen.database.sessions if seen.database else 0),
        ),
        action=say("End that session; what it did not commit is undone."),
        command=f"parvis session end {idle.pid}",
        gain=AT_ONCE,
        explains=("dead_rows",),
    )
