"""What an examination finds, and what is measured all the time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    subject: str
    verdict: Literal["ok", "warning", "failed"]
    message: str


class Signal(msgspec.Struct, frozen=True):
    """One resource, as one process saw it in its last few seconds.

    `used`: in the resource's unit, a second or at a moment. `use`: the share of what there is. `capacity`: all there is,
    where it can be counted. `facts`: whatever else is worth knowing, by name with unit.
    """

    resource: str
    used: float
    use: float
    capacity: float | None = None
    facts: dict[str, float] = {}


class Reading(msgspec.Struct, frozen=True):
    """A signal, and where and when it was seen."""

    process: str
    role: str
    host: str
    measured_at: datetime
    signal: Signal


class Moment(msgspec.Struct, frozen=True):
    """A signal as the mean of a minute or an hour. `peak`: the largest use in it."""

    signal: Signal
    peak: float

    @property
    def resource(self) -> str:
        return self.signal.resource

    @property
    def used(self) -> float:
        return self.signal.used

    @property
    def use(self) -> float:
        return self.signal.use

    @property
    def capacity(self) -> float | None:
        return self.signal.capacity

    @property
    def facts(self) -> dict[str, float]:
        return self.signal.facts


def ok(subject: str, message: str) -> Check:
    return Check(subject, "ok", message)


def warning(subject: str, message: str) -> Check:
    return Check(subject, "warning", message)


def failed(subject: str, message: str) -> Check:
    return Check(subject, "failed", message)
