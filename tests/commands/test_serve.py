"""`parvis serve` as an operator meets it: it comes up, survives deaths, stops in order, keeps to itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from parvis.infra.engines import processes
from parvis.infra.engines.places import Places


class Server:
    """One `parvis serve`, and what it says."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PARVIS_")}
        environment |= {"PARVIS_HOME": str(home), "PARVIS_PORT": str(port), "PARVIS_WEB_WORKERS": "1"}
        self.environment = environment
        self.output = home.with_name(f"{home.name}.log")
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "parvis", "serve"], env=environment, stdout=log, stderr=log
            )

    def says(self) -> str:
        return self.output.read_text()

    def healthy(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def command(self, words: str, typed: str) -> str:
        """What another command says, run beside the server."""
        argv = [sys.executable, "-m", "parvis", *words.split()]
        return subprocess.run(
            argv, env=self.environment, input=typed, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def child(self, name: str) -> int:
        """The pid of one child, 0 if there is none."""
        try:
            record = json.loads(Places(self.home).children_file.read_text())
        except FileNotFoundError:
            return 0
        return record["children"].get(name, (0, 0))[0]

    def everything(self) -> set[int]:
        """Every process that belongs to this server."""
        return descendants(self.process.pid)


def descendants(root: int) -> set[int]:
    parents = {pid: parent(pid) for pid in processes.every_pid()}
    found, fresh = {root}, {root}
    while fresh:
        fresh = {pid for pid, above in parents.items() if above in fresh}
        found |= fresh
    return found


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(home: Path, port: int) -> Iterator[Server]:
    server = Server(home, port)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.terminate()
        try:
            server.process.wait(60)
        finally:
            server.process.kill()


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="parvis-serve-") as folder:
        yield Path(folder) / "home"


async def until(condition: Callable[[], bool], seconds: float, server: Server) -> float:
    """How long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, server.says()
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def test_a_server_comes_up_heals_and_stops_in_order(home: Path) -> None:
    with serving(home, free_port()) as server:
        await until(server.healthy, 60, server)
        await until(lambda: "Parvis is ready at" in server.says(), 20, server)
        for name in ("web", "work-1", "postgres", "nats"):
            killed = server.child(name)
            os.kill(killed, signal.SIGKILL)
            await until(lambda n=name, k=killed: server.child(n) not in (0, k), 30, server)
            await until(server.healthy, 30, server)
        [worker] = descendants(server.child("web")) - {server.child("web")}
        os.kill(worker, signal.SIGKILL)
        await until(lambda w=worker: not alive(w), 5, server)
        await until(server.healthy, 30, server)
        before = server.everything()
        server.process.terminate()
        assert server.process.wait(30) == 0, server.says()
        assert not [pid for pid in before if alive(pid)]
        assert "database system is shut down" in (Places(home).logs / "postgres.log").read_text()


async def test_open_streams_end_when_the_server_stops(home: Path) -> None:
    with serving(home, free_port()) as server:
        await until(server.healthy, 60, server)
        await asyncio.to_thread(
            server.command, "account create alice --email alice@a.example --password-stdin", "x" * 20
        )
        told = await asyncio.to_thread(server.command, "token create alice --app test --scopes read", "")
        request = Request(
            f"http://127.0.0.1:{server.port}/api/v1/streaming/user",
            headers={"Authorization": f"Bearer {told.split()[-1]}"},
        )
        stream = await asyncio.to_thread(urlopen, request, timeout=30)
        assert stream.status == 200
        server.process.terminate()
        assert server.process.wait(30) == 0
        assert "refused to gracefully stop" not in server.says()
        stream.close()


async def test_a_killed_supervisor_leaves_nothing_and_the_next_is_ready_soon(home: Path) -> None:
    port = free_port()
    with serving(home, port) as first:
        await until(first.healthy, 60, first)
        before = first.everything()
        assert len(before) > 10
        first.process.kill()
        first.process.wait()
        with serving(home, port) as second:
            await until(second.healthy, 30, second)
            assert not [pid for pid in before if alive(pid)]


async def test_two_homes_and_two_ports_live_side_by_side_and_others_are_refused(home: Path) -> None:
    with serving(home, free_port()) as one, serving(home.with_name("other"), free_port()) as other:
        await until(one.healthy, 60, one)
        await until(other.healthy, 60, other)
        with serving(home, free_port()) as same_home:
            assert same_home.process.wait(20) == 1
            assert f"already runs in {home}" in same_home.says()
        with serving(home.with_name("third"), one.port) as same_port:
            assert same_port.process.wait(20) == 1
            assert "PARVIS_PORT chooses another port" in same_port.says()
        assert one.healthy()
        doctor = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "parvis", "doctor", "--json"],
            env=other.environment,
            capture_output=True,
            check=False,
        )
        findings = {f["subject"]: f["verdict"] for f in json.loads(doctor.stdout)["checks"]}
        assert {findings[subject] for subject in ("database", "schema", "broker", "clock")} == {"ok"}
