"""The database does not answer."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say


def database_gone(seen: Findings) -> Verdict | None:
    """Fires when no connection to it could be made, or it answered nothing in time; not when it has none left."""
    if seen.database is not None or seen.database_trouble == "full":
        return None
    starting = seen.database_trouble == "starting"
    disk = min((one.free for one in seen.our_disks), default=1.0)
    return Verdict(
        name="database_gone",
        urgency="now",
        blame=1000.0,
        title=say("The database does not answer: %(error)s", error=seen.database_error or "no reason given"),
        hurt=EVERYBODY,
        evidence=(
            figure("answers", 0),
            figure("disk free", disk, "share"),
            figure("web processes seen", seen.roles.get("web", 0)),
        ),
        action=say("Wait: it comes up, and after a crash reads its journal first. Its log says how far it is.")
        if starting
        else say("Start it; if it does not stay up, the last lines of its log say why."),
        command=f"{'' if starting else 'parvis serve; '}tail -n 30 $PARVIS_HOME/logs/postgres.log",
        gain=say("Everything else works again by itself, and late receipts are stored."),
        explains=EVERYTHING,
    )


EVERYTHING = (
    "database_slow", "pool_exhausted", "requests_refused", "jobs_late", "job_stuck", "jobs_failing", "workers_missing",
    "web_missing", "processes_dying", "mail_gone",
)  # fmt: skip
