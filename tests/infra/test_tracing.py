"""Traces: a real server tells a collector what its requests and jobs waited for, and nothing about people."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parvis.base.settings import Settings
from parvis.infra import tracing
from tests.rig.server import Server

PASSWORD = "wide-open-square"
TRUST_ME = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """What an OpenTelemetry collector was sent."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.said.append(decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self) -> list[Any]:
        found = [ExportTraceServiceRequest.FromString(body) for body in self.said]
        return [
            span
            for one in found
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def test_a_request_and_a_job_tell_what_they_waited_for_and_nothing_about_people(
    tmp_path: Path, collector: Collector
) -> None:
    server = Server(tmp_path / "home")
    server.settings = {"PARVIS_TRACES_URL": collector.url, "PARVIS_TRACES_PERCENT": "100", "PARVIS_WEB_WORKERS": "1"}
    server.start()
    try:
        server.account("tracy", PASSWORD)
        with httpx.Client(base_url=server.origin, headers={"traceparent": TRUST_ME}) as client:
            assert client.get("/@tracy?secret=hush").status_code == 200
            form = re.search(r'name="form_token" value="([^"]+)"', client.get("/sign-in").text)
            assert form is not None
            words = {"login": "tracy", "password": PASSWORD, "form_token": form[1]}
            assert client.post("/sign-in", data=words, headers={"Origin": server.origin}).status_code == 303
            assert client.get("/@nobody-of-that-name").status_code == 404
    finally:
        server.stop()
    spans = collector.spans()
    by_id = {span.span_id: span for span in spans}
    (page,) = [one for one in spans if one.name == "GET /{at:str}" and _facts(one)["http.response.status_code"] == 200]
    assert page.trace_id.hex() != TRUST_ME[3:35], "a stranger does not say what is traced"
    statements = [one for one in spans if one.parent_span_id == page.span_id and "db.query.text" in _facts(one)]
    assert statements
    assert any("$1" in _facts(one)["db.query.text"] for one in statements)
    assert all(page.start_time_unix_nano <= one.start_time_unix_nano < one.end_time_unix_nano for one in statements)
    (hashed,) = [one for one in spans if one.name == "hash a password"]
    signed_in = by_id[hashed.parent_span_id]
    assert signed_in.name == "POST /sign-in"
    assert _facts(signed_in)["parvis.hashing_s"] > _facts(signed_in)["parvis.own_s"] > 0
    assert _facts(page)["parvis.sql_s"] > 0
    jobs = [one for one in spans if one.name.startswith("job ")]
    assert jobs
    assert any(by_id.get(one.parent_span_id) in jobs for one in spans if "db.query.text" in _facts(one))
    roots = {one.name for one in spans if not one.parent_span_id}
    assert all(name.startswith(("job ", "GET ", "POST ")) for name in roots), roots
    everything = b"".join(collector.said)
    for word in (b"tracy", b"hush", PASSWORD.encode(), b"mail.example", b"nobody-of", form[1].encode()):
        assert word not in everything, word


async def test_a_collector_that_is_away_keeps_nobody_from_stopping() -> None:
    settings = Settings(traces_url="http://127.0.0.1:1/v1/traces", traces_percent=100)
    async with asyncio.timeout(tracing.CLOSE_S + 2):
        async with tracing.sent(settings, "web"):
            with tracing.job("something"), tracing.span("a part of it"):
                assert tracing.is_on()
    assert not tracing.is_on()


def _facts(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
