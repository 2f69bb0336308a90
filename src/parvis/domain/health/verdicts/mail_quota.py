"""The letters that the mail service takes in a day are nearly used up."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, NOBODY_YET, Verdict, figure, say

FROM = 0.8
DAY_S = 86_400.0


def mail_quota(seen: Findings) -> Verdict | None:
    """Fires when four fifths of a day's letters are used, and the rest will be before those of yesterday count no more."""
    letters, in_s = seen.letters, letters_end_in_s(seen)
    if letters is None or in_s is None or letters.sent < FROM * letters.quota:
        return None
    over = letters.sent >= letters.quota
    return Verdict(
        name="mail_quota",
        urgency="now" if over else "soon",
        blame=2.0,
        title=say("The letters that the mail service takes in a day are used up.")
        if over
        else say("The letters that the mail service takes in a day will be used up."),
        hurt=say("Whoever waits for a letter: to confirm an address, to have a new password, to come in.")
        if over
        else NOBODY_YET,
        evidence=(
            figure("letters within a day", letters.sent),
            figure("taken in a day", letters.quota),
            figure("used up in", in_s, "s"),
        ),
        action=say("Ask the mail service to take more, or name another one; people come in before they confirm."),
        command="PARVIS_SMTP_URL=smtp://NAME:PASSWORD@HOST:587",
        gain=say("Letters that wait are sent by themselves.") if over else AVERTED,
        explains=("mail_gone",) if over else (),
    )


def letters_end_in_s(seen: Findings) -> float | None:
    """When the day's letters are used up; None where that is not known, or not before those of now count no more."""
    if seen.letters is None:
        return None
    left, per_s = max(0.0, seen.letters.quota - seen.letters.sent), seen.lately("mail", "sent") / 60
    if not left:
        return 0.0
    return left / per_s if per_s and left / per_s < DAY_S else None
