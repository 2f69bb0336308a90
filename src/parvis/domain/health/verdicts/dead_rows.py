"""A table holds more dead rows than living ones."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

LEAST = 200_000


def dead_rows(seen: Findings) -> Verdict | None:
    """Fires at two hundred thousand dead rows that outnumber the living."""
    rows = seen.database.rows if seen.database else None
    if rows is None or rows.dead < LEAST or rows.dead < rows.live:
        return None
    return Verdict(
        name="dead_rows",
        urgency="soon",
        blame=1.0,
        title=say("The table %(table)s holds more dead rows than living ones.", table=rows.table),
        hurt=say("Whoever reads that table: it takes longer from day to day."),
        evidence=(
            figure("dead", rows.dead),
            figure("living", rows.live),
            figure(
                "oldest open transaction",
                seen.database.idle.age_s if seen.database and seen.database.idle else 0.0,
                "s",
            ),
        ),
        action=say("Clean it up, and look whether a transaction stays open for long."),
        command=f"VACUUM (ANALYZE) {rows.table}",
        gain=say("Reading it is as quick as it was."),
    )
