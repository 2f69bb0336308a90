"""Large uploads: cut again and again, and many at a time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.processes import everyone_of, stopped
from tests.rig import stored
from tests.rig.server import Server

MB = 1024 * 1024
HEAD = b"\0\0\0\x18ftypisom\0\0\0\0"  # as much of a video as is looked at before the worker comes
TUS = {"Tus-Resumable": "1.0.0"}
ROOT = "/api/parvis/v1/uploads"

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "home")
    made.start()
    yield made
    made.stop()


def begin(app: httpx.Client, size: int) -> str:
    answer = app.post(ROOT, headers=TUS | {"Upload-Length": str(size)})
    assert answer.status_code == 201, answer.text
    return httpx.URL(answer.headers["location"]).path


def offset_of(app: httpx.Client, path: str) -> int:
    return int(app.head(path, headers=TUS).headers["upload-offset"])


def send_and_cut(server: Server, token: str, path: str, offset: int, data: memoryview, stop: int) -> None:
    """The bytes up to `stop` are sent as the beginning of all the rest, and the connection is reset."""
    lines = [f"PATCH {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Authorization: Bearer {token}"]
    lines += ["Tus-Resumable: 1.0.0", "Content-Type: application/offset+octet-stream", f"Upload-Offset: {offset}"]
    lines += [f"Content-Length: {len(data) - offset}", "", ""]
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall("\r\n".join(lines).encode())
        line.sendall(data[offset:stop])


async def stored_bytes(server: Server) -> bytes:
    """What is kept of the one upload, part after part."""
    storage = await stored.of(server)
    (listed,) = [key for key in await stored.keys(storage, "originals") if key.endswith("/parts.json")]
    names = json.loads(await stored.read(storage, listed))
    folder = listed.rpartition("/")[0]
    return b"".join([await stored.read(storage, f"{folder}/{name}") for name in names])


def test_three_hundred_megabytes_over_a_connection_cut_five_times_arrive_as_they_were(server: Server) -> None:
    server.account("alice")
    token = server.token("alice")
    data = HEAD + os.urandom(300 * MB - len(HEAD))
    began = time.monotonic()
    with (
        httpx.Client(base_url=server.origin, headers={"Authorization": f"Bearer {token}"}, timeout=60) as app,
        stopped(*everyone_of(server, "worker")),  # or it would look at the file, and refuse it
    ):
        path, offsets = begin(app, len(data)), []
        for cut in range(1, 6):
            offset = offset_of(app, path)
            send_and_cut(server, token, path, offset, memoryview(data), min(len(data), offset + 50 * MB))
            until = time.monotonic() + 60
            while (came := offset_of(app, path)) == offset:
                assert time.monotonic() < until, f"nothing was kept of cut {cut}"
                time.sleep(0.1)
            offsets.append(came)
        body = data[offsets[-1] :]
        own = {"Upload-Offset": str(offsets[-1]), "Content-Type": "application/offset+octet-stream"}
        answer = app.patch(path, content=body, headers=TUS | own)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(data)))
        assert "parvis-media-id" in answer.headers
        same = hashlib.sha256(asyncio.run(stored_bytes(server))).digest() == hashlib.sha256(data).digest()
    print(
        f"\n{len(data) // MB} MB, cut at {[at // MB for at in offsets]} MB, in {time.monotonic() - began:.1f} s: {same=}"
    )
    assert same


def test_memory_stays_flat_while_fifty_uploads_run(server: Server) -> None:
    people, each, size = 5, 10, 24 * MB
    tokens = []
    for number in range(people):
        server.account(f"person{number}")
        tokens.append(server.token(f"person{number}"))
    block = HEAD + os.urandom(MB - len(HEAD))
    web = everyone_of(server, "web-worker")
    going_on = threading.Event()
    seen: list[float] = []

    def memory_mb() -> float:
        return sum(one.memory_full_info().uss for one in web) / MB

    def watch() -> None:
        while not going_on.wait(0.2):
            seen.append(memory_mb())

    def slowly() -> Iterator[bytes]:
        for _ in range(size // MB):
            yield block
            time.sleep(0.3)

    def upload(number: int) -> int:
        own = {"Authorization": f"Bearer {tokens[number % people]}"}
        with httpx.Client(base_url=server.origin, headers=own, timeout=120) as app:
            path = begin(app, size)
            more = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            more["Content-Length"] = str(size)
            answer = app.patch(path, content=slowly(), headers=TUS | more)
            return int(answer.headers["upload-offset"])

    upload(0)  # everything has been loaded once
    with stopped(*everyone_of(server, "worker")), ThreadPoolExecutor(people * each) as pool:
        before = memory_mb()
        watching = threading.Thread(target=watch)
        watching.start()
        began = time.monotonic()
        done = list(pool.map(upload, range(people * each)))
        going_on.set()
        watching.join()
    assert done == [size] * len(done)
    print(
        f"\n{len(done)} uploads of {size // MB} MB at once in {time.monotonic() - began:.0f} s: web processes held "
        f"{before:.0f} MB before, {max(seen):.0f} MB at most, {seen[-1]:.0f} MB at the end"
    )
    assert max(seen) - before < 4 * len(done)  # of 24 that each sends
