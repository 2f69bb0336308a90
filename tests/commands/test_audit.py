"""`parvis audit verify`: the log of what staff did, checked and exported on the command line."""

from __future__ import annotations

import asyncio
import csv
import re
import stat
from pathlib import Path

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import from_environment
from parvis.cli import COMMANDS, main
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import NewAccount
from parvis.infra.opening import open_services
from parvis.infra.postgres import Database
from tests.rig.pictures import png

# What each command says in the log, or why it says nothing. Whoever adds a command decides here.
RUNS, READS, FILLS, OTHER = (
    "it keeps the place running",
    "it only reads",
    "for servers without people",
    "it is not staff's",
)
ACTS: dict[str, tuple[str, ...] | str] = {
    "serve": RUNS, "web": RUNS, "work": RUNS, "migrate": RUNS, "watch": RUNS, "backup": RUNS,
    "upgrade": ("place.upgrade", "place.back"),
    "account create": ("account.make",), "role": ("role.give",), "token create": ("token.make",),
    "owner link": ("owner.link",), "invitation create": ("invitation.make",),
    "admission log": READS, "admission verify": READS, "admission aside": ("receipts.again",),
    "demo": FILLS, "seed": FILLS, "simulate": FILLS, "capacity": FILLS,
    "restore": ("place.restore",), "handover": READS, "doctor": READS, "audit verify": READS,
    "session end": ("session.end",), "jobs retry": ("jobs.retry",), "jobs drop": ("jobs.drop",),
    "gate": ("gate.command",), "rule": ("rule.add", "rule.remove"),
    "announcement": ("announcement.add", "announcement.remove"), "emoji": ("emoji.add", "emoji.remove"),
    "report": ("report.dismiss",), "announce": OTHER,
}  # fmt: skip


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
    from parvis.base.settings import Settings
    from parvis.commands.audit_verify import _check, _told

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


def test_every_command_that_acts_leaves_its_line_in_the_log(
    capsys: pytest.CaptureFixture[str], fresh_database_url: str, tmp_path: Path
) -> None:
    assert ACTS.keys() == {one.words for one in COMMANDS}
    said: list[str] = []

    def does(*words: str) -> str:
        assert main(words) == 0, words
        said.append(capsys.readouterr().out)
        return said[-1]

    does("account", "create", "alice", "--email", "a@mail.example")
    does("role", "@alice", "moderator")
    does("token", "create", "alice", "--app", "Bench")
    does("owner", "link")
    does("invitation", "create", "alice")
    for word in ("retry", "drop"):
        does("jobs", word, "mail.send")
    does("gate", "open")
    does("rule", "remove", does("rule", "add", "=Be kind.").split()[0])
    does("announcement", "remove", does("announcement", "add", "We move tonight").strip())
    (picture := tmp_path / "blob.png").write_bytes(png(8, 8))
    does("emoji", "add", "blob", str(picture))
    does("emoji", "remove", "blob")
    does("report", "decide", str(asyncio.run(_reported())), "--answer", "No rule of ours forbids that.")
    asyncio.run(_session_ended(fresh_database_url))
    does("admission", "aside", "--again")
    assert "could not be written" not in capsys.readouterr().err
    file = tmp_path / "log.csv"
    does("audit", "verify", "--export", str(file))
    acts = [row["act"] for row in csv.DictReader(file.open(newline=""))]
    assert acts == [
        "account.make", "role.give", "token.make", "owner.link", "invitation.make", "jobs.retry", "jobs.drop",
        "gate.command", "rule.add", "rule.remove", "announcement.add", "announcement.remove", "emoji.add", "emoji.remove",
        "report.dismiss", "session.end", "receipts.again",
    ]  # fmt: skip
    wanted = {act for some in ACTS.values() if isinstance(some, tuple) for act in some}
    assert wanted - {*acts} == {"place.upgrade", "place.back", "place.restore"}  # a place of their own does these


async def _session_ended(database_url: str) -> None:
    victim = await asyncpg.connect(database_url)
    assert await asyncio.to_thread(main, ["session", "end", str(victim.get_server_pid())]) == 0


async def _reported() -> int:
    """Somebody reported alice."""
    async with open_services(from_environment(), application="test") as services, services.db.transaction() as tx:
        new = NewAccount(handle="bob", email="b@mail.example")
        bob = await accounts.create(tx, services.ids, new=new, now=utc_now())
        alice = await accounts.by_handle(tx, "alice", domain=services.settings.domain)
        made = await moderation.reports.report(tx, services.ids, bob, alice.id, now=utc_now())
    return made.id


def test_an_act_stands_though_the_log_cannot_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARVIS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["admission", "aside", "--again"]) == 0
    assert "could not be written" in capsys.readouterr().err
