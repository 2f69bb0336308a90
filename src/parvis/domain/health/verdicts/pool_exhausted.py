"""Requests wait for a connection to the database."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say

FROM_S = 0.1
FULL = 0.9


def pool_exhausted(seen: Findings) -> Verdict | None:
    """Fires when they wait a tenth of a second on average, or all connections are lent all the time."""
    wait = seen.fact("pool", "mean_wait_s")
    waiting = seen.fact("pool", "waiting")
    if wait < FROM_S and (seen.use("pool") < FULL or waiting < 1):
        return None
    size = seen.setup.database_pool
    return Verdict(
        name="pool_exhausted",
        urgency="now",
        blame=max(waiting, wait * max(1.0, seen.asked_per_s)),
        title=say("Requests wait for a connection to the database."),
        hurt=EVERYBODY,
        evidence=(
            figure("mean wait", wait, "s"),
            figure("share of connections that is lent", seen.use("pool"), "share"),
            figure("requests that wait", waiting),
        ),
        action=say("If the database itself is well, give each process more connections."),
        command=f"PARVIS_DATABASE_POOL={size * 2}",
        gain=say("Requests no longer queue before the database has seen them."),
        explains=("requests_refused", "gate_narrow"),
    )
