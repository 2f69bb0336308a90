"""What is typed is understood, or answered by a sentence and the right status."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from parvis.cli import COMMANDS, main
from parvis.infra.spool import Spool


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARVIS_HOME", str(tmp_path / "home"))


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {command.words} " in shown for command in COMMANDS if command.help)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_has_help(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*command.words.split(), "--help"])  # type: ignore[attr-defined]
    assert exit_.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 4


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance", "now"]) == 2
    assert "'dance now'" in capsys.readouterr().err


def test_a_bad_setting_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PARVIS_PORT", "http")
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "parvis: PARVIS_PORT must be a whole number, not 'http'.\n"


def test_the_doctor_speaks_json_and_fails_when_nothing_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["doctor", "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer["sound"] is False
    assert answer["outcome"] == "unknown"
    assert answer["causes"][0]["name"] == "database_gone"
    assert {"subject", "verdict", "message"} == answer["checks"][0].keys()
    assert not (tmp_path / "home").exists()


def test_a_media_store_that_cannot_be_opened_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "media").write_text("in the way of the folder")
    monkeypatch.setenv("PARVIS_MEDIA_URL", str(tmp_path / "media"))
    assert main(["doctor", "--json"]) == 2
    [store] = [one for one in json.loads(capsys.readouterr().out)["causes"] if one["name"] == "store_failing"]
    assert "File exists" in store["title"]


def test_receipts_that_could_not_be_stored_are_shown_and_tried_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "home" / "spool"
    Spool(folder / "receipts-broken").append([b"of another release"])
    assert main(["admission", "aside"]) == 0
    assert base64.b64decode(json.loads(capsys.readouterr().out)["unreadable"]) == b"of another release"
    assert main(["admission", "aside", "--again"]) == 0
    assert capsys.readouterr().out.startswith("1 receipts will be tried again")
    assert Spool(folder / "receipts").records() == [b"of another release"]
    assert main(["admission", "aside"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("role", ["web", "work"])
def test_a_role_alone_says_what_it_misses(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([role]) == 1
    assert "PARVIS_DATABASE_URL" in capsys.readouterr().err
