"""What a run plays: a part of a day, at a speed, with the events of its evening."""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from parvis.load.parameters import (
    EVENING_AT_HOUR,
    EVENING_MINUTES,
    EVENTS,
    LOADS,
    MEAN_AT_HOUR,
    MIX,
    SWING,
    Event,
    Group,
    Load,
)

DAY_MINUTES = 24 * 60
_DAY_S = DAY_MINUTES * 60
SHARES = {group: sum(ask.share for ask in MIX if ask.group is group) / 100 for group in Group}


class Happening(msgspec.Struct, frozen=True):
    """An event at its place in the run, in seconds from the run's start."""

    event: Event
    from_s: float
    until_s: float


class Plan(msgspec.Struct, frozen=True):
    """The day passes `speed` times as fast as real ones, so that many times as many come in a second.

    A run that is too short for the whole day plays the evening, its busiest part; one that is too short for the
    evening's events squeezes them. `level` is a plain instead: the day's mean all the time and no events.
    """

    load_name: str
    speed: float
    run_s: float
    level: bool = False

    @property
    def load(self) -> Load:
        return LOADS[self.load_name]

    @property
    def day_minutes(self) -> float:
        """How many minutes of the day are played."""
        return self.run_s / 60 * self.speed

    @property
    def from_minute(self) -> float:
        """The minute of the day the run begins at."""
        if self.day_minutes >= DAY_MINUTES:
            return 0.0
        return max(0.0, min(EVENING_AT_HOUR * 60 - self.day_minutes / 2, DAY_MINUTES - self.day_minutes))

    @property
    def squeeze(self) -> float:
        """How much shorter the evening's events are than in the day; 1 when there is room for them."""
        return min(1.0, self.day_minutes / EVENING_MINUTES)

    def happenings(self) -> tuple[Happening, ...]:
        """The events of the run, in their order."""
        return () if self.level else _happenings(self)

    def mean(self, group: Group) -> float:
        """Requests (of newcomers: sign-ups) a second, averaged over the day, at this speed."""
        a_day = self.load.sign_ups if group is Group.NEWCOMERS else self.load.requests * SHARES[group]
        return a_day / _DAY_S * self.speed

    def rate(self, group: Group, at_s: float) -> float:
        """Requests a second of that group at that second of the run."""
        if self.level:
            return self.mean(group)
        hour = (self.from_minute + at_s / 60 * self.speed) / 60
        tide = 1 + SWING * math.sin(math.tau * (hour - MEAN_AT_HOUR) / 24)
        return self.mean(group) * tide * self._swell(group, at_s)

    def _swell(self, group: Group, at_s: float) -> float:
        """1 plus what events add."""
        return 1 + sum(
            getattr(one.event, group.value) - 1 for one in self.happenings() if one.from_s <= at_s < one.until_s
        )


@lru_cache
def _happenings(plan: Plan) -> tuple[Happening, ...]:
    begin = EVENING_AT_HOUR * 60 - EVENING_MINUTES / 2 * plan.squeeze - plan.from_minute
    found: list[Happening] = []
    for event in EVENTS:
        from_s = (begin + event.at_minute * plan.squeeze) * 60 / plan.speed
        found.append(Happening(event, from_s, from_s + event.minutes * plan.squeeze * 60 / plan.speed))
    return tuple(found)


def whole_day_s(speed: float) -> float:
    """How long a whole day takes at that speed."""
    return _DAY_S / speed
