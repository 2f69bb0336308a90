"""The database must clean up old rows before it may go on writing."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, Verdict, figure, say

FROM = 1_200_000_000
END = 2_147_483_648


def rows_ageing(seen: Findings) -> Verdict | None:
    """Fires when the oldest row is older than 1.2 thousand million transactions."""
    database = seen.database
    if database is None or database.oldest_row_age < FROM:
        return None
    return Verdict(
        name="rows_ageing",
        urgency="soon",
        blame=6.0,
        title=say("The database must clean up old rows before it may go on writing."),
        hurt=say("Nobody until it stops; then everybody who writes."),
        evidence=(
            figure("age of the oldest row", database.oldest_row_age),
            figure("size of the database", database.size_bytes, "bytes"),
            figure("used up", database.oldest_row_age / END, "share"),
        ),
        action=say("End transactions that have been open for long; then let it clean up."),
        command="VACUUM (FREEZE)",
        gain=AVERTED,
    )
