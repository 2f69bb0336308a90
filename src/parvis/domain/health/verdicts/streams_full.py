"""There is hardly room for another open stream."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM = 0.85


def streams_full(seen: Findings) -> Verdict | None:
    """Fires when more than eight tenths of the places are taken."""
    signal = seen.signals.get("streams")
    if signal is None or signal.use < FROM:
        return None
    return Verdict(
        name="streams_full",
        urgency="now",
        blame=5.0,
        title=say("There is hardly room for another open stream."),
        hurt=say("Whoever opens a page or an app now: nothing new appears in it by itself."),
        evidence=(
            figure("open", signal.used),
            figure("at most", signal.capacity or 0.0),
            figure("taken", signal.use, "share"),
        ),
        action=say("Allow more open files, or add a web process."),
        command="LimitNOFILE=1048576",
        gain=say("Each process takes up to 20,000."),
        explains=("gate_narrow",),
    )
