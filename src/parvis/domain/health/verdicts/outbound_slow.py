"""Other servers do not answer us."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM = 5


def outbound_slow(seen: Findings) -> Verdict | None:
    """Fires when five jobs and more fail because somebody else could not be reached, or most errands of a minute do."""
    failing = [one for one in seen.jobs.failing if one.error.startswith("Unreachable")]
    jobs = sum(one.jobs for one in failing)
    in_vain, answered = seen.fact("outbound", "unreachable"), seen.fact("outbound", "answered")
    if jobs < FROM and (in_vain < FROM or in_vain < answered):
        return None
    waiting = max(float(jobs), in_vain)
    return Verdict(
        name="outbound_slow",
        urgency="now",
        blame=0.1 * waiting,
        title=say("Other servers do not answer us."),
        hurt=say("Whoever waits for something from elsewhere, such as a preview or a push message."),
        evidence=(
            figure("errands in vain", waiting),
            figure("answered in the last minute", answered),
            figure("the slowest takes", seen.fact("outbound", "slowest_s"), "s"),
        ),
        action=say(
            "Look whether this machine reaches the outside: name service, route, firewall. "
            "A single slow server is left alone by itself."
        ),
        command="curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' https://example.org",
        gain=say("They are tried again by themselves."),
        explains=("jobs_failing", "jobs_late", "job_stuck"),
    )
