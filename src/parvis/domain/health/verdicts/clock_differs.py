"""The clocks of the machines differ."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, Verdict, figure, say

FROM_S = 2.0


def clock_differs(seen: Findings) -> Verdict | None:
    """Fires when the database's clock and ours are two seconds apart."""
    ahead = seen.clock_ahead_s
    if seen.database is None or abs(ahead) < FROM_S:
        return None
    return Verdict(
        name="clock_differs",
        urgency="now",
        blame=min(50.0, abs(ahead)),
        title=say("The database's clock differs from this machine's."),
        hurt=say("Whoever signs in by a code, and everybody once sessions seem to have run out."),
        evidence=(
            figure("apart by", abs(ahead), "s"),
            figure("the database is ahead by", ahead, "s"),
            figure("the database answers in", seen.fact("database", "response_s"), "s"),
        ),
        action=say("Set the clocks by a time server."),
        command="timedatectl set-ntp true",
        gain=AT_ONCE,
    )
