"""Statements take long by themselves, without waiting for anybody."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_S = 3.0
AT_ONCE_FROM = 3.0
AT_ONCE_FROM_S = 0.5


def slow_statement(seen: Findings) -> Verdict | None:
    """Fires when one has run for three seconds, or three sessions are busy with the same one for half a second and more."""
    slow = seen.database.slow if seen.database else None
    if slow is None or slow.age_s < (AT_ONCE_FROM_S if slow.at_once >= AT_ONCE_FROM else FROM_S):
        return None
    return Verdict(
        name="slow_statement",
        urgency="now",
        blame=max(1.0, slow.at_once),
        title=say("A statement takes long: %(text)s", text=slow.text[:160]),
        hurt=say("Whoever waits for its answer."),
        evidence=(
            figure("runs for", slow.age_s, "s"),
            figure("sessions busy with it", slow.at_once),
            figure("the database answers in", seen.fact("database", "response_s"), "s"),
        ),
        action=say("End it if nobody needs it; else look at its plan with EXPLAIN."),
        command=f"parvis session end {slow.pid}",
        gain=say("The connections it takes are free for others."),
        explains=("pool_exhausted", "database_slow", "database_reading"),
    )
