"""`parvis audit verify`: the log of what staff did, checked and exported on the command line."""

from __future__ import annotations

import csv
import re
import stat
from pathlib import Path

import pytest

from parvis.cli import main
from parvis.infra.postgres import Database


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_database_url: str) -> None:
    monkeypatch.setenv("PARVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARVIS_DATABASE_URL", fresh_database_url)


def test_what_commands_did_is_in_the_log_and_the_log_can_be_checked_and_taken_along(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["account", "create", "alice", "--email", "a@mail.example", "--role", "moderator"]) == 0
    assert main(["rule", "add", "=Be kind."]) == 0
    assert main(["gate", "pause", "--reason", "Back\nat noon"]) == 0
    assert main(["jobs", "retry", "mail.send"]) == 0
    assert main(["owner", "link"]) == 0
    capsys.readouterr()
    file = tmp_path / "log.csv"
    assert main(["audit", "verify", "--export", str(file)]) == 0
    said = capsys.readouterr().err
    assert "5 entries fit" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = list(csv.DictReader(file.open(newline="")))
    assert [row["act"] for row in rows] == ["account.make", "rule.add", "gate.command", "jobs.retry", "owner.link"]
    assert len(file.read_text().splitlines()) == 6
    assert re.search(r"the last seal is (\w{64})", said).group(1) == rows[-1]["seal"]  # type: ignore[union-attr]
    assert main(["audit", "verify", "--seal", rows[2]["seal"].upper()]) == 0
    assert main(["audit", "verify", "--seal", "0" * 64]) == 1
    assert "cut off" in capsys.readouterr().err


async def test_a_log_that_was_changed_is_told_of(
    capsys: pytest.CaptureFixture[str], fresh_database: Database, fresh_database_url: str
) -> None:
    from parvis.base.clock import utc_now
    from parvis.base.settings import Settings
    from parvis.commands.audit_verify import _check, _told
    from parvis.domain import moderation

    async with fresh_database.transaction() as tx:
        for number in (1, 2):
            await moderation.log.record(tx, actor_id=None, act="rule.add", subject=f"rule:{number}", now=utc_now())
        await tx.execute("ALTER TABLE staff_act DISABLE TRIGGER staff_act_stays")
        await tx.execute("UPDATE staff_act SET subject = 'rule:9' WHERE subject = 'rule:2'")
        await tx.execute("ALTER TABLE staff_act ENABLE TRIGGER staff_act_stays")
    checked = await _check(Settings(database_url=fresh_database_url), frozenset(), None)
    assert _told(checked, frozenset()) == 1
    assert "1 entries fit" in (told := capsys.readouterr().err)
    assert "does not fit its seal" in told
