"""More films come in than are made playable."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

KIND = "media.transcode"
FROM_S = 20.0
FROM = 3


def transcodings_waiting(seen: Findings) -> Verdict | None:
    """Fires when three films wait, one of them for twenty seconds, though films are worked on."""
    late = next((one for one in seen.jobs.late if one.kind == KIND), None)
    held = next((one for one in seen.jobs.held if one.kind == KIND), None)
    if late is None or held is None or late.jobs < FROM or late.oldest_s < FROM_S or held.oldest_s > late.oldest_s:
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
