"""What a run comes to: numbers that add up, and a verdict on whether the target carried it."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from typing import Any

import msgspec

from parvis.load.parameters import MIX, PRIORITIES, REQUESTS_A_MEMBER_A_MINUTE, Group
from parvis.load.plan import Plan
from parvis.load.run import Result
from parvis.load.tally import Histogram, Line, Newcomers, Outcome, Second
from parvis.load.watch import Sample

# What "carried" means. A person notices a second; sign-up comes first.
CARRIED_SHARE = 0.99
CARRIED_P0_SHARE = 0.995
CARRIED_P95_MS = 1000.0
ENOUGH = 40  # answers, before one in twenty of them means anything
# When the crowd itself was the limit, the target was not measured.
LATE_P99_MS = 100.0
FULL_SHARE = 0.8  # of a core, for each process
LATE_MISSED_SHARE = 0.001


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds; None where nothing was served."""

    p50: float | None
    p95: float | None
    p99: float | None
    most: float


class Row(msgspec.Struct, frozen=True):
    """One class, one kind of request, or all. `offered` is the sum of `outcomes`."""

    name: str
    offered: int
    outcomes: dict[str, int]
    attempts: int
    shed_attempts: int
    latency: Latency
    until_served: Latency

    @property
    def served_share(self) -> float:
        return self.outcomes["served"] / self.offered if self.offered else 1.0


class Moment(msgspec.Struct, frozen=True):
    """One second of the run."""

    at_s: int
    offered: dict[str, int]
    served: dict[str, int]
    shed: dict[str, int]
    latency: Latency
    newcomers: Newcomers  # so far


class Generator(msgspec.Struct, frozen=True):
    """What the crowd says of itself."""

    processes: int
    cpu_share: float  # of one core, averaged over the run
    lag: Latency
    missed: int
    connections_made: int
    saturated: bool
    remarks: list[str]


class Verdict(msgspec.Struct, frozen=True):
    """Whether the target carried the load, and what was in the way."""

    carried: bool
    limit: str
    because: list[str]


class Happened(msgspec.Struct, frozen=True):
    """An event of the run."""

    name: str
    from_s: float
    until_s: float


class Report(msgspec.Struct, frozen=True):
    """All of it; `--json` prints this."""

    load: str
    speed: float
    run_s: float
    day_from: str
    day_minutes: float
    squeeze: float
    level: bool
    target: str
    machine: str
    seed: int
    members: int
    streams: int
    streams_open: int
    began_at: datetime
    events: list[Happened]
    everything: Row
    classes: list[Row]
    kinds: list[Row]
    statuses: dict[int, int]
    served_per_s: float
    offered_per_s: float
    busiest_second_offered: int
    newcomers: Newcomers
    waiting: int
    moments: list[Moment]
    samples: list[Sample]
    generator: Generator
    verdict: Verdict


def report_of(result: Result) -> Report:
    """The report of a run."""
    tally, plan = result.tally, result.plan
    total = Line()
    for line in tally.classes.values():
        total.merge(line)
    everything = _row("everything", total)
    classes = [_row(name, tally.classes.get(name, Line())) for name in PRIORITIES]
    moments = _moments(result)
    generator = _generator(result, everything)
    newcomers = tally.newcomers
    return Report(
        load=plan.load_name,
        speed=plan.speed,
        run_s=plan.run_s,
        day_from=f"{int(plan.from_minute // 60):02}:{int(plan.from_minute % 60):02}",
        day_minutes=round(plan.day_minutes, 2),
        squeeze=round(plan.squeeze, 4),
        level=plan.level,
        target=result.target,
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        seed=result.seed,
        members=result.members,
        streams=result.streams,
        streams_open=tally.streams_open,
        began_at=result.began_at,
        events=[Happened(one.event.name, round(one.from_s, 1), round(one.until_s, 1)) for one in plan.happenings()],
        everything=everything,
        classes=classes,
        kinds=[_row(name, line) for name, line in sorted(tally.kinds.items(), key=lambda kind: -kind[1].offered)],
        statuses=dict(sorted(tally.statuses.items())),
        served_per_s=round(everything.outcomes["served"] / plan.run_s, 1),
        offered_per_s=round(everything.offered / plan.run_s, 1),
        busiest_second_offered=max((sum(moment.offered.values()) for moment in moments), default=0),
        newcomers=newcomers,
        waiting=newcomers.received - newcomers.entered,
        moments=moments,
        samples=result.samples,
        generator=generator,
        verdict=_verdict(everything, classes, generator, result.samples),
    )


def _row(name: str, line: Line) -> Row:
    return Row(
        name=name,
        offered=line.offered,
        outcomes={outcome.value: line.outcomes.get(outcome, 0) for outcome in Outcome},
        attempts=line.attempts,
        shed_attempts=line.shed_attempts,
        latency=_latency(line.latency),
        until_served=_latency(line.until_served),
    )


