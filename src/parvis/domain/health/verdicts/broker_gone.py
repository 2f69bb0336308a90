"""NATS does not answer."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say


def broker_gone(seen: Findings) -> Verdict | None:
    """Fires when it refuses a connection though it is set up."""
    if not seen.setup.has_broker or not seen.broker_error:
        return None
    streams = seen.signals["streams"].used if "streams" in seen.signals else 0.0
    return Verdict(
        name="broker_gone",
        urgency="now",
        blame=3.0 + 0.05 * streams,
        title=say("NATS does not answer: %(error)s", error=seen.broker_error),
        hurt=say("Whoever has a page open: nothing new appears by itself. Nothing is lost."),
        evidence=(
            figure("tried for", seen.broker_took_s, "s"),
            figure("open streams", streams),
            figure("web processes seen", seen.roles.get("web", 0)),
        ),
        action=say("Start it; if it does not stay up, the last lines of its log say why."),
        command="tail -n 30 $PARVIS_HOME/logs/nats.log",
        gain=say("Streams go on by themselves."),
    )
