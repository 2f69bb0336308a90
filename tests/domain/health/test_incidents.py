"""Incidents open when something is sure, close when it is over, and do not flicker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from parvis.domain import health
from parvis.domain.health.incidents import Book
from parvis.domain.health.verdicts.findings import Disk, Findings, Setup

START = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
GIB = 1 << 30


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def full(seconds: float) -> health.Judgement:
    return health.judge(Findings(at=at(seconds), disks=(Disk("/srv", 100 * GIB, GIB),)))


def well(seconds: float) -> health.Judgement:
    return health.judge(Findings(at=at(seconds), setup=Setup(limiter=False)))  # a note is no incident


def ending(seconds: float, left_s: float) -> health.Judgement:
    return health.judge(Findings(at=at(seconds), certificate_ends_in_s=left_s))


def gone(seconds: float) -> health.Judgement:
    return health.judge(Findings(at=at(seconds), database=None))


def test_what_was_seen_once_is_no_incident() -> None:
    book = Book()
    book.note(full(0))
    book.note(well(10))
    book.note(full(20))
    assert book.all == []


def test_an_incident_begins_when_it_was_first_seen_and_ends_a_minute_after_it_was_last_seen() -> None:
    book = Book()
    book.note(full(0))
    [opened] = book.note(full(10))
    assert (opened.name, opened.opened_at, opened.is_open) == ("disk_full", at(0), True)
    for second in (20, 40, 60):
        assert book.note(well(second)) == []
    [closed] = book.note(well(70))
    assert (closed.closed_at, closed.seen_at) == (at(70), at(10))
    assert book.open == []


def test_what_comes_back_soon_is_the_same_incident_and_later_it_is_another() -> None:
    book = Book()
    for second in (0, 10):
        book.note(full(second))
    book.note(well(80))
    assert book.note(full(190)) == []
    [again] = book.note(full(200))
    assert again.opened_at == at(0)
    assert again.is_open
    book.note(well(300))
    for second in (2000, 2010):
        book.note(full(second))
    assert [one.opened_at for one in book.all] == [at(2000), at(0)]


def test_while_the_database_is_gone_nothing_is_taken_for_over() -> None:
    book = Book()
    for second in (0, 10):
        book.note(full(second))
    for second in (20, 120, 220):
        book.note(gone(second))
    assert {one.name for one in book.open} == {"disk_full", "database_gone"}
    book.note(well(300))
    assert book.open == []


def test_everything_is_told_once() -> None:
    book = Book()
    for second in (0, 10):
        book.note(full(second))
    [one] = book.untold
    book.told(one, at(11))
    book.note(full(20))
    assert book.untold == []
    book.note(well(90))
    [ended] = book.untold
    book.told(ended, at(91))
    assert book.untold == []


def test_what_comes_back_is_told_again_to_whom_was_told_that_it_is_over() -> None:
    book = Book()
    for second in (0, 10):
        book.note(full(second))
    book.told(book.untold[0], at(11))
    book.note(well(90))
    for second in (100, 110, 120):
        book.note(full(second))
    assert book.untold == []  # nobody knew that it was over
    book.note(well(190))
    book.told(book.untold[0], at(191))
    book.note(full(300))
    assert book.untold == []  # a moment
    book.note(full(310))
    [again] = book.untold
    assert (again.opened_at, again.is_open) == (at(0), True)
    book.told(again, at(311))
    book.note(full(320))
    assert book.untold == []


def test_what_was_coming_and_has_come_is_told_again_once() -> None:
    book = Book()
    for second in (0, 10):
        book.note(ending(second, 3600))
    book.told(book.untold[0], at(11))
    book.note(ending(20, 3500))
    assert book.untold == []
    book.note(ending(30, -1))
    [now] = book.untold
    assert now.verdict.urgency == "now"
    book.told(now, at(31))
    for second, left_s in ((40, -11), (50, 600), (60, -31)):  # one of two proxies shows the old one
        book.note(ending(second, left_s))
    assert book.untold == []


def test_two_books_are_one() -> None:
    mine, theirs = Book(), Book()
    for second in (0, 10):
        mine.note(full(second))
    theirs.add(mine.all)
    theirs.note(well(90))
    mine.add(theirs.all)
    assert [one.closed_at for one in mine.all] == [at(90)]


def test_what_two_saw_begin_is_one_incident_and_was_told_if_either_told_of_it() -> None:
    mine, written = Book(), Book()
    for second in (3, 13, 23):
        mine.note(full(second))
    for second in (0, 10):
        written.note(full(second))
    written.told(written.open[0], at(11))
    mine.add(written.all)
    [one] = mine.all
    assert (one.opened_at, one.seen_at, one.told_at) == (at(0), at(23), at(11))
    assert mine.untold == []


def test_what_comes_back_while_somebody_else_takes_over_is_told_again() -> None:
    mine, written = Book(), Book()
    for second in (0, 10):
        written.note(full(second))
    written.told(written.open[0], at(11))
    written.note(well(80))
    written.told(written.untold[0], at(81))
    mine.mirror(written.all)
    for second in (100, 110):
        mine.note(full(second))
    mine.add(written.all)
    [again] = mine.untold
    assert again.is_open


def test_what_lasts_is_remembered_however_much_came_after_it() -> None:
    book = Book()
    for second in (0, 10):
        book.note(ending(second, 3600))
    [lasts] = book.open
    book.add(msgspec.structs.replace(lasts, name=f"x{n}", opened_at=at(n), closed_at=at(n)) for n in range(1, 300))
    assert [one.name for one in book.open] == ["certificate_ending"]
    shown = book.shown(50)
    assert len(shown) == 50
    assert shown[0].name == "x299"
    assert shown[-1].name == "certificate_ending"


def test_of_two_incidents_of_one_name_with_a_pause_between_both_are_kept() -> None:
    mine, written = Book(), Book()
    for second in (0, 10):
        written.note(full(second))
    written.note(well(80))
    for second in (2000, 2010):
        mine.note(full(second))
    mine.add(written.all)
    assert [one.opened_at for one in mine.all] == [at(2000), at(0)]
