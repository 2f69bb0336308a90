"""The files of the status page are where they should be, and a place that is away holds nobody up."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import obstore
import pytest
from structlog.testing import capture_logs

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.infra.storage_s3 import s3_store
from parvis.worker import status_page
from parvis.worker.status_files import ALL_AGAIN_AFTER, PUT_S, StatusFiles
from tests.rig.server import free_port

NOW = utc_now()


def written(folder: Path) -> dict[str, tuple[str, int]]:
    return {path.name: (path.read_text(), path.stat().st_ino) for path in folder.iterdir()}


async def test_what_did_not_change_is_not_written_again_unless_it_is_gone(tmp_path: Path) -> None:
    kept = StatusFiles(str(tmp_path / "status"))
    await kept.keep({"a.html": "one", "b.html": "two"}, NOW)
    first = written(tmp_path / "status")
    await kept.keep({"a.html": "one", "b.html": "three"}, NOW)
    second = written(tmp_path / "status")
    assert first["a.html"] == second["a.html"]
    assert second["b.html"][0] == "three"
    (tmp_path / "status" / "a.html").unlink()
    await kept.keep({"a.html": "one", "b.html": "three"}, NOW)
    assert written(tmp_path / "status")["a.html"][0] == "one"


async def test_a_folder_that_cannot_be_written_is_said_once_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("in the way")
    kept = StatusFiles(str(tmp_path / "status"))
    with capture_logs() as logs:
        await kept.keep({"a.html": "one"}, NOW)
        await kept.keep({"a.html": "one"}, NOW)
    assert [one["event"] for one in logs] == ["status_page.not_written"]
    (tmp_path / "status").unlink()
    await kept.keep({"a.html": "one"}, NOW)
    assert (tmp_path / "status" / "a.html").read_text() == "one"


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket at an address where nobody listens."""
    for name, value in {"ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "ACCESS_KEY_ID": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    return "s3://parvis/status"


@pytest.mark.parametrize("place", ["s3://parvis/status", "s3://"])
async def test_a_bucket_that_is_away_is_said_once_and_holds_up_no_look(nowhere: str, place: str) -> None:
    kept = StatusFiles(place)
    began = time.monotonic()
    with capture_logs() as logs:
        assert not await kept.keep({"a.html": "one"}, NOW)
        assert not await kept.keep({"a.html": "one"}, NOW)
    assert time.monotonic() - began < 2 * PUT_S + 1
    assert [one["event"] for one in logs] == ["status_page.not_written"]


@pytest.mark.long
async def test_the_files_lie_in_a_bucket_with_their_types_and_may_be_cached_for_a_look(
    seaweedfs: str, tmp_path: Path
) -> None:
    place = f"s3://parvis/{secrets.token_hex(4)}"
    kept, settings = StatusFiles(place), Settings(home=tmp_path, status_directory=place)
    files = status_page.files(settings, health.Judgement(NOW, "healthy", ()), [])
    assert await _kept_at_last(kept, files)
    store = s3_store(place)
    for name, kind in {
        "index.html": "text/html; charset=utf-8",
        "index.fr.html": "text/html; charset=utf-8",
        "feed.xml": "application/rss+xml; charset=utf-8",
        "status.js": "text/javascript; charset=utf-8",
        "status.json": "application/json",
    }.items():
        answer = await obstore.get_async(store, name)
        assert answer.attributes["Content-Type"] == kind
        assert answer.attributes["Cache-Control"] == "public, max-age=10"
    page = bytes(await (await obstore.get_async(store, "index.html")).bytes_async()).decode()
    assert "All is well." in page
    sent = await _sent_at(place)
    await kept.keep(files, NOW)
    assert await _sent_at(place) == sent
    await obstore.delete_async(store, "status.js")
    later = NOW + ALL_AGAIN_AFTER + timedelta(seconds=10)
    assert await kept.keep(files, later)
    assert (await _sent_at(place)).keys() == sent.keys()


async def _kept_at_last(kept: StatusFiles, files: dict[str, str]) -> bool:
    """Whether one of some calls got everything there: a bucket's first files take longer."""
    return any([await kept.keep(files, NOW) for _ in range(5)])


async def _sent_at(place: str) -> dict[str, datetime]:
    return {one["path"]: one["last_modified"] async for some in obstore.list(s3_store(place)) for one in some}


async def test_a_bucket_that_takes_the_call_and_never_answers_holds_a_look_up_for_some_seconds(
    monkeypatch: pytest.MonkeyPatch, nowhere: str
) -> None:
    async with listening(0, lambda _reader, _writer: asyncio.sleep(60)) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        with capture_logs() as logs:
            await StatusFiles(nowhere).keep({f"{one}.html": "one" for one in range(20)}, NOW)
        assert time.monotonic() - began < PUT_S + 1
        assert [one["event"] for one in logs] == ["status_page.not_written"]


@pytest.mark.long
async def test_once_the_bucket_is_back_everything_is_sent(seaweedfs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, port = f"s3://parvis/{secrets.token_hex(4)}", free_port()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        kept = StatusFiles(place)
        await kept.keep({"a.html": "one"}, NOW)
        async with listening(port, partial(_through, int(seaweedfs.rpartition(":")[2]))):
            assert await _kept_at_last(kept, {"a.html": "one"})
    assert list(await _sent_at(place)) == ["a.html"]


@asynccontextmanager
async def listening(port: int, answer: Callable[..., Awaitable[None]]) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _through(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What comes goes to that port, and what comes from there goes back."""
    there, back = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pass(reader, back), _pass(there, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65536):
        writer.write(some)
        await writer.drain()
    writer.close()
