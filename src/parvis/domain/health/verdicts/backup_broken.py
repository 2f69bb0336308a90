"""What is kept safe may not come back."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import OPERATORS, Verdict, figure, say

DAY_S = 86_400.0
STALE_S = 8 * DAY_S
UNTRIED_S = 15 * DAY_S
AWAY_S = 120.0  # whoever follows may be started again


def backup_broken(seen: Findings) -> Verdict | None:
    """Fires when the latest backup or restore drill failed; where a kit is set up, also when there is none of either
    lately; where the journal was followed, when nobody does any more."""
    kept = seen.kept
    away_s = seen.database.follower_away_s if seen.database else 0.0
    title, follows = None, False
    if kept.drill_problem:
        title = say("The newest backup could not be brought back on trial.")
    elif kept.backup_problem:
        title = say("The last backup failed.")
    elif kept.wanted and (kept.backup_age_s is None or kept.backup_age_s > STALE_S):
        title = say("There is no backup of the last eight days.")
    elif kept.wanted and kept.drill_age_s is not None and kept.drill_age_s > UNTRIED_S:
        title = say("No backup was brought back on trial for two weeks.")
    elif away_s > AWAY_S:
        follows = True
        title = say("The journal is copied no more: parvis backup --follow does not run.")
    if title is None:
        return None
    command = "parvis backup" if kept.wanted else "parvis backup FOLDER"
    return Verdict(
        name="backup_broken",
        urgency="soon",
        blame=1.5,
        title=title,
        hurt=OPERATORS,
        evidence=(
            figure("good backups so far", 0)
            if kept.backup_age_s is None
            else figure("since the last good backup", kept.backup_age_s, "s"),
            figure("good drills so far", 0)
            if kept.drill_age_s is None
            else figure("since the last good drill", kept.drill_age_s, "s"),
            figure("failures among the latest two", bool(kept.backup_problem) + bool(kept.drill_problem)),
        ),
        action=say("Start it again: it copies what was written meanwhile.")
        if follows
        else say("Make a new copy and try it; the console says what went wrong."),
        command=f"{command} --follow" if follows else f"{command} --drill",
        gain=say("What happens to this machine cannot take the place with it."),
    )
