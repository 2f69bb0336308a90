"""NATS as a child of ours: loopback only, a random token, nothing stored, no monitoring port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket

from parvis.infra.engines import binaries, processes
from parvis.infra.engines.places import Places, nats_account

NAME = "nats"
STOP: tuple[processes.Step, ...] = ((signal.SIGTERM, 5), (signal.SIGKILL, 5))
PORTS = range(20_000, 32_000)  # below those the kernel gives to outgoing connections

CONFIGURATION = """\
listen: "127.0.0.1:{port}"
authorization {{ token: "{token}" }}
max_payload: 1MB
max_connections: 10000
logtime: true
"""


class NatsServer:
    """The built-in broker of one PARVIS_HOME."""

    name = NAME
    stop_steps = STOP
    starting = False

    def __init__(self, places: Places) -> None:
        self.places = places
        self.account = nats_account()
        self._configuration: int | None = None

    async def prepare(self) -> None:
        """A port is chosen, and the configuration is written for the broker's eyes alone."""
        if self._configuration is not None:
            return  # a restart: clients know the port already
        if not self.places.nats_port or not _is_free(self.places.nats_port):
            self.places.remember_nats_port(next(port for port in _shuffled() if _is_free(port)))
        text = CONFIGURATION.format(port=self.places.nats_port, token=self.places.secret("nats"))
        self._configuration = self._written(text)

    def launch(self) -> processes.Launch:
        assert self._configuration is not None
        return processes.Launch(
            # By descriptor, because the broker's account may not be able to enter PARVIS_HOME.
            argv=[str(binaries.nats_program(self.account)), "-c", f"/proc/self/fd/{self._configuration}"],
            environment={"PATH": "/usr/bin:/bin", "GOMAXPROCS": "2"},
            account=self.account,
            descriptors=[self._configuration],
            log=self.places.logs / "nats.log",
        )

    async def ready(self) -> bool:
        """A client with the token is let in and gets its ping answered."""
        try:
            return await asyncio.wait_for(self._answers(), 2)
        except (OSError, TimeoutError, EOFError):
            return False

    def release(self) -> None:
        """The configuration is closed."""
        if self._configuration is not None:
            os.close(self._configuration)
            self._configuration = None

    async def _answers(self) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.places.nats_port)
        try:
            await reader.readline()  # INFO {…}
            greeting = {"verbose": False, "pedantic": False, "auth_token": self.places.secret("nats"), "protocol": 1}
            writer.write(b"CONNECT " + json.dumps(greeting).encode() + b"\r\nPING\r\n")
            while line := await reader.readline():
                if line.startswith((b"PONG", b"-ERR")):
                    return line.startswith(b"PONG")
            return False
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _written(self, text: str) -> int:
        path = self.places.nats_config
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            if self.account:
                os.fchown(file.fileno(), self.account.uid, self.account.gid)
        return os.open(path, os.O_RDONLY)


def _shuffled() -> list[int]:
    return random.sample(PORTS, k=len(PORTS))


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def version_at(url: str) -> str:
    """Version of the broker that answers there, built-in or not.

    Raises: ConnectionError that says why none does.
    """
    import nats  # here, because the supervisor has no use for it

    failures: list[Exception] = []

    async def failed(error: Exception) -> None:
        failures.append(error)

    attempt = nats.connect(
        url,
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=0.1,
        connect_timeout=3,
        error_cb=failed,
    )
    try:
        client = await asyncio.wait_for(attempt, 8)
    except Exception as error:  # of many kinds, and the last one often hides the first
        raise ConnectionError(str(failures[0] if failures else error)) from error
    try:
        version = client.connected_server_version
        return f"{version.major}.{version.minor}.{version.patch}"
    finally:
        await client.close()
