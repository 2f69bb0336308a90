"""What was wrong in months before stays on the status page, and is read from the database only when it changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.health.verdicts.verdict import Urgency
from parvis.infra.services import Services
from parvis.worker.status_history import History
from parvis.worker.watch import Watch
from tests.worker.test_status_page import lock

JULY = datetime(2026, 7, 2, tzinfo=UTC)
MAY = datetime(2026, 5, 31, 23, 59, tzinfo=UTC)


def over(began: datetime, name: str = "lock_held", urgency: Urgency = "now") -> health.Incident:
    verdict = msgspec.structs.replace(lock(), name=name, urgency=urgency)
    ended = began + timedelta(minutes=7)
    return health.Incident(name=name, opened_at=began, seen_at=ended, closed_at=ended, blame=1.0, verdict=verdict)


async def store(services: Services, *incidents: health.Incident) -> None:
    async with services.db.connection() as db:
        for one in incidents:
            await health.incident_stored(db, one)


async def look(services: Services, history: History) -> list[str]:
    """Which files change, when their place takes them."""
    async with services.db.connection() as db:
        found = await history.changed(db, services.settings, JULY)
    history.written()
    return sorted(name for name in found if name.count(".") == 1)


async def test_each_month_has_a_page_that_is_made_again_only_when_something_in_it_changed(services: Services) -> None:
    june = MAY + timedelta(minutes=2)
    await store(services, over(MAY), over(june), over(june + timedelta(hours=3), "cache_off", "note"))
    await store(services, msgspec.structs.replace(over(june, "database_gone"), closed_at=None))
    history = History()
    assert [await look(services, history) for _ in range(3)] == [["2026-06.html"], ["2026-05.html"], []]
    assert history.months == ["2026-06", "2026-05"]
    await store(services, over(MAY - timedelta(days=3)))
    assert [await look(services, history) for _ in range(2)] == [["2026-05.html"], []]


async def test_the_page_of_a_month_says_what_began_in_it_in_every_language(services: Services) -> None:
    await store(services, over(MAY), over(MAY + timedelta(minutes=1), "database_gone"))
    history = History()
    async with services.db.connection() as db:
        june = await history.changed(db, services.settings, JULY)
        history.written()
        may = await history.changed(db, services.settings, JULY)
    assert "The database is gone" in june["2026-06.html"]
    assert "A lock is held" not in june["2026-06.html"]
    assert "May 2026" in may["2026-05.html"]
    assert "<dd>2.25 s</dd>" in may["2026-05.html"]
    assert "4711" not in may["2026-05.html"]
    assert "mai 2026" in may["2026-05.fr.html"]
    assert 'href="/status/index.fr.html"' in may["2026-05.fr.html"]


async def test_pages_that_could_not_be_written_are_made_again(services: Services) -> None:
    await store(services, over(MAY))
    history = History()
    async with services.db.connection() as db:
        first = await history.changed(db, services.settings, JULY)
        assert await history.changed(db, services.settings, JULY) == first != {}


async def test_the_watch_writes_the_months_and_the_page_leads_to_them_also_without_a_database(
    services: Services, tmp_path: Path
) -> None:
    await store(services, over(MAY))
    settings = msgspec.structs.replace(services.settings, status_directory=str(tmp_path / "status"))
    watcher, begin = Watch(settings), utc_now()
    try:
        await watcher.look(begin)
        written = (tmp_path / "status" / "2026-05.html").stat()
        assert 'href="/status/2026-05.html">May 2026' in (tmp_path / "status" / "index.html").read_text()
        watcher.settings = watcher._started_with = msgspec.structs.replace(
            settings, database_url="postgresql://x@/x?host=%2Fnowhere"
        )
        assert watcher._db is not None
        watcher._db.terminate()
        await watcher.look(begin + timedelta(seconds=10))
    finally:
        await watcher.close()
    assert 'href="/status/2026-05.html">May 2026' in (tmp_path / "status" / "index.html").read_text()
    assert (tmp_path / "status" / "2026-05.html").stat() == written
    assert History(settings.status_directory).months == [
        "2026-05"
    ]  # as a watch that begins without a database knows it


async def test_pages_are_written_anew_once_an_hour_and_when_the_place_is_renamed(services: Services) -> None:
    await store(services, over(MAY))
    history, renamed = History(), msgspec.structs.replace(services.settings, name="Elsewhere")
    async with services.db.connection() as db:

        async def looked(settings: Settings, minutes: float) -> dict[str, str]:
            found = await history.changed(db, settings, JULY + timedelta(minutes=minutes))
            history.written()
            return found

        assert await looked(services.settings, 0)
        assert not await looked(services.settings, 59)
        assert "Elsewhere" in (await looked(renamed, 59))["2026-05.html"]
        assert not await looked(renamed, 60)
        assert await looked(renamed, 61)
