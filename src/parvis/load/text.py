"""The report as text."""

from __future__ import annotations

from parvis.load.report import Latency, Report, Row

_COLUMNS = ("offered", "served", "refused", "shed", "failed", "timed out", "broken", "missed", "unfinished")


def text(report: Report) -> str:
    """The report as it is printed."""
    new = report.newcomers
    lines = [
        f"{report.load} at speed {report.speed:g}, {report.run_s:,.0f} s"
        + ("" if report.level else f" ({report.day_minutes:g} minutes of the day from {report.day_from})")
        + f", against {report.target}",
        f"Offered {report.offered_per_s:,} a second (busiest second {report.busiest_second_offered:,}), "
        f"served {report.served_per_s:,} a second.",
        "",
        *_table([report.everything, *report.classes]),
        "",
        *(
            f"{one.name}: seconds {one.from_s:g} to {one.until_s:g}" + _squeezed(report.squeeze)
            for one in report.events
        ),
        f"Sign-ups: {new.asked:,} asked, {new.received:,} received, {new.entered:,} entered, {report.waiting:,} waiting.",
        f"The crowd: {report.generator.cpu_share:.0%} of a core, began {_ms(report.generator.lag.p99)} ms late (p99), "
        f"{report.generator.connections_made:,} connections, {report.streams_open:,} streams.",
        *report.generator.remarks,
        "",
        ("Carried." if report.verdict.carried else "Not carried: " + "; ".join(report.verdict.because) + "."),
        f"Scarcest: {report.verdict.limit}.",
    ]
    return "\n".join(lines)


def _squeezed(squeeze: float) -> str:
    return f" (squeezed to {squeeze:.1%} of its length)" if squeeze < 1 else ""


def _table(rows: list[Row]) -> list[str]:
    head = "".join(f"{name:>11}" for name in (*_COLUMNS, "p50 ms", "p95 ms", "p99 ms", "retries"))
    return [f"{'':10}{head}", *(_row(row) for row in rows)]


def _row(row: Row) -> str:
    counts = [row.offered, *(row.outcomes[name] for name in _COLUMNS[1:])]
    retries = max(0, row.attempts - (row.offered - row.outcomes["missed"] - row.outcomes["unfinished"]))
    return f"{row.name:10}" + "".join(f"{n:>11,}" for n in counts) + _percentiles(row.latency) + f"{retries:>11,}"


def _percentiles(latency: Latency) -> str:
    return "".join(f"{_ms(value):>11}" for value in (latency.p50, latency.p95, latency.p99))


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"
