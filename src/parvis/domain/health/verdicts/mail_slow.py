"""The mail service takes long for a letter."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_S = 5.0


def mail_slow(seen: Findings) -> Verdict | None:
    """Fires when a letter takes five seconds."""
    slowest = seen.fact("mail", "slowest_s")
    if slowest < FROM_S:
        return None
    letters = [one for one in seen.jobs.late if ".send_" in one.kind]
    waiting = sum(one.jobs for one in letters)
    return Verdict(
        name="mail_slow",
        urgency="now",
        blame=1.0 + 0.5 * waiting,
        title=say("The mail service takes long for every letter."),
        hurt=say("Whoever waits for a letter: to confirm an address, to have a new password, to come in."),
        evidence=(
            figure("the slowest letter takes", slowest, "s"),
            figure("letters that wait", waiting),
            figure("oldest of them", max((one.oldest_s for one in letters), default=0.0), "s"),
        ),
        action=say("Ask its operators, or name another one; four letters are on their way at a time."),
        command="PARVIS_SMTP_URL=smtp://NAME:PASSWORD@HOST:587",
        gain=say("Letters that wait are sent by themselves."),
        explains=("jobs_late", "job_stuck"),
    )
