"""What will be over, and when, is told from what was seen; and what cannot be told is not."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.health import watch_queries
from parvis.domain.health.disks import Pace, foretold, paces
from parvis.domain.health.gather import journal_full_in_s
from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.findings import Database, Disk, Findings, Jobs, Late, Letters
from parvis.domain.health.verdicts.jobs_late import jobs_late
from parvis.domain.health.verdicts.mail_quota import mail_quota
from parvis.infra.postgres import Connection
from parvis.infra.postgres import Database as Pool

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY_S, GIB = 86_400.0, 1 << 30


def seen(**known: Any) -> Findings:
    return Findings(at=NOW, **known)


def lately(resource: str, **facts: float) -> dict[str, Signal]:
    return {resource: Signal(resource, 0.0, 0.0, None, facts)}


class Said(NamedTuple):
    """What a file system says of itself."""

    f_bavail: int
    f_frsize: int


def foreseen(one: Findings) -> list[tuple[str, str, float]]:
    return [(one.what, one.of, one.in_s) for one in health.forecasts(one)]


def test_nothing_is_foretold_of_a_place_of_which_nothing_is_known() -> None:
    assert foreseen(seen()) == []


def test_everything_that_will_be_over_is_told_the_soonest_first() -> None:
    everything = seen(
        disks=(
            Disk("/srv", 100 * GIB, 60 * GIB, full_in_s=9 * DAY_S, files_end_in_s=8 * DAY_S),
            Disk("/other", GIB, GIB),
        ),
        journal_full_in_s=3 * DAY_S,
        certificate_ends_in_s=40 * DAY_S,
        letters=Letters(2_000, 5_000),
        jobs=Jobs(late=(Late("media.transcode", 90, 1000, 4_500), Late("still", 90, 9, 9))),
        recent=lately("jobs_run", **{"done_per_s@media.transcode": 2.5}) | lately("mail", sent=30),
    )
    assert foreseen(everything) == [
        ("work", "media.transcode", 1_800),
        ("letters", "", 6_000),
        ("journal", "", 3 * DAY_S),
        ("files", "/srv", 8 * DAY_S),
        ("disk", "/srv", 9 * DAY_S),
        ("certificate", "", 40 * DAY_S),
    ]


def test_what_is_years_away_is_not_told_and_what_is_over_is_over_now() -> None:
    assert foreseen(seen(disks=(Disk("/srv", 100 * GIB, 60 * GIB, full_in_s=900 * DAY_S),))) == []
    assert foreseen(seen(certificate_ends_in_s=-5.0)) == [("certificate", "", 0.0)]


@pytest.mark.parametrize(
    ("sent", "in_a_minute", "ends_in_s"),
    [
        (2_000, 30, 6_000.0),
        (5_000, 0, 0.0),
        (6_000, 9, 0.0),
        (2_000, 0, None),
        (2_000, 2, None),  # before these are used up, those of today count no more
    ],
)
def test_the_letters_of_a_day_end_by_the_pace_of_the_last_minutes(
    sent: float, in_a_minute: float, ends_in_s: float | None
) -> None:
    found = foreseen(seen(letters=Letters(sent, 5_000), recent=lately("mail", sent=in_a_minute)))
    assert found == ([] if ends_in_s is None else [("letters", "", ends_in_s)])


def test_the_letters_of_a_day_press_from_four_fifths_on_and_most_when_they_are_used_up() -> None:
    pace = lately("mail", sent=30)
    assert mail_quota(seen(letters=Letters(3_900, 5_000), recent=pace)) is None
    assert mail_quota(seen(letters=Letters(4_100, 5_000))) is None, "nothing is sent any more"
    coming = mail_quota(seen(letters=Letters(4_100, 5_000), recent=pace))
    assert coming is not None
    assert (coming.urgency, coming.explains) == ("soon", ())
    over = mail_quota(seen(letters=Letters(5_000, 5_000)))
    assert over is not None
    assert (over.urgency, over.explains) == ("now", ("mail_gone",))


def test_work_that_is_late_says_when_it_is_done_where_that_is_known() -> None:
    jobs = Jobs(late=(Late("x", 90, 1000, 20_000),))
    known = jobs_late(seen(jobs=jobs, recent=lately("jobs_run", **{"done_per_s@x": 4.0})))
    assert known is not None
    assert [(one.label, one.value) for one in known.evidence] == [
        ("oldest", 90), ("due in all", 20_000), ("done in", 5_000),
    ]  # fmt: skip
    unknown = jobs_late(seen(jobs=jobs))
    assert unknown is not None
    assert unknown.evidence[2].label == "workers seen"
    assert known.blame == unknown.blame == 100, "of a thousand, as of every kind"


def test_what_was_foretold_is_written_down_as_facts_and_read_again() -> None:
    known = seen(disks=(Disk("/a@b", GIB, GIB, full_in_s=5.0, files_end_in_s=6.0),), certificate_ends_in_s=9.0)
    facts = health.all_signals(known)[health.FORECAST].facts
    assert facts == {"disk_in_s@/a@b": 5.0, "files_in_s@/a@b": 6.0, "certificate_in_s@": 9.0}
    assert health.from_facts(facts | {"weather_in_s@": 1.0, "odd": 2.0}) == health.forecasts(known)


async def test_the_pace_of_the_journal_and_the_letters_of_a_day_are_read_from_what_was_seen(
    fresh_database: Pool, fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    now = utc_now()
    (tmp_path / "postgres").mkdir()
    settings = Settings(
        home=tmp_path, database_url=fresh_database_url, nats_url=nats_url, smtp_url="smtp://127.0.0.1:1", mail_quota=500
    )

    async def gathered(settings: Settings) -> Findings:
        return await health.gather(settings, now=now)

    async with fresh_database.connection() as db:
        for hours, sent in ((30, 900.0), (20, 7.0), (1, 5.0)):
            await health.Minutes().add(db, lately("mail", sent=sent), now - timedelta(hours=hours))
        await health.Minutes().add(db, lately("database", wal_bytes=0.0), now - timedelta(hours=4))
    found = await gathered(settings)
    assert found.letters == Letters(12, 500)
    assert isinstance(found.database, Database)
    assert found.database.wal_bytes <= found.database.wal_wanted_bytes
    assert found.journal_full_in_s is None, "up to what is wanted it comes and goes"
    assert (await gathered(Settings(home=tmp_path, database_url=fresh_database_url))).letters is None


async def test_a_journal_that_is_larger_than_wanted_is_foretold_by_its_pace(
    fresh_database: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now, grown = utc_now(), Database(wal_bytes=5 * GIB, wal_wanted_bytes=GIB)
    monkeypatch.setattr(os, "statvfs", lambda _: Said(f_bavail=100, f_frsize=GIB))
    async with fresh_database.connection() as db:
        await health.Minutes().add(db, lately("database", wal_bytes=3.0 * GIB), now - timedelta(hours=2))

        async def full_in_s(database: Database) -> float | None:
            return await journal_full_in_s(db, Settings(home=tmp_path), database, now)

        assert await full_in_s(grown) is None, "the database is not here"
        (tmp_path / "postgres").mkdir()
        assert await full_in_s(grown) == pytest.approx(100 * 3_600, rel=0.02)
        assert await full_in_s(Database(wal_bytes=2 * GIB, wal_wanted_bytes=GIB)) is None, "it shrinks"


async def test_the_pace_of_each_folder_is_that_of_this_machine(fresh_database: Pool, tmp_path: Path) -> None:
    now, settings = utc_now(), Settings(home=tmp_path)
    home = Disk(str(tmp_path), 100 * GIB, 60 * GIB, 9_000, 6_000)
    media = Disk("/media", 100 * GIB, 60 * GIB, 9_000, 5_000, holds="media")
    told = Findings(at=now, disks=(media,)), Findings(at=now, disks=(home,))
    async with fresh_database.connection() as db:
        there = {"free_bytes@there:/media": 90.0 * GIB, "free_files@there:/media": 9_000.0}
        await health.Minutes().add(db, lately("disk", **there), now - timedelta(hours=5))
        unknown = {one.folder: Pace() for one in (home, media)}
        assert await paces(db, settings, (home, media), now) == unknown, "that was another machine's"
        for hours, findings in ((4, told[0]), (3, told[1])):
            await health.Minutes().add(db, health.all_signals(findings), now - timedelta(hours=hours))
        less = [msgspec.structs.replace(one, free_bytes=50 * GIB, free_files=4_000) for one in (home, media)]
        found = await paces(db, settings, less, now)
        known = foretold(less, found)
        assert await paces(db, settings, (home, media), now) == unknown, "nothing was filled"
    assert found[home.folder].bytes_per_s == 0.0, "what processes say of it is asked, and none did"
    assert [one.full_in_s for one in known] == [None, pytest.approx(20 * 3_600, rel=0.02)]
    assert [one.files_end_in_s for one in known] == [
        pytest.approx(hours * 3_600, rel=0.02) for hours in (6, 16)
    ]  # fmt: skip


async def test_of_backups_which_grow_in_steps_some_hours_foretell_nothing(fresh_database: Pool, tmp_path: Path) -> None:
    now, copies = utc_now(), Disk("/copies", 100 * GIB, 80 * GIB, holds="copies")
    later = msgspec.structs.replace(copies, free_bytes=40 * GIB)

    async def full_in_s(db: Connection) -> float | None:
        return foretold((later,), await paces(db, Settings(home=tmp_path), (later,), now))[0].full_in_s

    async with fresh_database.connection() as db:
        seen = health.all_signals(Findings(at=now, disks=(copies,)))
        await health.Minutes().add(db, seen, now - timedelta(hours=5))
        await health.Minutes().add(db, {}, now)
        assert await full_in_s(db) is None
        ago = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=10)
        await health.Minutes().add(db, seen, ago)
        await watch_queries.hours_stored(db, ago + timedelta(hours=2))
        assert await full_in_s(db) == pytest.approx(10 * DAY_S, rel=0.01)


def test_a_disk_with_nothing_but_backups_presses_when_the_database_no_longer_fits_on_it() -> None:
    def named(disk: Disk, **known: Any) -> list[str]:
        judgement = health.judge(seen(disks=(disk,), **known))
        return [one.verdict.name for one in judgement.causes if one.verdict.name in {"disk_full", "disk_filling"}]

    nearly = Disk("/copies", 100 * GIB, GIB, holds="copies")
    assert named(nearly, database=Database(size_bytes=GIB // 2)) == []
    assert named(nearly, database=Database(size_bytes=2 * GIB)) == ["disk_filling"]
    assert named(nearly, database=None) == []


def test_a_full_disk_of_media_does_not_explain_why_the_database_is_gone() -> None:
    def causes(disk: Disk) -> set[str]:
        return {one.verdict.name for one in health.judge(seen(disks=(disk,), database=None)).causes}

    full = Disk("/media", 100 * GIB, 0)
    assert causes(full) == {"disk_full"}
    assert causes(msgspec.structs.replace(full, holds="media")) == {"disk_full", "database_gone"}
