"""The database reads from the disk what does not fit into memory."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say

FROM = 3.0
USUAL_BYTES = 8 * 1024**3  # where nobody says how much there is


def database_reading(seen: Findings) -> Verdict | None:
    """Fires when three sessions and more wait for reads, on average."""
    database = seen.database
    waiting = database.waiting.get("reading", 0.0) if database else 0.0
    if database is None or waiting < FROM:
        return None
    memory = (seen.signals["memory"].capacity if "memory" in seen.signals else None) or USUAL_BYTES
    return Verdict(
        name="database_reading",
        urgency="now",
        blame=waiting,
        title=say("The database reads from the disk what does not fit into its memory."),
        hurt=EVERYBODY,
        evidence=(
            figure("sessions that wait for reads", waiting),
            figure("size of the database", database.size_bytes, "bytes"),
            figure("sessions", database.sessions),
        ),
        action=say(
            "Give it more memory: a quarter of what the machine has. It counts once the database was started again."
        ),
        command=f"echo 'shared_buffers = {memory / 4 / 2**20:.0f}MB' >> $PARVIS_HOME/postgresql.conf",
        gain=say("What is read often is read from memory."),
        explains=("pool_exhausted", "database_slow"),
    )
