"""What those who wait are told, in plain words: why there is a line, and when it is their turn."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import cache
from typing import Literal

from babel.dates import format_timedelta

from parvis.domain.admission import Expected, NowServing
from parvis.infra.catalogues import babel_locale, later

REASONS = {
    "cpu": later("The computers here have as much to do as they can bear."),
    "web": later("As many pages are being asked for as can be answered well."),
    "pool": later("The database has as much to do as it can bear."),
    "database": later("The database has as much to do as it can bear."),
    "hashing": later("Each new password takes a moment to be locked away safely, and many are chosen at once."),
    "streams": later("As many pages and apps are connected as can be served well."),
    "disk": later("There is little space left on the disks."),
    "shedding": later("More is being asked of this place than it can answer, and those who are inside come first."),
    "cap": later("Those who run this place let people in by a fixed number a minute."),
    "pause": later("Those who run this place have closed the door for a while."),
}
MANY = later("Many people came at once, and everybody gets in by turns.")

Unit = Literal["minute", "hour", "day"]
_UNITS: tuple[tuple[float, float, Unit], ...] = (
    (60.0, 90 * 60.0, "minute"),
    (3600.0, 48 * 3600.0, "hour"),
    (86_400.0, math.inf, "day"),
)
_MOST_POLLED_S = 3600


def reason_of(now: NowServing) -> str:
    """Why not everybody gets in at once: a text to translate."""
    return REASONS.get(now.reason or "", MANY)


def span(found: Expected, locale: str) -> str:
    """`2–3 hours`, `< 5 minutes`, never broken in two lines. ticket.js says it by the same rules."""
    size, _, unit = next(one for one in _UNITS if found.high_s < one[1])
    low, high = int(found.low_s // size), max(1, math.ceil(found.high_s / size))
    if low == 0:
        return f"< {_lasting(high, unit, locale)}"
    if low == high:
        return _lasting(high, unit, locale)
    words = _lasting(high, unit, locale)
    if str(high) not in words:  # two of them in one word, as in Arabic, cannot stand beside another figure
        words = _lasting(11, unit, locale).replace("11", str(high))
    return f"{low}\u2060–\u2060{words}"


@cache
def _lasting(count: int, unit: Unit, locale: str) -> str:
    """`3 hours`."""
    words = format_timedelta(
        timedelta(**{f"{unit}s": count}), granularity=unit, threshold=math.inf, locale=babel_locale(locale)
    )
    return words.replace(" ", "\u00a0")


def poll_s(found: Expected | None) -> int:
    """After how many seconds it is worth looking again: seldom by those whose turn is far away."""
    return min(max(30, int(found.low_s / 100)), _MOST_POLLED_S) if found is not None else 60
