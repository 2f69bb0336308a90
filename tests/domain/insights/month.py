"""A month of visitors, made from a seed: who looks at what, when, from where; and what a perfect observer counted.

Visitors come back as people do: some daily, most once. Days differ, nights are quiet, robots and looks ahead come in
between, and from one day on almost half stay away.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

FIRST = date(2026, 3, 1)
SOURCES = ("", "", "", "https://www.example.org/a?b=c", "https://news.example.net/", "android-app://org.example.app/")
LANGUAGES = ("en-US,en;q=0.9", "fr-FR,fr;q=0.8", "pt-BR", "de")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}) Gecko/20100101 Firefox/{0}.0"
ROBOT = "Mozilla/5.0 (compatible; Examplebot/2.1; +https://example.com/bot)"
HOURS = [1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 9, 10, 11, 10, 9, 9, 10, 11, 12, 13, 13, 10, 6, 3]
DAY_S = 86_400

Headers = list[tuple[bytes, bytes]]


@dataclass
class Truth:
    """What really happened on each day: a visit belongs to the day on which it began."""

    visits: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    visitors: defaultdict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    views: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class Look:
    """One request. `person` is -1 where nobody is behind it."""

    at_s: float
    person: int
    network: str
    headers: Headers


def looks(seed: int, *, days: int, daily: int, falls_on: int | None = None) -> Iterator[Look]:
    """Every request of the month, in order. `falls_on`: the first day (from 0) on which 45 of a hundred stay away."""
    chance = random.Random(seed)
    over: list[Look] = []  # what goes on after midnight
    for number in range(days):
        weekend = 0.85 if (FIRST + timedelta(days=number)).weekday() >= 5 else 1.0
        share = 0.55 if falls_on is not None and number >= falls_on else 1.0
        begins_s = datetime.combine(FIRST + timedelta(days=number), datetime.min.time(), UTC).timestamp()
        today = over
        for _ in range(int(daily * weekend * share * chance.uniform(0.95, 1.05))):
            today += _visit(chance, begins_s, daily)
        for _ in range(daily // 10):
            today.append(_robot(chance, begins_s))
        today.sort(key=lambda one: one.at_s)
        over = [one for one in today if one.at_s >= begins_s + DAY_S]
        yield from (one for one in today if one.at_s < begins_s + DAY_S)


def truth_of(month: list[Look]) -> Truth:
    """Counted with all that a server must not keep: who each of them was, and when they were here last."""
    truth, last = Truth(), dict[int, float]()
    for look in month:
        if look.person < 0:
            continue
        day = datetime.fromtimestamp(look.at_s, UTC).date()
        truth.views[day] += 1
        truth.visitors[day].add(look.person)
        if look.at_s - last.get(look.person, 0.0) > 1800:
            truth.visits[day] += 1
        last[look.person] = look.at_s
    return truth


def _visit(chance: random.Random, begins_s: float, daily: int) -> Iterator[Look]:
    """A visit of one of the regulars or of a passer-by: a few pages, some minutes apart, seldom with a long pause."""
    person = chance.randrange(daily // 2) if chance.random() < 0.5 else daily + chance.randrange(daily * 40)
    at_s = begins_s + 3600 * chance.choices(range(24), HOURS)[0] + chance.random() * 3600
    source = chance.choice(SOURCES)
    for _ in range(min(30, 1 + int(chance.expovariate(1 / 2.5)))):
        yield _look(at_s, person, source)
        source = "http://parvis.test/public"
        at_s += chance.choice((20, 60, 90, 200, 600)) * chance.uniform(0.5, 1.5)
        if chance.random() < 0.03:
            at_s += chance.uniform(1500, 2700)  # on either side of the half hour
        if chance.random() < 0.05:
            yield _look(at_s, -1, "", person=person, more=[(b"sec-purpose", b"prefetch;prerender")])


def _look(at_s: float, counted: int, source: str, *, person: int | None = None, more: Headers | None = None) -> Look:
    who = counted if person is None else person
    headers: Headers = [
        (b"host", b"parvis.test"),
        (b"user-agent", AGENT.format(100 + who % 17).encode()),
        (b"accept-language", LANGUAGES[who % len(LANGUAGES)].encode()),
        *(more or []),
    ]
    if source:
        headers.append((b"referer", source.encode()))
    return Look(at_s, counted, f"10.{who >> 16 & 255}.{who >> 8 & 255}.{who & 255}", headers)


def _robot(chance: random.Random, begins_s: float) -> Look:
    at_s = begins_s + chance.random() * DAY_S
    headers = [(b"user-agent", ROBOT.encode()), (b"accept-language", b"en")]
    return Look(at_s, -1, f"172.16.{chance.randrange(8)}.{chance.randrange(256)}", headers)
