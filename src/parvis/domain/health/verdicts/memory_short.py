"""Memory runs out."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, EVERYBODY, Verdict, figure, say

FROM = 0.94


def memory_short(seen: Findings) -> Verdict | None:
    """Fires when less than six hundredths of the memory can be had."""
    if seen.use("memory") < FROM:
        return None
    return Verdict(
        name="memory_short",
        urgency="now",
        blame=10.0 + 100.0 * seen.fact("memory", "killed_per_s"),
        title=say("Memory runs out: the system will end processes."),
        hurt=EVERYBODY,
        evidence=(
            figure("can be had", seen.fact("memory", "free_bytes"), "bytes"),
            figure("taken", seen.use("memory"), "share"),
            figure("swapped", seen.fact("memory", "swapped_bytes"), "bytes"),
        ),
        action=say("End what does not belong here, keep fewer public pages in memory, or take a larger machine."),
        command="PARVIS_PAGE_CACHE_BYTES=8388608; ps -eo rss,args --sort=-rss | head",
        gain=AVERTED,
        explains=("processes_dying", "cpu_full", "loop_blocked"),
    )
