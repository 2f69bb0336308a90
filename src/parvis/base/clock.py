"""The present moment, and its text forms. Time reaches the domain as an argument called `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def iso_ms(moment: datetime) -> str:
    """`2026-08-07T17:51:17.042Z`: UTC with exactly three fractional digits, as client decoders demand.

    Formatted by hand because strftime costs two thirds of building a page of posts.
    """
    m = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return (
        f"{m.year:04d}-{m.month:02d}-{m.day:02d}T{m.hour:02d}:{m.minute:02d}:{m.second:02d}"
        f".{m.microsecond // 1000:03d}Z"
    )


def iso_midnight(moment: datetime) -> str:
    """The day of that moment, as a time: `2022-01-01T00:00:00.000Z`."""
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}T00:00:00.000Z"
