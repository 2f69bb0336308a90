"""`parvis simulate` as an operator meets it: people are prepared, a short run is played, and the report adds up."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from parvis.cli import main
from tests.rig.server import COMMAND, Server


def simulate(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "simulate", *words], env=server.environment, capture_output=True, text=True, timeout=110
    )


def test_a_short_evening_against_a_real_server(server: Server, tmp_path: Path) -> None:
    prepared = simulate(server, "--prepare", "--members", "40")
    assert prepared.returncode == 0, prepared.stderr
    people = server.home / "load-members.json"
    assert people.stat().st_mode & 0o777 == 0o600
    html = tmp_path / "report.html"
    words = ["--load", "launch-day", "--speed", "0.02", "--minutes", "0.2", "--streams", "3"]
    done = simulate(server, "--target", server.origin, *words, "--html", str(html), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    everything = report["everything"]
    assert everything["offered"] == sum(everything["outcomes"].values()) > 50
    assert everything["outcomes"]["served"] > 0.5 * everything["offered"]
    assert everything["outcomes"]["failed"] == 0
    refused = {row["name"]: row["outcomes"]["refused"] for row in report["kinds"] if row["outcomes"]["refused"]}
    assert sum(refused.values()) <= 2, refused  # somebody may look at a post that is gone
    assert report["streams_open"] == 3
    assert report["newcomers"]["received"] <= report["newcomers"]["asked"]
    assert len(report["events"]) == 4
    assert "<svg" in html.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--target URL"),
        (["--target", "http://192.0.2.1"], "--i-own-this-server"),
        (["--target", "http://127.0.0.1:1"], "--prepare"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PARVIS_HOME", str(tmp_path))
    assert main(["simulate", *words]) != 0
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
