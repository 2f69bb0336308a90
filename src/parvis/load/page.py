"""The report as one HTML page that needs nothing else: no script, no file, no request to anybody."""

from __future__ import annotations

import minijinja
import msgspec

from parvis.infra.templates import FOLDER
from parvis.load.charts import Chart, Series, chart
from parvis.load.report import Moment, Report, reason_of
from parvis.load.text import text

_MOST_POINTS = 240


def page(report: Report) -> str:
    """The whole page."""
    environment = minijinja.Environment(
        loader=minijinja.load_from_path(FOLDER),
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
        filters={"count": lambda value: f"{value:,}", "ms": lambda value: "–" if value is None else f"{value:,.1f}"},
    )
    return environment.render_template(
        "load/report.html",
        report=msgspec.to_builtins(report),
        began=report.began_at.strftime("%Y-%m-%d %H:%M UTC"),
        charts=[chart(one, report.events) for one in _charts(report)],
        text=text(report),
    )


def _charts(report: Report) -> list[Chart]:
    moments = _thinned([moment for moment in report.moments if moment.at_s < report.run_s])
    at = [float(seconds[0].at_s) for seconds in moments]
    charts = [
        Chart(
            "Offered and served",
            "requests a second",
            at,
            [
                Series("offered", [_mean(seconds, "offered") for seconds in moments]),
                Series("served", [_mean(seconds, "served") for seconds in moments]),
            ],
        ),
        Chart(
            "Shed, by class",
            "requests a second that got no other answer",
            at,
            [
                Series(name, [_mean(seconds, "shed", name) for seconds in moments])
                for name in (row.name for row in report.classes)
            ],
        ),
        Chart(
            "Latency of what was served",
            "milliseconds from the moment somebody meant to ask",
            at,
            [
                Series(name, [max((getattr(one.latency, name) or 0) for one in seconds) for seconds in moments])
                for name in ("p50", "p95", "p99")
            ],
        ),
        Chart(
            "Sign-ups",
            "people so far",
            at,
            [
                Series("asked", [float(seconds[-1].newcomers.asked) for seconds in moments]),
                Series("received", [float(seconds[-1].newcomers.received) for seconds in moments]),
                Series("entered", [float(seconds[-1].newcomers.entered) for seconds in moments]),
                Series(
                    "waiting",
                    [float(seconds[-1].newcomers.received - seconds[-1].newcomers.entered) for seconds in moments],
                ),
            ],
        ),
    ]
    return charts + _seen_from_outside(report)


def _seen_from_outside(report: Report) -> list[Chart]:
    """The machine's books and the gate's public word, where there are any."""
    found: list[Chart] = []
    busy = [(one.at_s, one.busy * 100) for one in report.samples if one.busy is not None]
    if busy:
        found.append(
            Chart(
                "Use of this machine",
                "per cent of all cores, the crowd's own use included",
                [at for at, _ in busy],
                [Series("in use", [share for _, share in busy])],
            )
        )
    reasons = [(one.at_s, reason_of(one.gate)) for one in report.samples if one.gate is not None]
    names = sorted({reason for _, reason in reasons if reason})
    if names:
        found.append(
            Chart(
                "Binding resource",
                "1 while the gate named it",
                [at for at, _ in reasons],
                [Series(name, [float(reason == name) for _, reason in reasons]) for name in names],
            )
        )
    return found


def _thinned(moments: list[Moment]) -> list[list[Moment]]:
    """The seconds in groups, few enough to be drawn."""
    size = max(1, -(-len(moments) // _MOST_POINTS))
    return [moments[start : start + size] for start in range(0, len(moments), size)]


def _mean(seconds: list[Moment], what: str, name: str = "") -> float:
    counts = (getattr(one, what) for one in seconds)
    return sum(count.get(name, 0) if name else sum(count.values()) for count in counts) / len(seconds)
