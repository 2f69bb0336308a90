"""Accounts, tokens and the owner's link, made on the command line against a real database."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from parvis.base.clock import utc_now
from parvis.base.ids import IdSource
from parvis.base.settings import Settings
from parvis.cli import main
from parvis.commands import owner_link
from parvis.domain import accounts
from parvis.infra.postgres import Database


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_database_url: str) -> None:
    monkeypatch.setenv("PARVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARVIS_DATABASE_URL", fresh_database_url)


def test_an_account_is_made_with_a_password_of_ones_own_or_a_made_up_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["account", "create", "Alice", "--email", "a@mail.example", "--role", "owner", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["handle"], made["role"], len(made["password"]) >= 12) == ("alice", "owner", True)
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert main(["account", "create", "bob", "--email", "b@mail.example", "--password-stdin"]) == 0
    assert "correct horse" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["alice", "--email", "other@mail.example"], "already been taken"),
        (["alicia", "--email", "a@mail.example"], "already been taken"),
        (["al ice", "--email", "x@mail.example"], "letters, numbers and underscores"),
        (["carol", "--email", "nowhere"], "not an address"),
        (["carol", "--email", "c@mail.example", "--password-stdin"], "too short"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["account", "create", "alice", "--email", "a@mail.example"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["account", "create", *words]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_token_works_for_its_account_and_scopes(capsys: pytest.CaptureFixture[str]) -> None:
    main(["account", "create", "alice", "--email", "a@mail.example"])
    capsys.readouterr()
    assert main(["token", "create", "@alice", "--app", "Bench", "--scopes", "read,write", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["token_type"], printed["scope"]) == ("Bearer", "read write")
    assert main(["token", "create", "alice", "--app", "Bench"]) == 0
    assert len(capsys.readouterr().out.strip()) == 43
    assert main(["token", "create", "nobody", "--app", "Bench"]) == 1
    assert "'nobody'" in capsys.readouterr().err
    assert main(["token", "create", "alice", "--app", "Bench", "--scopes", "everything"]) == 1


async def test_the_link_is_announced_until_there_is_an_owner(
    fresh_database: Database, fresh_database_url: str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, database_url=fresh_database_url, origin="https://parvis.example")
    _, line = await owner_link.announce(settings)
    start, _, token = line.strip().rpartition("/")
    assert start == "https://parvis.example/setup"
    async with fresh_database.transaction() as tx:
        assert await accounts.is_usable(tx, accounts.Purpose.BECOME_OWNER, token, now=utc_now())
        new = accounts.NewAccount(handle="olga", email="o@mail.example", role=accounts.Role.OWNER)
        await accounts.create(tx, IdSource(3), new=new, now=utc_now())
    assert await owner_link.announce(settings) == []
