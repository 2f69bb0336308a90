"""What only the watch sees, put beside what the processes do, so that it is written down and shown like that."""

from __future__ import annotations

import msgspec

from parvis.domain.health import history
from parvis.domain.health.forecasts import as_signal, forecasts
from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.findings import Database, Disk, Findings, Jobs


def all_signals(seen: Findings) -> dict[str, Signal]:
    """By resource. What there is several of has its own name behind an `@`: a machine's folder, a kind of job, a wait event.

    A kind of job of which none is late, under way or failing has no fact, nor has what no session waits for.
    """
    found = dict(seen.signals)
    if seen.database is not None:
        _add(found, Signal("database", 0.0, 0.0), _of_database(seen.database))
    if seen.disks:
        fullest = max(1.0 - one.free for one in seen.our_disks) if seen.our_disks else 0.0
        _add(found, Signal("disk", 0.0, fullest), _of_disks(seen.disks))
    _add(found, Signal("jobs", 0.0, 0.0), _of_jobs(seen.jobs))
    if seen.store is not None:
        found["store"] = Signal(
            "store", 0.0, 0.0, None, {"took_s": seen.store.took_s, "fails": float(bool(seen.store.error))}
        )
    if seen.setup.has_broker:
        facts = {"answers": float(not seen.broker_error), "took_s": seen.broker_took_s}
        found["broker"] = Signal("broker", 0.0, 0.0, None, facts)
    if seen.certificate_ends_in_s is not None:
        found["certificate"] = Signal("certificate", 0.0, 0.0, None, {"ends_in_s": seen.certificate_ends_in_s})
    foreseen = as_signal(forecasts(seen))
    return found | {foreseen.resource: foreseen}


def _add(found: dict[str, Signal], otherwise: Signal, facts: dict[str, float]) -> None:
    known = found.get(otherwise.resource, otherwise)
    found[known.resource] = msgspec.structs.replace(known, facts={**facts, **known.facts})


def _of_database(database: Database) -> dict[str, float]:
    names = ("size_bytes", "wal_bytes", "slot_bytes", "archive_failing_s", "sessions", "oldest_row_age", "up_s")
    facts = {name: float(getattr(database, name)) for name in names}
    facts["unapplied"] = float(len(database.unapplied))
    return facts | {f"waiting@{event}": sessions for event, sessions in database.waiting.items()}


def _of_disks(disks: tuple[Disk, ...]) -> dict[str, float]:
    facts: dict[str, float] = {}
    for one in disks:
        facts[history.room("bytes", one.folder)] = float(one.free_bytes)
        if one.files:
            facts[history.room("files", one.folder)] = float(one.free_files)
    return facts


def _of_jobs(jobs: Jobs) -> dict[str, float]:
    facts = {"oldest_s": max((one.oldest_s for one in jobs.late), default=0.0)}
    for one in jobs.late:
        facts |= {f"late@{one.kind}": float(one.jobs), f"late_s@{one.kind}": one.oldest_s}
    for one in jobs.held:
        facts |= {f"held@{one.kind}": float(one.jobs), f"held_s@{one.kind}": one.oldest_s}
    for one in jobs.failing:
        facts |= {f"failing@{one.kind}": float(one.jobs), f"failures@{one.kind}": float(one.failures)}
    return facts
