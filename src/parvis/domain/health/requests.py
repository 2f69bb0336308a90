"""What requests take, what their time goes to, and how many fail: as each web process counts it, and put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parvis.domain.health.probes import Probe
from parvis.domain.health.types import Signal
from parvis.infra.waits import BOUNDS, NAMES, Totals

RESOURCE = "requests"
SPENT, BUCKET, FAILED = "spent@", "bucket@", "failed_per_s@"
WAITING = "waiting@"  # of the database: sessions by what they wait for
SQL = "sql"


def requests(totals: Totals) -> Probe:
    """Requests a second that were worked on, and of a second of all of them together what it went to.

    Facts: `spent@NAME`, `bucket@SECONDS` (requests a second that took at most so long, and more than the bound before),
    `failed_per_s` and by route; `mean_s` and `p95_s`.
    """
    before = _copy(totals)

    def probe(elapsed_s: float) -> Signal:
        nonlocal before
        last, before = before, _copy(totals)
        count = before.count - last.count
        spent = [now - then for now, then in zip(before.seconds, last.seconds, strict=True)]
        buckets = [now - then for now, then in zip(before.buckets, last.buckets, strict=True)]
        failures = before.failures - last.failures
        facts = {f"{SPENT}{name}": seconds / elapsed_s for name, seconds in zip(NAMES, spent, strict=True)}
        facts |= {f"{BUCKET}{bound}": n / elapsed_s for bound, n in zip((*BOUNDS, "more"), buckets, strict=True)}
        facts |= {f"{FAILED}{route}": n / elapsed_s for route, n in failures.items()}
        facts["failed_per_s"] = failures.total() / elapsed_s
        facts["mean_s"], facts["p95_s"] = sum(spent) / count if count else 0.0, quantile_s(buckets, 0.95)
        return Signal(RESOURCE, count / elapsed_s, 0.0, None, facts)

    return probe


def quantile_s(buckets: Sequence[float], share: float) -> float:
    """Within which time that share was answered, by the bounds of what was counted; 0 where nothing was."""
    wanted, so_far, below = share * sum(buckets), 0.0, 0.0
    for bound, count in zip(BOUNDS, buckets, strict=False):
        if count and so_far + count >= wanted:
            return below + (bound - below) * (wanted - so_far) / count
        so_far, below = so_far + count, bound
    return BOUNDS[-1] if sum(buckets) else 0.0


def seconds_by_wait(signals: Mapping[str, Signal]) -> dict[str, float]:
    """Of one request, on average, the seconds that went to each thing, the most first. What went to the database is divided
    as its sessions wait: `sql@EVENT`, and `sql` for what is not waiting there."""
    found = signals.get(RESOURCE)
    if found is None or not found.used:
        return {}
    by_name = {name: found.facts.get(f"{SPENT}{name}", 0.0) / found.used for name in NAMES}
    divided = _by_event(by_name.pop(SQL), signals.get("database"))
    ordered = sorted((by_name | divided).items(), key=lambda one: -one[1])
    return {name: seconds for name, seconds in ordered if seconds > 0}


def worst_route(signals: Mapping[str, Signal]) -> str:
    """Where most requests fail; empty where none does."""
    facts = signals[RESOURCE].facts if RESOURCE in signals else {}
    failing = {name.removeprefix(FAILED): rate for name, rate in facts.items() if name.startswith(FAILED) and rate}
    return max(failing, key=lambda route: failing[route], default="")


def _by_event(seconds: float, database: Signal | None) -> dict[str, float]:
    facts = database.facts if database is not None else {}
    waiting = {name.removeprefix(WAITING): n for name, n in facts.items() if name.startswith(WAITING) and n > 0}
    sessions = sum(waiting.values())
    if not sessions:
        return {SQL: seconds}
    return {f"{SQL}@{event}" if event else SQL: seconds * n / sessions for event, n in waiting.items()}


def _copy(totals: Totals) -> Totals:
    copy = Totals()
    copy.count, copy.seconds, copy.buckets = totals.count, list(totals.seconds), list(totals.buckets)
    copy.failures = totals.failures.copy()
    return copy
