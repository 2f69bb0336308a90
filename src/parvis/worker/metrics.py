"""/metrics for Prometheus, on a port of its own: what the watch saw when it last looked, in the usual text form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily

from parvis import __version__
from parvis.base.settings import BadSetting
from parvis.domain.health import Book, Findings, all_signals

log = structlog.get_logger(__name__)

Values = Iterable[tuple[tuple[str, ...], float]]


class Watched(Protocol):
    """What the watch saw when it last looked, and its book."""

    seen: Findings | None
    book: Book


class Metrics:
    """What is told to whoever asks."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)  # type: ignore[arg-type]  # it has what a collector needs

    def serve(self, bind: str) -> Any:
        """It answers at that address, in a thread, until the result is called."""
        host, _, port = bind.rpartition(":")
        if not port.isdigit():
            raise BadSetting(f"PARVIS_METRICS_BIND must look like 127.0.0.1:9464, not {bind!r}.")
        server, thread = start_http_server(int(port), host.strip("[]") or "127.0.0.1", self.registry)

        def close() -> None:
            server.shutdown()
            server.server_close()
            thread.join(5)

        return close

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Asked by the library, in its thread; what it reads is never changed, only replaced."""
        yield _family("info", "Which release keeps the watch.", ("version",), [((__version__,), 1.0)])
        seen, incidents = self._watched.seen, self._watched.book.open
        if seen is None:
            return
        signals = all_signals(seen).values()
        free = [((one.folder,), float(one.free_bytes)) for one in seen.disks]
        yield _family("looked_at_seconds", "When the place was last looked at.", (), [((), seen.at.timestamp())])
        yield _family(
            "resource_used",
            "What is used, in the resource's unit.",
            ("resource",),
            [((s.resource,), s.used) for s in signals],
        )
        yield _family(
            "resource_use_ratio", "The share that is used.", ("resource",), [((s.resource,), s.use) for s in signals]
        )
        yield _family(
            "resource_capacity",
            "All there is, where it can be counted.",
            ("resource",),
            [((s.resource,), s.capacity) for s in signals if s.capacity is not None],
        )
        yield _family(
            "fact",
            "Whatever else is known of a resource, by name with unit.",
            ("resource", "name"),
            [((s.resource, name), value) for s in signals for name, value in s.facts.items()],
        )
        yield _family(
            "processes", "Processes that report.", ("role",), [((k,), float(v)) for k, v in seen.roles.items()]
        )
        yield _family(
            "disk_free_bytes",
            "Free on the disk of that folder.",
            ("folder",),
            free,
        )
        yield _family("broker_answers", "Whether NATS does.", (), [((), float(not seen.broker_error))])
        yield from _of_jobs(seen)
        yield from _of_database(seen)
        yield _family(
            "incident_open",
            "Incidents that are not over, and user-seconds lost a second by them.",
            ("name", "urgency"),
            [((one.name, one.verdict.urgency), one.blame) for one in incidents if one.is_open],
        )


def _of_jobs(seen: Findings) -> Iterator[GaugeMetricFamily]:
    late, held, failing = seen.jobs.late, seen.jobs.held, seen.jobs.failing
    by = ("kind",)
    yield _family("jobs_due", "Jobs that are due, up to a thousand.", by, [((j.kind,), float(j.jobs)) for j in late])
    yield _family("jobs_oldest_seconds", "Since when the oldest is due.", by, [((j.kind,), j.oldest_s) for j in late])
    yield _family("jobs_under_way", "Jobs that are worked on.", by, [((j.kind,), float(j.jobs)) for j in held])
    yield _family("jobs_failing", "Jobs that are tried again.", by, [((j.kind,), float(j.jobs)) for j in failing])


def _of_database(seen: Findings) -> Iterator[GaugeMetricFamily]:
    database = seen.database
    yield _family("database_answers", "Whether it does.", (), [((), 0.0 if database is None else 1.0)])
    if database is None:
        return
    for name in ("sessions", "most_sessions", "wal_bytes", "slot_bytes", "size_bytes", "up_s", "oldest_row_age"):
        yield _family(f"database_{name}", "As the database says.", (), [((), float(getattr(database, name)))])
    unapplied = float(len(database.unapplied))
    yield _family("migrations_unapplied", "Steps of the schema that are still to be made.", (), [((), unapplied)])


def _family(name: str, words: str, labels: tuple[str, ...], values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"parvis_{name}", words, labels=labels)
    for marks, value in values:
        family.add_metric(marks, value)
    return family
