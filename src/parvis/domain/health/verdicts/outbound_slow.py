"""Other servers do not answer us."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM = 5


def outbound_slow(seen: Findings) -> Verdict | None:
    """Fires when five jobs and more fail because somebody else could not be reached."""
    failing = [one for one in seen.jobs.failing if one.error.startswith("Unreachable")]
    jobs = sum(one.jobs for one in failing)
    if jobs < FROM:
        return None
    worst = max(failing, key=lambda one: one.jobs)
    return Verdict(
        name="outbound_slow",
        urgency="now",
        blame=0.1 * jobs,
        title=say("Other servers do not answer us (%(kind)s).", kind=worst.kind),
        hurt=say("Whoever waits for something from elsewhere, such as a preview or a push message."),
        evidence=(
            figure("jobs that failed", jobs),
            figure("attempts of the one tried most often", worst.failures),
            figure("oldest", worst.oldest_s, "s"),
        ),
        action=say("Look whether this machine reaches the outside: name service, route, firewall."),
        command="curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' https://example.org",
        gain=say("They are tried again by themselves."),
        explains=("jobs_failing",),
    )
