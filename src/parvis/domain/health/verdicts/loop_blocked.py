"""A process's event loop stands still for moments, and everybody in it."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

LONGEST_S = 1.0
CPU = 0.97


def loop_blocked(seen: Findings) -> Verdict | None:
    """Fires when a web process stood still for a second."""
    longest = seen.fact("web", "longest_lag_s")
    mean = seen.fact("web", "mean_lag_s")
    if longest < LONGEST_S:
        return None
    return Verdict(
        name="loop_blocked",
        urgency="now",
        blame=max(1.0, longest) + mean * seen.asked_per_s,
        title=say("A web process stands still for moments: something in it does not let go of the processor."),
        hurt=say("Everybody whose requests that process answers."),
        evidence=(
            figure("longest standstill", longest, "s"),
            figure("mean delay", mean, "s"),
            figure("share of its core that it uses", seen.use("web"), "share"),
        ),
        action=say("Look what it does at that moment, and start the process again."),
        command="py-spy dump --pid $(pgrep -of 'parvis web worker')",
        gain=say("Answers come as quickly as the database allows."),
        explains=("database_slow", "pool_exhausted", "requests_refused"),
    )
