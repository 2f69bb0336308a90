"""How long jobs may take by right, and how many of a kind are done at once in the whole cluster, as the worker has it."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings

TRANSCODE = "media.transcode"
_HOUR_S = 3600.0

# By kind, or by what its name begins with: the worker's limit of time, where it is more than two minutes.
_TIME_LIMITS_S = {
    TRANSCODE: 3 * _HOUR_S,
    "belongings.": _HOUR_S,
    "consume.settle_": _HOUR_S,
    "consume.purge_pictures": _HOUR_S,
    "scheduled.try_the_newest_copy": 3 * _HOUR_S,
    "scheduled.": _HOUR_S / 2,
}
# The same, for how many are done at once however many workers there are.
_AT_ONCE = {
    "belongings.archive": 1,
    "belongings.": 2,
    "consume.settle_": 2,
    "consume.purge_pictures": 2,
    "scheduled.": 1,
    "links.fetch": 4,
    "notifications.push": 6,
    "accounts.send_": 4,
    "moderation.send_": 4,
    "admission.send_call": 4,
    "admission.push_call": 6,
}


def time_limit_s(kind: str) -> float:
    """After so long under way a job counts as failed."""
    return next((limit_s for name, limit_s in _TIME_LIMITS_S.items() if kind.startswith(name)), 120.0)


def takes_long(kind: str) -> bool:
    """Whether minutes of it are nothing to wonder at."""
    return time_limit_s(kind) > 120


def at_once(kind: str, seen: Findings) -> int | None:
    """How many of them are done at once at most; None: as many as there are hands for."""
    if kind == TRANSCODE:
        return seen.setup.transcodings
    return next((most for name, most in _AT_ONCE.items() if kind.startswith(name)), None)


def are_taken(kind: str, seen: Findings) -> bool:
    """Whether as many are under way as may be, so that another worker would change nothing."""
    most = at_once(kind, seen)
    held = sum(one.jobs for one in seen.jobs.held if one.kind == kind)
    return most is not None and held >= most
