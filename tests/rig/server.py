"""A whole Parvis as people run it: `parvis serve` in a process of its own, on a port and in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.rig.tools import media_url_of

COMMAND = [sys.executable, "-m", "parvis"]


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """`start` returns when it answers; `stop` when all of it has ended."""

    home: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    prefix: list[str] = field(default_factory=list)  # what starts it, for one that is to run confined
    command: list[str] = field(default_factory=lambda: list(COMMAND))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "PARVIS_HOME": str(self.home),
            "PARVIS_PORT": str(self.port),
            "PARVIS_CONFIRM_EMAIL": "off",
            "PARVIS_RATE_LIMITS": "off",
            "PARVIS_LIMITER": "off",
            "PARVIS_PAGE_CACHE_BYTES": "0",
            "PARVIS_ALLOW_PRIVATE_ADDRESSES": "on",
            "PARVIS_TRANSCODINGS_IDLE": "off",
            "PARVIS_MEDIA_URL": media_url_of(self.home),
            "PARVIS_GATE": "open",  # or a machine that is busy with tests would keep people waiting
        }
        return {k: v for k, v in os.environ.items() if not k.startswith("PARVIS_")} | own | self.settings

    def start(self, *arguments: str, patience_s: float = 60) -> float:
        """The server answers; how many seconds that took."""
        before = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *self.command, "serve", *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - before > patience_s:
                raise RuntimeError(f"The server does not come up:\n{self.log()[-3000:]}")
            time.sleep(0.05)
        return time.monotonic() - before

    def answers(self, path: str = "/health/ready") -> bool:
        try:
            with urllib.request.urlopen(self.origin + path, timeout=2) as response:
                return response.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def log(self) -> str:
        return (self.home / "server.log").read_text(errors="replace")

    def stop(self) -> None:
        """Everything has ended in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        self.process = None

    def run(self, *words: str, stdin: str | None = None, patience_s: float = 60) -> str:
        """What a command of the running server prints."""
        done = subprocess.run(
            [*self.command, *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=patience_s,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def account(self, handle: str, password: str = "a long password", role: str | None = None) -> None:
        """An account that can sign in."""
        words = ["account", "create", handle, "--email", f"{handle}@mail.example", "--password-stdin"]
        self.run(*words, *(["--role", role] if role else []), stdin=password)

    def token(self, handle: str) -> str:
        """A token of the usual scopes."""
        words = ["token", "create", handle, "--app", "Test", "--scopes", "read write follow push", "--json"]
        return json.loads(self.run(*words))["access_token"]
