"""Insights, for the owner: how many come, whence, what members do, how newcomers fare; and all of it as CSV and JSON."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, timedelta
from typing import Any, Literal

import msgspec
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from litestar import Response
from litestar.response import Stream

from parvis.base.spreadsheets import harmless
from parvis.console.routing import page
from parvis.domain import insights
from parvis.domain.accounts.types import Viewer
from parvis.infra.catalogues import babel_locale, later
from parvis.infra.html.headers import PRIVATE
from parvis.infra.html.visit import Answer, Page, Visit

RANGES = (7, 30, 90)
WIDTH, HEIGHT, GAP = 600.0, 96.0, 0.2  # of a chart, in units of its own; GAP: the share of a day that stays empty
NOBODY_YET = "–"  # where there was nobody of whom to tell anything
PIECE_DAYS = 30  # of a file, at once
Row = tuple[date, str, str, int]
SHOWN_LISTS = ("page", "source", "language", "country", "app", "media", "install")

NAMES: dict[tuple[str, str], str] = {
    ("source", ""): later("Directly"),
    ("source", "other"): later("Others"),
    ("language", "other"): later("Others"),
    ("country", "other"): later("Unknown"),
    ("app", ""): later("The pages of this place"),
    ("media", "image"): later("Pictures"),
    ("media", "video"): later("Films"),
    ("media", "gifv"): later("Films without sound"),
    ("media", "audio"): later("Sounds"),
    ("install", "installed"): later("Installed"),
    ("install", "shown"): later("Shown from the home screen"),
}


class Range(msgspec.Struct, frozen=True):
    days: Literal["7", "30", "90"] = "30"


class Export(msgspec.Struct, frozen=True):
    days: Literal["7", "30", "90", "731"] = "90"


@page("GET", "/console/insights", audience="owner", params=Range)
async def show(visit: Visit[Viewer, Range]) -> Answer:
    """The numbers of the last days; today as far as it has come."""
    days = int(visit.params.days)
    today = visit.now.astimezone(UTC).date()
    found = await insights.report(visit.db, today, days)
    return Page(
        "console/insights.html",
        {
            "ranges": [(number, number == days) for number in RANGES],
            "days": days,
            "charts": [_chart(visit, found, name) for name in insights.SERIES],
            "lists": [_list(visit, kind, found.lists[kind]) for kind in SHOWN_LISTS if found.lists[kind]],
            "stages": [_stage(visit, one) for one in found.stages],
            "sign_up": _definition(visit, "sign_up"),
            "weeks": [
                {"week": _day(visit, monday), "apps": [(name, _number(visit, count)) for name, count in apps]}
                for monday, apps in found.begun
            ],
            "app_begun": _definition(visit, "app_begun"),
        },
    )


@page("GET", "/console/insights.csv", audience="owner", params=Export, connects=False)
async def as_csv(visit: Visit[Viewer, Export]) -> Answer:
    """A line for each day, kind and name."""
    return _file(_pieces(visit, b"day,kind,name,count\n", _lines, b""), "text/csv", "insights.csv")


@page("GET", "/console/insights.json", audience="owner", params=Export, connects=False)
async def as_json(visit: Visit[Viewer, Export]) -> Answer:
    """The same, with what each kind means and how wrong it can be."""
    meant = {
        kind: {"title": one.title, "meaning": one.meaning, "error": one.error}
        for kind, one in insights.DEFINITIONS.items()
    }
    about = {"place": visit.settings.domain, "made_at": visit.now, "definitions": meant}
    begin = msgspec.json.encode(about).removesuffix(b"}") + b',"counts":['
    return _file(_pieces(visit, begin, _objects, b"]}"), "application/json", "insights.json")


async def _pieces(
    visit: Visit[Viewer, Export], begin: bytes, written: Callable[[list[Row], bool], bytes], end: bytes
) -> AsyncIterator[bytes]:
    """The file, a month at a time: two years of a large place are a million lines, and others ask meanwhile."""
    yield begin
    last, left, first = visit.now.astimezone(UTC).date(), int(visit.params.days), True
    while left > 0:
        days = min(left, PIECE_DAYS)
        async with visit.services.db.connection() as db:
            rows = await insights.rows(db, last - timedelta(days=left - days), days)
        if rows:
            yield await asyncio.to_thread(written, rows, first)
            first = False
        left -= days
    yield end


def _lines(rows: list[Row], first: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows((day.isoformat(), kind, harmless(name), count) for day, kind, name, count in rows)
    return out.getvalue().encode()


def _objects(rows: list[Row], first: bool) -> bytes:
    """What stands between the brackets of a list; a comma in front of what is not the first."""
    objects = [{"day": day, "kind": kind, "name": name, "count": count} for day, kind, name, count in rows]
    return (b"" if first else b",") + msgspec.json.encode(objects)[1:-1]


def _file(pieces: AsyncIterator[bytes], media_type: str, name: str) -> Response[Any]:
    headers = {"Cache-Control": PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(pieces, headers=headers, media_type=media_type)


def _definition(visit: Visit[Viewer, Any], name: str) -> dict[str, str]:
    one = insights.DEFINITIONS[name]
    return {"title": visit.text(one.title), "meaning": visit.text(one.meaning), "error": visit.text(one.error)}


def _chart(visit: Visit[Viewer, Any], found: insights.Report, name: str) -> dict[str, Any]:
    """A bar for each day, a line for the mean of seven, and both once more as a table."""
    values, means = found.series[name], found.means[name]
    most = max(values, default=0)
    rows = [
        (_day(visit, day), _number(visit, value), "" if mean is None else _number(visit, mean))
        for day, value, mean in zip(found.days, values, means, strict=True)
    ]
    return {
        "name": name,
        **_definition(visit, name),
        "bars": bars(values, most),
        "line": line(means, most),
        "rows": rows[::-1],
        "latest": rows[-1],
        "most": _number(visit, most),
    }


def bars(values: Sequence[int], most: int) -> str:
    """The path of a bar for each value."""
    step = WIDTH / max(1, len(values))
    wide = step * (1 - GAP)
    drawn = []
    for number, value in enumerate(values):
        high = (HEIGHT - 2) * value / max(most, 1)
        if value:
            drawn.append(f"M{number * step:.1f} {HEIGHT:.0f}v{-high:.1f}h{wide:.1f}v{high:.1f}z")
    return "".join(drawn)


def line(means: Sequence[float | None], most: int) -> str:
    """The points of a line through the middles of days; days before there is a mean are left out."""
    step = WIDTH / max(1, len(means))
    return " ".join(
        f"{(number + (1 - GAP) / 2) * step:.1f},{HEIGHT - (HEIGHT - 2) * mean / max(most, 1):.1f}"
        for number, mean in enumerate(means)
        if mean is not None
    )


def _list(visit: Visit[Viewer, Any], kind: str, names: Sequence[tuple[str, int]]) -> dict[str, Any]:
    return {
        **_definition(visit, kind),
        "rows": [
            (visit.text(NAMES[kind, name]) if (kind, name) in NAMES else name, _number(visit, count))
            for name, count in names
        ],
    }


def _stage(visit: Visit[Viewer, Any], one: insights.Stage) -> tuple[str, str, str]:
    share = format_percent(one.count / one.of, locale=babel_locale(visit.locale)) if one.of else ""
    return visit.text(insights.STAGE_WORDS[one.name]), _number(visit, one.count) if one.of else NOBODY_YET, share


def _day(visit: Visit[Viewer, Any], day: date) -> str:
    return format_date(day, "d MMM y", locale=babel_locale(visit.locale))


def _number(visit: Visit[Viewer, Any], value: float) -> str:
    pattern = "#,##0" if value == int(value) or value >= 100 else "#,##0.0"
    return format_decimal(value, pattern, locale=babel_locale(visit.locale))
