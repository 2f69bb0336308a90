"""What came of every arrival, in numbers that several processes can add up."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

from parvis.load.parameters import Ask

_FINEST_MS = 0.05
_STEP = math.log(1.02)  # so percentiles are within two per cent


class Outcome(StrEnum):
    """How an arrival ended; each ends in exactly one way."""

    SERVED = "served"
    REFUSED = "refused"  # an answer that says no: not found, taken, invalid
    SHED = "shed"  # 429 or 503, also after the retries
    FAILED = "failed"  # any other answer of the 500s
    TIMED_OUT = "timed out"
    BROKEN = "broken"  # the connection ended without an answer
    MISSED = "missed"  # we had no connection left to ask on: our own saturation
    UNFINISHED = "unfinished"  # the run was over before it was clear


class Histogram(msgspec.Struct):
    """How often which duration occurred, in steps of two per cent."""

    counts: dict[int, int] = {}
    most_ms: float = 0.0

    def add(self, duration_ms: float) -> None:
        step = int(math.log(duration_ms / _FINEST_MS) / _STEP) if duration_ms > _FINEST_MS else 0
        self.counts[step] = self.counts.get(step, 0) + 1
        if duration_ms > self.most_ms:
            self.most_ms = duration_ms

    def merge(self, other: Histogram) -> None:
        for step, count in other.counts.items():
            self.counts[step] = self.counts.get(step, 0) + count
        self.most_ms = max(self.most_ms, other.most_ms)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def percentile_ms(self, share: float) -> float | None:
        """The duration that this share did not exceed; None when nothing was counted."""
        wanted, seen = share * self.count, 0
        for step in sorted(self.counts):
            seen += self.counts[step]
            if seen >= wanted:
                return min(_FINEST_MS * math.exp((step + 1) * _STEP), self.most_ms)
        return None


class Line(msgspec.Struct):
    """One class, or one kind of request. `latency` is of the answers that served, from the moment each was due;
    `until_served` from the moment the person came, so it holds the waiting before retries too.
    """

    offered: int = 0
    outcomes: dict[Outcome, int] = {}
    attempts: int = 0
    shed_attempts: int = 0
    latency: Histogram = msgspec.field(default_factory=Histogram)
    until_served: Histogram = msgspec.field(default_factory=Histogram)

    def merge(self, other: Line) -> None:
        self.offered += other.offered
        self.attempts += other.attempts
        self.shed_attempts += other.shed_attempts
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count
        self.latency.merge(other.latency)
        self.until_served.merge(other.until_served)


class Second(msgspec.Struct):
    """The arrivals of one second of the run, by class, and what came of them; counted where they were due."""

    offered: dict[str, int] = {}
    served: dict[str, int] = {}
    shed: dict[str, int] = {}
    latency: Histogram = msgspec.field(default_factory=Histogram)

    def merge(self, other: Second) -> None:
        for mine, theirs in ((self.offered, other.offered), (self.served, other.served), (self.shed, other.shed)):
            for priority, count in theirs.items():
                mine[priority] = mine.get(priority, 0) + count
        self.latency.merge(other.latency)


class Newcomers(msgspec.Struct):
    """How far those who signed up have come, as they see it themselves."""

    asked: int = 0
    received: int = 0
    entered: int = 0


class Tally(msgspec.Struct):
    """Everything one process saw, or several together."""

    classes: dict[str, Line] = {}
    kinds: dict[str, Line] = {}
    seconds: dict[int, Second] = {}
    statuses: dict[int, int] = {}
    newcomers: Newcomers = msgspec.field(default_factory=Newcomers)
    newcomers_by_second: dict[int, Newcomers] = {}
    lag: Histogram = msgspec.field(default_factory=Histogram)  # how much later than meant we began
    bytes_received: int = 0
    connections_made: int = 0
    streams_open: int = 0
    streams_refused: int = 0
    cpu_s: float = 0.0

    def lines(self, ask: Ask) -> tuple[Line, Line]:
        return self.classes.setdefault(ask.priority, Line()), self.kinds.setdefault(ask.name, Line())

    def second(self, due_s: float) -> Second:
        return self.seconds.setdefault(int(due_s), Second())

    def offer(self, ask: Ask, due_s: float, lag_s: float) -> None:
        """Somebody came."""
        for line in self.lines(ask):
            line.offered += 1
        offered = self.second(due_s).offered
        offered[ask.priority] = offered.get(ask.priority, 0) + 1
        self.lag.add(lag_s * 1000)

    def attempt(self, ask: Ask, status: int | None, *, shed: bool) -> None:
        """One answer came, or none; an arrival may need several."""
        for line in self.lines(ask):
            line.attempts += 1
            line.shed_attempts += shed
        if status is not None:
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def settle(self, ask: Ask, due_s: float, outcome: Outcome, *, latency_s: float = 0, until_s: float = 0) -> None:
        """An arrival ended; with SERVED the two durations count."""
        second = self.second(due_s)
        for line in self.lines(ask):
            line.outcomes[outcome] = line.outcomes.get(outcome, 0) + 1
            if outcome is Outcome.SERVED:
                line.latency.add(latency_s * 1000)
                line.until_served.add(until_s * 1000)
        if outcome is Outcome.SERVED:
            second.served[ask.priority] = second.served.get(ask.priority, 0) + 1
            second.latency.add(latency_s * 1000)
        elif outcome is Outcome.SHED:
            second.shed[ask.priority] = second.shed.get(ask.priority, 0) + 1

    def merge(self, other: Tally) -> None:
        """This tally holds both."""
        for mine, theirs in ((self.classes, other.classes), (self.kinds, other.kinds)):
            for name, line in theirs.items():
                mine.setdefault(name, Line()).merge(line)
        for number, second in other.seconds.items():
            self.seconds.setdefault(number, Second()).merge(second)
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count
        _add(self.newcomers, other.newcomers)
        for number, newcomers in other.newcomers_by_second.items():
            _add(self.newcomers_by_second.setdefault(number, Newcomers()), newcomers)
        self.lag.merge(other.lag)
        for name in ("bytes_received", "connections_made", "streams_open", "streams_refused", "cpu_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def _add(mine: Newcomers, theirs: Newcomers) -> None:
    mine.asked += theirs.asked
    mine.received += theirs.received
    mine.entered += theirs.entered
