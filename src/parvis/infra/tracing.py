"""Traces for those who have a collector: what requests and jobs waited for, by OpenTelemetry, sent as OTLP over HTTP.

Without `PARVIS_TRACES_URL` nothing of it is imported. Spans name methods, routes, kinds of jobs, statements with their
places for values, hosts and times; never addresses of people, parameters, bodies or tokens. Every trace begins here: what a
stranger's `traceparent` wants is not believed, or strangers could fill the collector.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from parvis.base.settings import Settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from asyncpg.connection import LoggedQuery
    from opentelemetry.trace import Span, Tracer

EXPORT_S = 5.0  # for a batch, all attempts together
CLOSE_S = 3.0  # a collector that is away keeps nobody from stopping
_tracer: Tracer | None = None
_NOTHING = nullcontext()


@asynccontextmanager
async def sent(settings: Settings, role: str) -> AsyncIterator[None]:
    """Spans of this process reach the collector, of so many traces as the settings say; the last when the block ends."""
    global _tracer
    if not settings.traces_url:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # here: most have no use for it
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    who = {
        "service.name": "parvis",
        "service.namespace": settings.domain,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        "parvis.role": role,
    }
    sampler = ParentBasedTraceIdRatio(min(settings.traces_percent, 100) / 100)
    provider = TracerProvider(sampler=sampler, resource=Resource.create(who), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=settings.traces_url, timeout=EXPORT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("parvis")
    try:
        yield
    finally:
        _tracer = None
        closing = threading.Thread(target=provider.shutdown, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, CLOSE_S)


def is_on() -> bool:
    """Whether anybody wants spans."""
    return _tracer is not None


def span(name: str, **facts: str | float) -> AbstractContextManager[Span | None]:
    """The block is a span below the one around it, if there is one and anybody wants it."""
    if _tracer is None or not _is_within_another():
        return _NOTHING
    return _tracer.start_as_current_span(name, attributes=facts, record_exception=False)


def job(kind: str, **facts: str | float) -> AbstractContextManager[Span | None]:
    """The block works on a job: a trace of its own, if anybody wants it."""
    if _tracer is None:
        return _NOTHING
    return _tracer.start_as_current_span(f"job {kind}", attributes=facts, record_exception=False)


def note(facts: Mapping[str, float]) -> None:
    """The present span has these facts, if there is one."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(facts)


def _is_within_another() -> bool:
    from opentelemetry.trace import get_current_span

    return get_current_span().is_recording()


@contextmanager
def request(method: str, route: str, send: Any) -> Iterator[Any]:
    """The block answers a request by the `send` that it is given; what it answers is in the span."""
    from opentelemetry.trace import SpanKind, Status, StatusCode

    assert _tracer is not None
    facts = {"http.request.method": method, "http.route": route}
    with _tracer.start_as_current_span(
        f"{method} {route}".strip(), kind=SpanKind.SERVER, attributes=facts, record_exception=False
    ) as current:

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                current.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    current.set_status(Status(StatusCode.ERROR))
            await send(message)

        yield noting


def statements() -> Callable[[LoggedQuery], None] | None:
    """What a connection calls with each statement it has sent, for spans below the present one; None if nobody wants them."""
    if _tracer is None:
        return None
    from opentelemetry.trace import SpanKind, get_current_span, set_span_in_context

    tracer, parent = _tracer, get_current_span()
    if not parent.is_recording():
        return None
    below = set_span_in_context(parent)

    def note(record: LoggedQuery) -> None:
        ended = time.time_ns()
        began = ended - round(record.elapsed * 1e9)
        words = " ".join(record.query.split())
        facts = {"db.system.name": "postgresql", "db.query.text": words}
        one = tracer.start_span(words[:60], below, SpanKind.CLIENT, facts, start_time=began)
        if record.exception is not None:
            one.set_attribute("error.type", type(record.exception).__name__)
        one.end(ended)

    return note
