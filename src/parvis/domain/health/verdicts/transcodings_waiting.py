"""More films come in than are made playable."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.patience import TRANSCODE
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_S = 20.0
HELD_BACK_S = 600.0  # on a busy place, where encoders stand still for minutes on purpose
FROM = 5


def transcodings_waiting(seen: Findings) -> Verdict | None:
    """Fires when five films wait for each that is worked on, one of them for twenty seconds."""
    late = next((one for one in seen.jobs.late if one.kind == TRANSCODE), None)
    held = next((one for one in seen.jobs.held if one.kind == TRANSCODE), None)
    from_s = HELD_BACK_S if seen.fact("encoders", "resting") else FROM_S
    if late is None or held is None or late.jobs < FROM * held.jobs:
        return None
    if late.oldest_s < from_s or held.oldest_s > late.oldest_s:
        return None
    return Verdict(
        name="transcodings_waiting",
        urgency="now",
        blame=0.2 * late.jobs,
        title=say("More films come in than can be made playable."),
        hurt=say("Whoever added a film: it is shown later. Nothing is lost."),
        evidence=(
            figure("films that wait", late.jobs),
            figure("the oldest of them", late.oldest_s, "s"),
            figure("worked on", held.jobs),
        ),
        action=say("Start a worker for films, best on a machine of its own, and let it work beside the others."),
        command=f"PARVIS_TRANSCODINGS={seen.setup.transcodings + 1} parvis work --only transcode",
        gain=say("As many more films an hour as there are more cores for them."),
        explains=("jobs_late", "cpu_full"),
    )
