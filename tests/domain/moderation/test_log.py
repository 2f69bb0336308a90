"""The log of what staff did: appended to, sealed, checked."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.domain.moderation import log
from parvis.infra.services import Services

OLGA, MONA = AccountId(11), AccountId(12)


async def written(services: Services, count: int = 3, **more: Any) -> list[bytes]:
    """So many entries, and their seals."""
    async with services.db.transaction() as tx:
        return [
            (
                await log.record(
                    tx,
                    actor_id=OLGA,
                    act="rule.add",
                    subject=f"rule:{number}",
                    details={"text": f"Rule {number}"},
                    now=utc_now(),
                    **more,
                )
            ).seal
            for number in range(count)
        ]


async def test_entries_are_kept_in_order_each_with_a_seal_of_its_own(services: Services) -> None:
    seals = await written(services)
    async with services.db.connection() as db:
        found = await log.entries(db, limit=10)
        checked = await log.check(db, known=frozenset({seals[1].hex()}))
    assert [one.subject for one in found] == ["rule:2", "rule:1", "rule:0"]
    assert len(set(seals)) == 3
    assert checked == log.Checked(3, seals[-1], None, frozenset({seals[1].hex()}))


async def test_entries_written_at_once_form_one_chain(services: Services) -> None:
    await asyncio.gather(*(written(services, 5) for _ in range(4)))
    async with services.db.connection() as db:
        checked = await log.check(db)
    assert (checked.count, checked.broken_id) == (20, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE staff_act SET act = 'rule.remove'",
        "UPDATE staff_act SET at = at",
        "DELETE FROM staff_act WHERE false",
        "DELETE FROM staff_act",
        "TRUNCATE staff_act",
    ],
)
async def test_the_database_refuses_to_change_the_log(services: Services, statement: str) -> None:
    await written(services)
    with pytest.raises(asyncpg.RaiseError, match="appended to"):
        async with services.db.transaction() as tx:
            await tx.execute(statement)
    async with services.db.connection() as db:
        assert (await log.check(db)).count == 3


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE staff_act SET details = '{}' WHERE subject = 'rule:1'",
        "UPDATE staff_act SET actor_id = 12 WHERE subject = 'rule:1'",
        "UPDATE staff_act SET actor_id = NULL WHERE subject = 'rule:1'",
        "UPDATE staff_act SET at = at + interval '1 microsecond' WHERE subject = 'rule:1'",
        "UPDATE staff_act SET refused = true WHERE subject = 'rule:1'",
        "UPDATE staff_act SET subject = 'rule:7' WHERE subject = 'rule:1'",
        "UPDATE staff_act SET hash = sha256('x') WHERE subject = 'rule:1'",
        "DELETE FROM staff_act WHERE subject = 'rule:1'",
        "INSERT INTO staff_act SELECT 1, at, actor_id, act, subject, details, refused, hash FROM staff_act"
        " WHERE subject = 'rule:1'",
    ],
)
async def test_whoever_gets_past_the_database_is_told_of_by_the_seals(services: Services, tampering: str) -> None:
    await written(services)
    async with services.db.transaction() as tx:
        await tx.execute("ALTER TABLE staff_act DISABLE TRIGGER staff_act_stays")
        await tx.execute(tampering)
        checked = await log.check(tx)
        await tx.execute("ALTER TABLE staff_act ENABLE TRIGGER staff_act_stays")
    assert checked.broken_id is not None
    assert checked.count < 3


async def test_an_end_that_was_cut_off_shows_by_a_seal_that_was_noted_down(services: Services) -> None:
    last = (await written(services))[-1].hex()
    async with services.db.transaction() as tx:
        await tx.execute("ALTER TABLE staff_act DISABLE TRIGGER staff_act_stays")
        await tx.execute("DELETE FROM staff_act WHERE subject = 'rule:2'")
        await tx.execute("ALTER TABLE staff_act ENABLE TRIGGER staff_act_stays")
        checked = await log.check(tx, known=frozenset({last}))
    assert checked.broken_id is None
    assert checked.found == frozenset()


async def test_what_is_undone_is_not_in_the_log(services: Services) -> None:
    async def undone() -> None:
        async with services.db.transaction() as tx:
            await log.record(tx, actor_id=OLGA, act="rule.add", subject="rule:1", now=utc_now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await undone()
    async with services.db.connection() as db:
        assert await log.entries(db, limit=10) == []


async def test_entries_are_found_by_person_and_by_act_slice_by_slice(services: Services) -> None:
    now = utc_now()
    async with services.db.transaction() as tx:
        for actor, act, subject in (
            (OLGA, "role.give", "account:12"),
            (MONA, "report.decide", "report:5"),
            (None, "gate.command", "gate"),
            (OLGA, "gate.command", "gate"),
            (MONA, "reports.close", "report:6"),
        ):
            await log.record(tx, actor_id=actor, act=act, subject=subject, now=now)
        by_person = await log.entries(tx, person_id=MONA, limit=10)
        by_act = await log.entries(tx, act="gate.command", limit=10)
        by_room = await log.entries(tx, act="report", limit=10)
        first = await log.entries(tx, limit=2)
        second = await log.entries(tx, before=first[-1].id, limit=10)
        names = await log.acts_known(tx)
    assert [one.act for one in by_person] == ["reports.close", "report.decide", "role.give"]
    assert [one.actor_id for one in by_act] == [OLGA, None]
    assert [one.act for one in by_room] == ["report.decide"]
    assert [one.act for one in (*first, *second)] == [
        "reports.close", "gate.command", "gate.command", "report.decide", "role.give",
    ]  # fmt: skip
    assert names == ["gate.command", "report.decide", "reports.close", "role.give"]


NASTY = "=cmd|' /C calc'!A0\nforged 1,2\r\x1b[2J\x7f\u202e\u2028\"'"


async def test_what_people_wrote_breaks_neither_lines_nor_terminals_nor_spreadsheets(services: Services) -> None:
    async with services.db.transaction() as tx:
        await log.record(tx, actor_id=OLGA, act="gate.command", subject="gate", details={"say": NASTY}, now=utc_now())
        out = io.StringIO()
        assert (await log.check(tx, to=out)).broken_id is None
    text = out.getvalue()
    assert len(text.splitlines()) == 2
    assert all(c == "\n" or " " <= c <= "~" for c in text)
    [header, row] = csv.reader(io.StringIO(text))
    assert tuple(header) == log.COLUMNS
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize(
    ("act", "subject"), [("gate", "gate"), ("a b.c", "gate"), ("gate.command", "x\ny"), ("gate.command", "=1")]
)
async def test_an_act_and_its_subject_are_words(services: Services, act: str, subject: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with services.db.transaction() as tx:
            await log.record(tx, actor_id=None, act=act, subject=subject, now=utc_now())
