"""More passwords are to be hashed than can be."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM = 0.9
WAITING = 8


def hashing_full(seen: Findings) -> Verdict | None:
    """Fires when the threads for it are busy and eight or more wait."""
    waiting = seen.fact("hashing", "waiting")
    door, refused = (seen.fact("limiter", f"refused_{name}_per_s") for name in ("door", "for_load"))
    if seen.use("hashing") < FROM or waiting < WAITING:
        return None
    return Verdict(
        name="hashing_full",
        urgency="now",
        blame=waiting,
        title=say("More people sign in at once than passwords can be checked."),
        hurt=say("Whoever signs in or signs up; nobody who is inside."),
        evidence=(
            figure("wait", waiting),
            figure("done", seen.signals["hashing"].used, "per_s"),
            figure("share of time the threads work", seen.use("hashing"), "share"),
        ),
        action=say(
            "Wait if it is a rush; if one network does it, keep it out at the proxy. More web processes help too."
        ),
        command=f"PARVIS_WEB_WORKERS={seen.setup.web_workers + 1}",
        gain=say("As many more sign-ins a second as there are more cores for them."),
        explains=("cpu_full", "gate_narrow", *(["requests_refused"] if door >= 0.5 * refused else [])),
    )
