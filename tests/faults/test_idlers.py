"""Fifty thousand connections that want nothing (case I6): who signs up does not notice."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parvis.infra.web_server import HEADERS_WITHIN_MS
from tests.faults.applicants import Applicants
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

IDLE = 50_000
PROCESSES = 3
SPARE = 500  # files that a process needs beside its connections
SIGN_UPS = 300


async def test_i6_fifty_thousand_idle_and_slow_connections_keep_no_sign_up_outside(tmp_path: Path) -> None:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    each = min(IDLE // PROCESSES, (files if files > 0 else IDLE) - SPARE)
    settings = {"PARVIS_LIMITER": "on", "PARVIS_WEB_WORKERS": str(PROCESSES)}
    server = Server(tmp_path, settings=settings)
    server.start()
    idlers = [_idle(server.port, f"127.0.0.{number + 2}", each) for number in range(PROCESSES)]
    try:
        began = time.monotonic()
        opened = [await _heard(one) for one in idlers]
        print(f"{files:,} files a process: {sum(opened):,} connections opened in {time.monotonic() - began:.1f} s")
        at_once = sum([await _asked(one) for one in idlers])
        print(f"{at_once:,} of them at once")
        crowd = Applicants(server)
        began = time.monotonic()
        await crowd.come(SIGN_UPS, side_by_side=8)
        took_s = time.monotonic() - began
        print(f"{SIGN_UPS} sign-ups beside them in {took_s:.1f} s, the slowest {crowd.slowest_s:.2f} s")
        print(f"answers by status {dict(crowd.statuses)}")
        assert sum(opened) >= 0.95 * each * PROCESSES
        assert crowd.statuses == {200: SIGN_UPS}
        assert crowd.slowest_s < 5
        await asyncio.sleep(20)
        left = sum([await _asked(one) for one in idlers])
        print(f"20 s later {left:,} are open: who is idle for {HEADERS_WITHIN_MS / 1000:.0f} s is gone")
        assert left < 0.1 * sum(opened)
    finally:
        for one in idlers:
            one.kill()
            one.communicate()
        server.stop()


def _idle(port: int, address: str, count: int) -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("idlers.py")
    return subprocess.Popen(
        [sys.executable, str(program), str(port), address, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


async def _heard(one: subprocess.Popen[bytes]) -> int:
    assert one.stdout is not None
    return int(await asyncio.to_thread(one.stdout.readline))


async def _asked(one: subprocess.Popen[bytes]) -> int:
    assert one.stdin is not None
    one.stdin.write(b"\n")
    one.stdin.flush()
    return await _heard(one)
