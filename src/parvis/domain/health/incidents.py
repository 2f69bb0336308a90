"""Incidents: what verdicts said for longer than a moment, from when to when. Pure; whoever watches keeps the book.

An incident opens when a pressing verdict was seen twice in a row, and closes a minute after it was last seen. One that
comes back within ten minutes is the same incident. Whoever was told that it began is told again only when they were
told since that it is over, or when it presses more than it did then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from parvis.domain.health.verdicts.judge import Judged, Judgement
from parvis.domain.health.verdicts.verdict import Verdict

SURE = 2  # looks in a row
CLOSES_AFTER = timedelta(seconds=60)
SAME_WITHIN = timedelta(minutes=10)
KEPT = 200
_RANK = {"note": 0, "soon": 1, "now": 2}


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went wrong. `verdict`: as it was when it pressed and blamed most. `told_at`, `ended_told_at`: to
    operators, of how it is or was last; None while they have to hear of it."""

    name: str
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None = None
    blame: float
    verdict: Verdict
    told_at: datetime | None = None
    ended_told_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def presses(self) -> bool:
        """Whether it is more than a note."""
        return self.verdict.urgency != "note"

    @property
    def key(self) -> tuple[str, datetime]:
        return self.name, self.opened_at


class Book:
    """The incidents that are known, the newest first, and what may become one."""

    def __init__(self, known: Iterable[Incident] = ()) -> None:
        self._by_key: dict[tuple[str, datetime], Incident] = {}
        self._sightings: dict[str, tuple[int, datetime]] = {}  # how often in a row, and since when
        self.add(known)

    @property
    def all(self) -> list[Incident]:
        return sorted(self._by_key.values(), key=lambda one: one.opened_at, reverse=True)

    @property
    def open(self) -> list[Incident]:
        return [one for one in self.all if one.is_open]

    def shown(self, most: int) -> list[Incident]:
        """So many: all that are open, however long, then the newest; in the order of `all`."""
        kept = {one.key for one in sorted(self.all, key=lambda one: not one.is_open)[:most]}
        return [one for one in self.all if one.key in kept]

    def add(self, known: Iterable[Incident]) -> None:
        """What somebody else wrote down is known too. What two saw begin, a few looks apart, is one incident: it has the
        beginning that was written down, is as it was seen last, and was told if either told of it."""
        for one in known:
            same = [mine for mine in self._by_key.values() if _is_same(mine, one)]
            for mine in same:
                del self._by_key[mine.key]
            for mine in same:
                one = _merged(one, mine)
            self._by_key[one.key] = one
        self._by_key = {one.key: one for one in self.shown(KEPT)}

    def mirror(self, known: Iterable[Incident]) -> None:
        """The book holds what somebody else wrote down and nothing else: they tell of it, and write down what changes."""
        self._by_key = {one.key: one for one in known}

    def note(self, judgement: Judgement) -> list[Incident]:
        """The book says what this judgement says; the incidents that changed by it."""
        pressing = {one.verdict.name: one for one in judgement.worth_telling}
        changed = [self._seen(judged, judgement.at) for judged in pressing.values()]
        self._sightings = {name: sighting for name, sighting in self._sightings.items() if name in pressing}
        if judgement.outcome != "unknown":  # or what cannot be seen would be taken for over
            changed += [self._over(one, judgement.at) for one in self.open if one.name not in pressing]
        return [one for one in changed if one is not None]

    def told(self, incident: Incident, at: datetime) -> Incident | None:
        """Operators know how it was when `incident` was taken from the book; what the book says now, None when it has it
        no more. What changed since, while they were told, they have to hear of still."""
        current = self._by_key.get(incident.key)
        if current is None:
            return None
        told_at, ended_told_at = current.told_at, current.ended_told_at
        if incident.closed_at is not None:
            told_at = None if current.is_open else told_at or at
            ended_told_at = None if current.is_open else at
        elif _RANK[incident.verdict.urgency] >= _RANK[current.verdict.urgency]:
            told_at = told_at or at
        return self._keep(msgspec.structs.replace(current, told_at=told_at, ended_told_at=ended_told_at))

    @property
    def untold(self) -> list[Incident]:
        """What operators have to hear of, the oldest first. What was over before anybody was told is told once."""
        found = [one for one in self.all if one.told_at is None or (one.closed_at and one.ended_told_at is None)]
        return sorted(found, key=lambda one: one.opened_at)

    def _seen(self, judged: Judged, at: datetime) -> Incident | None:
        name = judged.verdict.name
        count, since = self._sightings.get(name, (0, at))
        self._sightings[name] = (count + 1, since)
        current = next((one for one in self.all if one.name == name), None)
        if current is not None and current.is_open:
            return self._keep(_again(current, judged, at))
        if count + 1 < SURE:
            return None
        if current is not None and since - current.seen_at < SAME_WITHIN:
            return self._keep(_again(current, judged, at))
        return self._keep(Incident(name=name, opened_at=since, seen_at=at, blame=judged.blame, verdict=judged.verdict))

    def _over(self, incident: Incident, at: datetime) -> Incident | None:
        if at - incident.seen_at < CLOSES_AFTER:
            return None
        return self._keep(msgspec.structs.replace(incident, closed_at=at))

    def _keep(self, incident: Incident) -> Incident:
        self._by_key[incident.key] = incident
        return incident


def _again(incident: Incident, judged: Judged, at: datetime) -> Incident:
    """It is seen once more. Who was told that it is over, or that it only will press, does not know how it is now."""
    rises = _RANK[judged.verdict.urgency] > _RANK[incident.verdict.urgency]
    worse = rises or (judged.blame > incident.blame and judged.verdict.urgency == incident.verdict.urgency)
    return msgspec.structs.replace(
        incident,
        seen_at=at,
        closed_at=None,
        told_at=None if rises or incident.ended_told_at is not None else incident.told_at,
        ended_told_at=None,
        blame=max(judged.blame, incident.blame),
        verdict=judged.verdict if worse else incident.verdict,
    )


def _is_same(mine: Incident, written: Incident) -> bool:
    """Whether both are the same thing that went wrong: there is no pause between them that would make it two."""
    if mine.name != written.name:
        return False
    return mine.opened_at - written.seen_at < SAME_WITHIN and written.opened_at - mine.seen_at < SAME_WITHIN


def _merged(written: Incident, mine: Incident) -> Incident:
    latest = max(written, mine, key=_later)
    worst = max(written, mine, key=lambda one: (_RANK[one.verdict.urgency], one.blame))
    told = [one.told_at for one in (written, mine) if one.told_at is not None and _holds(one, worst, latest)]
    ends = [one.ended_told_at for one in (written, mine) if one.closed_at is not None and one.ended_told_at is not None]
    return Incident(
        name=written.name,
        opened_at=written.opened_at,
        seen_at=latest.seen_at,
        closed_at=latest.closed_at,
        blame=max(written.blame, mine.blame),
        verdict=worst.verdict,
        told_at=told[0] if told else None,
        ended_told_at=ends[0] if ends and latest.closed_at is not None else None,
    )


def _holds(told: Incident, worst: Incident, latest: Incident) -> bool:
    """Whether who was told of the one knows how it is: that it presses as much, and that it is not over."""
    knows_it_is_back = latest.closed_at is not None or told.ended_told_at is None
    return knows_it_is_back and _RANK[told.verdict.urgency] >= _RANK[worst.verdict.urgency]


def _later(one: Incident) -> tuple[datetime, bool, bool]:
    return one.seen_at, one.closed_at is not None, one.told_at is not None
