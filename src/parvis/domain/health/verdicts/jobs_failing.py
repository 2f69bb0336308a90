"""Jobs of one kind fail again and again."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import WAITERS, Verdict, figure, say
from parvis.infra.mail import TROUBLE as MAIL_TROUBLE

FAILURES = 2


def jobs_failing(seen: Findings) -> Verdict | None:
    """Fires when one was tried in vain twice."""
    failing = [one for one in seen.jobs.failing if one.failures >= FAILURES and not _told_elsewhere(one.error)]
    if not failing:
        return None
    worst = max(failing, key=lambda one: (one.jobs, one.failures))
    return Verdict(
        name="jobs_failing",
        urgency="now",
        blame=0.5 * sum(one.jobs for one in failing),
        title=say("Jobs of the kind %(kind)s fail: %(error)s", kind=worst.kind, error=worst.error[:120]),
        hurt=WAITERS,
        evidence=(
            figure("jobs that fail", worst.jobs),
            figure("attempts of the one tried most often", worst.failures),
            figure("oldest", worst.oldest_s, "s"),
        ),
        action=say("The error says what is missing; they are tried again until they are given up."),
        command=f"SELECT id, failures, due_at, last_error FROM job WHERE kind = '{worst.kind}' AND failures > 0",
        gain=say("They are done by themselves as soon as the reason is gone."),
    )


def _told_elsewhere(error: str) -> bool:
    """Letters that wait are counted by `mail_gone`, errands to others by `outbound_slow`."""
    return MAIL_TROUBLE in error or error.startswith("Unreachable")
