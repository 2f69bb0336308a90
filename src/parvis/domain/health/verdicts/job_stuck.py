"""A job is under way for so long that others of its kind wait for it."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings, Held
from parvis.domain.health.verdicts.patience import TRANSCODE, takes_long, time_limit_s
from parvis.domain.health.verdicts.verdict import WAITERS, Verdict, figure, say

FROM_S = 25.0


def job_stuck(seen: Findings) -> Verdict | None:
    """Fires when it has been under way for that long, and others of its kind wait as long.

    What may take long by right must have used half of its time, or be an encoder that says nothing though nobody holds
    it back: a film of some minutes takes some minutes, and on a busy place its encoder stands still on purpose.
    """
    late = {one.kind: one for one in seen.jobs.late}
    stuck = [one for one in seen.jobs.held if one.kind in late and _hangs(one, seen)]
    stuck = [one for one in stuck if late[one.kind].oldest_s > FROM_S and one.jobs <= 8]
    if not stuck or len(late) > len(stuck) + 1:  # where everything is late, it is not one kind's fault
        return None
    worst = max(stuck, key=lambda one: one.oldest_s)
    waiting = late[worst.kind]
    return Verdict(
        name="job_stuck",
        urgency="now",
        blame=1.0 + 0.2 * waiting.jobs,
        title=say("A job of the kind %(kind)s does not come to its end, and others wait for it.", kind=worst.kind),
        hurt=WAITERS,
        evidence=(
            figure("under way for", worst.oldest_s, "s"),
            figure("others that wait", waiting.jobs),
            figure("oldest of those", waiting.oldest_s, "s"),
        ),
        action=say("Look whether its encoder stands still (T). If it does, end the worker: what it did is begun anew.")
        if worst.kind == TRANSCODE
        else say("Start the worker again: the job is handed to another one. If it hangs there too, drop its kind."),
        command="ps -eo pid,stat,etime,pcpu,args | grep '[f]fmpeg'"
        if worst.kind == TRANSCODE
        else "pkill -TERM -f 'parvis work'",
        gain=say("The others are done at once."),
        explains=("jobs_late",),
    )


def _hangs(one: Held, seen: Findings) -> bool:
    if not takes_long(one.kind):
        return one.oldest_s > FROM_S
    silent = one.kind == TRANSCODE and seen.fact("encoders", "silent_s") > FROM_S
    return silent or one.oldest_s > time_limit_s(one.kind) / 2
