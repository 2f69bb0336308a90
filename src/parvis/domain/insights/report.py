"""The numbers of some days, put together for whoever looks at them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from parvis.domain.insights import queries
from parvis.domain.insights.definitions import LISTS, SERIES, STAGES
from parvis.infra.postgres import Connection

WEEK = 7
MOST_SHOWN = 15
BACK = {stage: timedelta(days=int(stage.removeprefix("day_"))) for stage in STAGES if stage.startswith("day_")}
LONGEST_BACK = max(BACK.values())
Row = tuple[date, str, str, int]


class Stage(msgspec.Struct, frozen=True):
    """So many got so far, of so many who could have."""

    name: str
    count: int
    of: int


class Report(msgspec.Struct, frozen=True):
    """`series`: by name, a number for each of `days`; `means`: of the seven days up to each, None where there are fewer.

    `lists`: by kind, the most frequent names with their sums. `begun`: by week (its Monday), first uses of apps.
    """

    days: list[date]
    series: dict[str, list[int]]
    means: dict[str, list[float | None]]
    lists: dict[str, list[tuple[str, int]]]
    stages: list[Stage]
    begun: list[tuple[date, list[tuple[str, int]]]]


async def report(db: Connection, last: date, days: int) -> Report:
    """The numbers of so many days, the last of them being that one."""
    first = last - timedelta(days=days - 1)
    rows = await queries.counts(db, first - timedelta(days=WEEK - 1), last)
    shown = [row for row in rows if row[0] >= first]
    every = [first + timedelta(days=number) for number in range(days)]
    early = [first - timedelta(days=number) for number in range(WEEK - 1, 0, -1)]
    series = {name: _series(rows, [*early, *every], *which) for name, which in SERIES.items()}
    return Report(
        days=every,
        series={name: values[WEEK - 1 :] for name, values in series.items()},
        means={name: means(values)[WEEK - 1 :] for name, values in series.items()},
        lists={kind: _list(shown, kind) for kind in LISTS},
        stages=_stages(await queries.counts(db, first - LONGEST_BACK, last, ["sign_up"]), first, last),
        begun=_begun(rows, first),
    )


async def rows(db: Connection, last: date, days: int) -> list[Row]:
    """(day, kind, name, count): everything that is known of so many days, for export."""
    return await queries.counts(db, last - timedelta(days=days - 1), last)


def means(values: Sequence[int]) -> list[float | None]:
    """Of each day and the six before it; None where something is missing before the first day on which anything was counted."""
    begins = next((number for number, value in enumerate(values) if value), len(values))
    return [
        sum(values[number - WEEK + 1 : number + 1]) / WEEK if number - WEEK + 1 >= begins else None
        for number in range(len(values))
    ]


def _series(rows: Iterable[Row], days: Sequence[date], kind: str, name: str | None) -> list[int]:
    sums: Counter[date] = Counter()
    for day, its_kind, its_name, count in rows:
        if its_kind == kind and name in (None, its_name):
            sums[day] += count
    return [sums[day] for day in days]


def _list(rows: Sequence[Row], kind: str) -> list[tuple[str, int]]:
    sums: Counter[str] = Counter()
    for _, its_kind, name, count in rows:
        if its_kind == kind:
            sums[name] += count
    if kind == "app":  # the same people come again the next day
        measured = len({day for day, its_kind, _, _ in rows if its_kind in ("app", "members")})
        sums = Counter({name: round(count / measured) or 1 for name, count in sums.items()})
    return sums.most_common(MOST_SHOWN)


def _stages(rows: Iterable[Row], first: date, last: date) -> list[Stage]:
    """Of all whose receipts came in these days; back on a day: of those who had entered, and whose day was one of these."""
    newcomers: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for day, _, name, count in rows:
        newcomers[day][name] = count
    return [_stage(newcomers, stage, first, last) for stage in STAGES]


def _stage(newcomers: Mapping[date, Mapping[str, int]], stage: str, first: date, last: date) -> Stage:
    of, back = ("entered_on", BACK[stage]) if stage in BACK else ("received", timedelta())
    # A day on which nobody counted how many could is none on which any did.
    days = [counts for day, counts in newcomers.items() if first <= day + back <= last and of in counts]
    return Stage(stage, sum(counts.get(stage, 0) for counts in days), sum(counts[of] for counts in days))


def _begun(rows: Iterable[Row], first: date) -> list[tuple[date, list[tuple[str, int]]]]:
    """By week, and the first of them whole."""
    monday = first - timedelta(days=first.weekday())
    weeks: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for day, kind, name, count in rows:
        if kind == "app_begun" and day >= monday:
            weeks[day - timedelta(days=day.weekday())][name] += count
    return [(monday, apps.most_common(MOST_SHOWN)) for monday, apps in sorted(weeks.items(), reverse=True)]
