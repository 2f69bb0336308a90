"""All processes' signals put together: for each resource, what is used in all and how full the fullest is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from parvis.domain.health import queries
from parvis.domain.health.types import Reading, Signal
from parvis.infra.postgres import Connection

FRESH = timedelta(seconds=25)  # a slow database makes signals come late, and must not make them disappear
OLD = timedelta(minutes=10)

OF_MACHINES = ("cpu", "disk", "memory")  # every process of a machine sees the same
SIGNED = ("step_s",)
SUMMED = (
    "lent_per_s", "deferred_per_s", "refused_per_s", "refused_share_per_s", "refused_for_load_per_s",
    "refused_door_per_s", "served_per_s", "page_hits_per_s", "waiting", "answered", "unreachable", "sent", "refused",
    "failed_per_s",
)  # fmt: skip
SUMMED_BY_KIND = ("done_per_s@", "worked_s_per_s@", "failed_per_s@", "spent@", "bucket@")
OF_ALL = ("database",)  # every process sees the same from where it is
SEEN_BY_ALL = ("jobs",)  # every process sees all of it


async def headroom(db: Connection) -> dict[str, Signal]:
    """By resource, what was seen in the last seconds. A resource that nobody reports is not there."""
    return merged(await queries.readings(db, FRESH))


async def forget_old(tx: Connection) -> None:
    """Signals of processes that have been silent for long are gone."""
    await queries.old_signals_forgotten(tx, OLD)


def merged(readings: Sequence[Reading]) -> dict[str, Signal]:
    """One signal a resource. `readings`: the newest first."""
    by_resource: dict[str, list[Reading]] = {}
    for one in readings:
        by_resource.setdefault(one.signal.resource, []).append(one)
    return {resource: _merge(resource, several) for resource, several in by_resource.items()}


def _merge(resource: str, several: Sequence[Reading]) -> Signal:
    if resource in OF_MACHINES:
        several = list({one.host: one for one in reversed(several)}.values())
    if resource in SEEN_BY_ALL:
        several = [max(several, key=lambda one: one.signal.used)]
    signals = [one.signal for one in several]
    use, facts = max(one.use for one in signals), _worst(one.facts for one in signals)
    if resource in OF_ALL:  # one process may just have been held up; what the database does, most of them see
        middle = sorted(signals, key=lambda one: one.use)[len(signals) // 2]
        use, facts = middle.use, middle.facts
    capacities = [one.capacity for one in signals if one.capacity is not None]
    capacity = sum(capacities) if len(capacities) == len(signals) else None
    return Signal(resource, sum(one.used for one in signals), use, capacity, facts)


def _worst(facts: Iterable[dict[str, float]]) -> dict[str, float]:
    """The largest of each; of what is free, the least; of what is counted, all."""
    found: dict[str, float] = {}
    for some in facts:
        for name, value in some.items():
            if name in SUMMED or name.startswith(SUMMED_BY_KIND):
                found[name] = found.get(name, 0.0) + value
                continue
            pick = min if name.startswith("free") else max
            found[name] = pick(found.get(name, value), value, key=abs if name in SIGNED else None)
    return found