def _latency(counted: Histogram) -> Latency:
    def rounded(share: float) -> float | None:
        value = counted.percentile_ms(share)
        return None if value is None else round(value, 2)

    return Latency(rounded(0.5), rounded(0.95), rounded(0.99), round(counted.most_ms, 2))


def _moments(result: Result) -> list[Moment]:
    tally, so_far = result.tally, Newcomers()
    found: list[Moment] = []
    for at_s in range(max([*tally.seconds, *tally.newcomers_by_second, -1]) + 1):
        second, new = tally.seconds.get(at_s, Second()), tally.newcomers_by_second.get(at_s, Newcomers())
        so_far = Newcomers(so_far.asked + new.asked, so_far.received + new.received, so_far.entered + new.entered)
        found.append(Moment(at_s, second.offered, second.served, second.shed, _latency(second.latency), so_far))
    return found


def _generator(result: Result, everything: Row) -> Generator:
    tally = result.tally
    lag, missed = _latency(tally.lag), everything.outcomes["missed"]
    remarks: list[str] = []
    cpu_share = round(tally.cpu_s / max(result.plan.run_s, 0.1), 3)
    late = (lag.p99 or 0) > LATE_P99_MS  # on a machine that is full, for want of a turn; latencies hold it already
    lost = missed > everything.offered * LATE_MISSED_SHARE
    if late:
        remarks.append(
            f"The crowd was late: one request in a hundred began {lag.p99:.0f} ms after its moment or later."
        )
    if lost:
        remarks.append(f"{missed:,} requests found no connection to start on.")
    wanted = members_wanted(result.plan)
    if result.members < wanted:
        remarks.append(
            f"{result.members:,} members stand for {wanted:,}: each asks {wanted / result.members:.1f} times as often as a "
            "person would. `--prepare --members` makes more."
        )
    if tally.statuses.get(429):
        remarks.append(
            f"{tally.statuses[429]:,} answers were 429. A target that counts everybody as one address should be started "
            "with PARVIS_TRUSTED_PROXIES=127.0.0.1, so that it believes who the crowd says they are."
        )
    full = cpu_share > FULL_SHARE * result.processes
    return Generator(result.processes, cpu_share, lag, missed, tally.connections_made, (late and full) or lost, remarks)


def members_wanted(plan: Plan) -> int:
    """How many members there would be, if each asked as often as a person does."""
    share = sum(ask.share for ask in MIX if ask.group is Group.MEMBERS) / 100
    return round(plan.load.requests * share / 86_400 * plan.speed / (REQUESTS_A_MEMBER_A_MINUTE / 60))


def _verdict(everything: Row, classes: list[Row], generator: Generator, samples: list[Sample]) -> Verdict:
    because: list[str] = []
    if _too_few(everything, CARRIED_SHARE):
        because.append(f"{everything.served_share:.1%} of all requests were served; {CARRIED_SHARE:.0%} are wanted")
    first = classes[0]
    if _too_few(first, CARRIED_P0_SHARE):
        because.append(f"{first.served_share:.1%} of class P0 were served; {CARRIED_P0_SHARE:.1%} are wanted")
    slow = [row for row in classes if row.outcomes["served"] >= ENOUGH and (row.latency.p95 or 0) > CARRIED_P95_MS]
    because += [f"one answer in twenty of class {row.name} took {row.latency.p95:,.0f} ms or longer" for row in slow]
    if generator.saturated:
        because.append("the crowd itself was at its limit, so the target may carry more")
    return Verdict(carried=not because, limit=limit_of(samples, generator), because=because)


def _too_few(row: Row, wanted: float) -> bool:
    """Whether fewer were served than wanted; a single person in a short run proves nothing."""
    return row.offered - row.outcomes["served"] > max(1.0, (1 - wanted) * row.offered)


def limit_of(samples: list[Sample], generator: Generator) -> str:
    """In words, what was scarcest: what the target itself says, and what the machine's books say."""
    parts: list[str] = []
    reasons = [reason for sample in samples if (reason := reason_of(sample.gate))]
    if reasons:
        parts.append(f"the gate named {max(set(reasons), key=reasons.count)!r}")
    busy = sorted(sample.busy for sample in samples if sample.busy is not None)
    if busy:
        cores = os.cpu_count() or 1
        parts.append(
            f"the machine's {cores} cores were in use to {busy[len(busy) // 2]:.0%} (median; {busy[-1]:.0%} at most), "
            f"of which the crowd {generator.cpu_share / cores:.0%}"
        )
    return "; ".join(parts) or "nothing was to be seen from outside"


def reason_of(gate: dict[str, Any] | None) -> str:
    """The binding resource that the target's public document names."""
    found = (gate or {}).get("reason")
    if isinstance(found, dict):
        found = found.get("code") or found.get("resource") or found.get("name")
    return str(found) if found else ""
