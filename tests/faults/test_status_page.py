"""Everything of the place is killed, and its status page says so within a minute."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.faults.processes import kill_all
from tests.rig.server import COMMAND, Server
from tests.web.test_edge import edge

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        shutil.which("nginx") is None, reason="There is no nginx here; as root: apt install nginx-light"
    ),
]

WITHIN_S = 60.0


def test_the_page_is_served_and_shows_the_incident_though_all_is_dead(tmp_path: Path) -> None:
    server = Server(tmp_path / "home", settings={"PARVIS_STATUS_DIRECTORY": str(tmp_path / "status")})
    server.start()
    with (tmp_path / "watch.log").open("wb") as log:
        beside = subprocess.Popen([*COMMAND, "watch"], env=server.environment, stdout=log, stderr=log)
    try:
        with edge(server, tmp_path) as origin, httpx.Client(base_url=origin, timeout=10) as visitor:
            _until(lambda: visitor.get("/status/status.json").status_code == 200, 60)
            before = visitor.get("/status/").text
            assert "The database is gone" not in before
            kill_all(server)
            took = _until(lambda: "The database is gone" in visitor.get("/status/").text, WITHIN_S)
            page = visitor.get("/home")
            assert page.status_code == 502
            assert "Something is wrong, and we see it." in page.text
            assert "The database is gone" in visitor.get("/status/feed.xml").text
            print(f"\nkilled; the page shows the incident after {took:.0f} s, {len(page.content)} bytes")
            server.start()
            took = _until(lambda: visitor.get("/status/status.json").json()["state"] != "trouble", 150)
            print(f"started again; the page says so after {took:.0f} s")
    finally:
        beside.terminate()
        beside.wait(20)
        server.stop()


def _until(true: object, within_s: float) -> float:
    """How long it took until it was true."""
    began = time.monotonic()
    while not true():  # type: ignore[operator]
        assert time.monotonic() - began < within_s
        time.sleep(0.5)
    return time.monotonic() - began
