"""The mail service takes no letters."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say
from parvis.infra.mail import TROUBLE as MAIL_TROUBLE

FAILURES = 2


def mail_gone(seen: Findings) -> Verdict | None:
    """Fires when letters are put off, by what their jobs say or by the last minutes.

    One that waits while others are sent is an address with a mistake in it, not the service.
    """
    letters = [one for one in seen.jobs.failing if MAIL_TROUBLE in one.error]
    waiting = sum(one.jobs for one in letters)
    tried = max((one.failures for one in letters), default=0)
    deferred = seen.lately("mail", "deferred_per_s")
    sent = seen.recent["mail"].used if "mail" in seen.recent else 0.0
    if waiting < 2 and seen.fact("mail", "sent"):
        return None
    if tried < FAILURES and not (waiting and deferred > sent):
        return None
    return Verdict(
        name="mail_gone",
        urgency="now",
        blame=1.0 + 0.5 * waiting,
        title=say("The mail service takes no letters."),
        hurt=say("Whoever waits for a letter: to confirm an address, to have a new password, to come in."),
        evidence=(
            figure("letters that wait", waiting),
            figure("put off", deferred, "per_s"),
            figure("attempts of the oldest", tried),
        ),
        action=say("Look at the service and at its address, name and password; another one can be named at any time."),
        command="PARVIS_SMTP_URL=smtp://NAME:PASSWORD@HOST:587",
        gain=say("Letters that wait are sent by themselves."),
        explains=("jobs_late", "mail_refused", "mail_slow", "job_stuck"),
    )
