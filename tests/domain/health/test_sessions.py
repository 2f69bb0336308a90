"""What the database's sessions do is read rightly from a few looks at them."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.domain.health import sessions


def session(statement: str = "SELECT 1", **known: Any) -> dict[str, Any]:
    usual = {"pid": 7, "application": "parvis web", "state": "active", "kind": None, "event": None, "blockers": []}
    ages = {"open_s": 9.0, "runs_s": 9.0, "same_s": 9.0}
    return usual | ages | {"statement": statement} | known


@pytest.mark.parametrize("event", ["WALSync", "WalSync", "WALWrite", "WalWrite"])
def test_waits_for_the_journal_are_known_by_the_names_of_every_version(event: str) -> None:
    look = [session("COMMIT;", kind="IO", event=event)]
    assert sessions.waiting([look, look]) == {"journal": 1.0}
    assert sessions.slowest([look]) is None


def test_what_takes_long_by_right_or_is_young_is_no_slow_statement() -> None:
    by_right = [
        session("COPY public.post (id) TO stdout;", application="pg_dump"),
        session("SELECT pg_backup_start($1)", application="pg_basebackup"),
        session("ALTER TABLE post ADD x int", application="parvis migrate"),
        session("vacuum (analyze) post"),
        session("CREATE INDEX CONCURRENTLY a ON b (c)"),
        session("COMMIT;"),
        *(session("SELECT often", pid=pid, runs_s=0.01) for pid in range(20, 30)),
    ]
    assert sessions.slowest([by_right, by_right]) is None
    found = sessions.slowest([[*by_right, session("SELECT  late", pid=9, runs_s=4.0)]])
    assert found is not None
    assert (found.pid, found.text) == (9, "SELECT late")


def test_who_waits_by_right_has_no_blocker() -> None:
    for event, blocked in (("relation", True), ("transactionid", True), ("virtualxid", False), ("advisory", False)):
        look = [session(), session(pid=8, kind="Lock", event=event, blockers=[7])]
        assert (sessions.blocker(look) is not None) == blocked
