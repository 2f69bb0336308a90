"""Lines over time as SVG, with the same numbers as a table for those who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol

import msgspec
from minijinja import Markup

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 240, 56, 12, 12, 28
_ROWS = 24  # of the table


class Span(Protocol):
    """Something that lasted; it is shaded."""

    @property
    def name(self) -> str: ...
    @property
    def from_s(self) -> float: ...
    @property
    def until_s(self) -> float: ...


class Series(msgspec.Struct, frozen=True):
    """One line."""

    name: str
    values: list[float]


class Chart(msgspec.Struct, frozen=True):
    """Lines over the seconds of a run."""

    title: str
    unit: str
    at_s: list[float]
    series: list[Series]


def chart(one: Chart, spans: Sequence[Span]) -> dict[str, object]:
    """What the template shows: title, unit, legend, the drawing, the table."""
    return {
        "title": one.title,
        "unit": one.unit,
        "names": [series.name for series in one.series],
        "svg": Markup(_svg(one, spans)),
        "rows": _rows(one),
    }


def round_above(value: float) -> float:
    """The nearest number of the kind 1, 2, 5, 10 … that is not below."""
    if value <= 0:
        return 1.0
    step = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return next((factor * step for factor in (1, 2, 5) if factor * step >= value), 10 * step)


def _svg(one: Chart, spans: Sequence[Span]) -> str:
    top = round_above(max((value for series in one.series for value in series.values), default=0))
    end = max(one.at_s, default=0) or 1.0

    def x(at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(at_s, end) / end

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(_said(one))}">']
    for span in spans:
        width = max(1.5, x(span.until_s) - x(span.from_s))
        parts.append(
            f'<rect class="span" x="{x(span.from_s):.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}">'
            f"<title>{escape(span.name)}</title></rect>"
        )
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = y(top * share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{top * share:,g}</text>')
        anchor = "end" if share == 1 else "middle"
        label = f"{end * share:,.0f} s"
        parts.append(
            f'<text class="tick" x="{x(end * share):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{label}</text>'
        )
    for number, series in enumerate(one.series):
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in zip(one.at_s, series.values, strict=True))
        parts.append(f'<polyline class="line line-{number}" points="{points}"/>')
    return "".join((*parts, "</svg>"))


def _said(one: Chart) -> str:
    most = ", ".join(f"{series.name} at most {max(series.values, default=0):,.0f}" for series in one.series)
    return f"{one.title}, {one.unit}: {most}. The table below has the numbers."


def _rows(one: Chart) -> list[list[str]]:
    """Evenly spread moments, each with the value of every line."""
    step = max(1, -(-len(one.at_s) // _ROWS))
    return [
        [f"{one.at_s[at]:,.0f} s", *(f"{series.values[at]:,.1f}" for series in one.series)]
        for at in range(0, len(one.at_s), step)
    ]
