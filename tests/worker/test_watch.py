"""The watch looks, writes down, tells those who run the place, and shows everybody the rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from parvis import __version__
from parvis.base.clock import iso_ms, utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.health import history
from parvis.domain.health.verdicts.findings import Disk, Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say
from parvis.infra.overload import levels
from parvis.infra.services import Services
from parvis.worker import status_page, watch
from parvis.worker.metrics import Metrics
from parvis.worker.telling import ENOUGH_AFTER, Telling
from parvis.worker.watch import Watch
from tests.infra.test_mail import Catcher, listening
from tests.rig.server import free_port
from tests.rig.world import settings_for


@asynccontextmanager
async def hook(heard: list[dict[str, Any]], port: int = 0, refused: str = "") -> AsyncIterator[str]:
    """An address that takes whatever is posted, but for incidents of the name `refused`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        heard.append(json.loads(await reader.readexactly(length)))
        status = b"400 Bad Request" if heard[-1]["name"] == refused else b"204 No Content"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


async def looks(watcher: Watch, begin: datetime, *seconds: float) -> None:
    for second in seconds:
        await watcher.look(begin + timedelta(seconds=second))


async def test_a_lost_index_is_an_incident_told_once_and_shown_until_it_is_there_again(
    services: Services, tmp_path: Path
) -> None:
    heard: list[dict[str, Any]] = []
    async with hook(heard) as address:
        settings = msgspec.structs.replace(
            services.settings,
            alert_mail="ops@mail.example",
            alert_webhook=address,
            status_directory=str(tmp_path / "status"),
        )
        async with services.db.connection() as db:
            await db.execute("DROP INDEX post_public")
        watcher, begin = Watch(settings), utc_now()
        try:
            await looks(watcher, begin, 0, 10, 20)
            [shown] = [one for one in document(tmp_path)["incidents"] if one["name"] == "index_lost"]
            assert shown["closed_at"] is None
            page = (tmp_path / "status" / "index.html").read_text()
            assert "An index is missing" in page
            assert "CREATE INDEX" not in page
            assert "Un index manque" in (tmp_path / "status" / "index.fr.html").read_text()
            async with services.db.connection() as db:
                await db.execute(next(one for one in heard if one["name"] == "index_lost")["command"])
            await looks(watcher, begin, 30, 90, 100)
        finally:
            await watcher.close()
        async with services.db.connection() as db:
            kept = {one.name: one for one in await health.incidents(db, 10)}
            minutes = await health.minutes(db, begin - timedelta(minutes=1))
    mine = [one for one in heard if one["name"] == "index_lost"]
    assert [one["state"] for one in mine] == ["open", "closed"]
    link = f"{services.settings.public_origin}/console/runbooks/index-lost"
    assert {one["runbook"] for one in mine} == {link}
    assert kept["index_lost"].closed_at == begin + timedelta(seconds=90)
    assert kept["index_lost"].told_at is not None
    assert not {"cpu", "web"} & {moment.resource for _, moment in minutes}  # nobody measures here
    letters = [message_from_bytes(path.read_bytes()) for path in (services.settings.home / "mail").glob("*.eml")]
    assert sum("index" in str(one["Subject"]) for one in letters) == 2
    assert sum(link in one.as_string() for one in letters) == 2
    [shown] = [one for one in document(tmp_path)["incidents"] if one["name"] == "index_lost"]
    assert shown["closed_at"] is not None


async def test_letters_that_cannot_be_written_silence_nothing_else(services: Services, tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []
    (services.settings.home / "mail").write_bytes(
        b""
    )  # where letters would go: no folder, as on a disk that takes none
    async with hook(heard) as address:
        settings = msgspec.structs.replace(
            services.settings, alert_mail="a@x.example,b@y.example", alert_webhook=address,
            status_directory=str(tmp_path / "status"),
        )  # fmt: skip
        async with services.db.connection() as db:
            await db.execute("DROP INDEX post_public")
        watcher = Watch(settings)
        try:
            await looks(watcher, utc_now(), 0, 10)
        finally:
            await watcher.close()
    assert [one["name"] for one in heard].count("index_lost") == 1
    assert "index_lost" in [one["name"] for one in document(tmp_path)["incidents"]]


async def test_a_webhook_that_is_away_for_a_moment_hears_of_it_though_a_letter_was_written(services: Services) -> None:
    heard: list[dict[str, Any]] = []
    port = free_port()
    settings = msgspec.structs.replace(
        services.settings, contact_email="ops@mail.example", alert_webhook=f"http://127.0.0.1:{port}/hook"
    )
    told = "SELECT told_at FROM incident WHERE name = 'index_lost'"
    await services.db.pool.execute("DROP INDEX post_public")
    watcher, begin = Watch(settings), utc_now()
    try:
        await looks(watcher, begin, 0, 10)
        assert await services.db.pool.fetchval(told) is None
        async with hook(heard, port):
            await looks(watcher, begin, 20, 30)
        assert await services.db.pool.fetchval(told) == begin + timedelta(seconds=20)
    finally:
        await watcher.close()
    assert [one["name"] for one in heard].count("index_lost") == 1
    letters = [message_from_bytes(path.read_bytes()) for path in (services.settings.home / "mail").glob("*.eml")]
    assert sum("index" in str(one["Subject"]) for one in letters) == 1


async def test_a_mail_service_that_says_nothing_keeps_neither_the_watch_nor_the_webhook_waiting(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[dict[str, Any]] = []
    silent = await asyncio.start_server(lambda reader, writer: reader.read(), "127.0.0.1", 0)
    monkeypatch.setattr(watch, "TELL_S", 0.5)
    await services.db.pool.execute("DROP INDEX post_public")
    async with silent, hook(heard) as address:
        settings = msgspec.structs.replace(
            services.settings, alert_mail="a@x.example,b@y.example", alert_webhook=address,
            smtp_url=f"smtp://127.0.0.1:{silent.sockets[0].getsockname()[1]}",
        )  # fmt: skip
        watcher = Watch(settings)
        async with asyncio.timeout(20):  # a letter takes thirty seconds to fail
            await looks(watcher, utc_now(), 0, 10, 20)
            await watcher.close()
    assert [one["name"] for one in heard].count("index_lost") == 1


async def test_one_that_is_refused_keeps_no_other_from_being_told(services: Services) -> None:
    heard: list[dict[str, Any]] = []
    at, noted = utc_now(), list[tuple[str, datetime]]()
    verdict = Verdict(
        name="job_poison", urgency="now", blame=1.0, title=say("It fails:\r\n\tat \x1b[1mline\x85 7"), hurt=say("Some."),
        evidence=(figure("a", 1), figure("b", 2), figure("c", 3)), action=say("Do."), gain=say("Good."),
    )  # fmt: skip
    first, second = (
        health.Incident(name=name, opened_at=at, seen_at=at, blame=1.0, verdict=verdict) for name in ("first", "second")
    )
    telling = Telling(lambda one, told_at: noted.append((one.name, told_at)))
    async with hook(heard, refused="first") as address:
        settings = msgspec.structs.replace(
            services.settings, alert_mail="ops@mail.example", alert_webhook=address, smtp_url=""
        )
        for second_s in (0, 10, 700):
            now = at + timedelta(seconds=second_s)
            await telling.tell(settings, [first] if noted else [first, second], now, 5)
    assert noted == [("second", at)]
    assert [one["name"] for one in heard] == ["first", "second", "first"]  # not every ten seconds
    letters = [message_from_bytes(path.read_bytes()) for path in (services.settings.home / "mail").glob("*.eml")]
    assert len(letters) == 2  # whatever the title is
    await telling.close()


async def test_a_letter_that_a_filter_keeps_out_holds_up_no_other(services: Services) -> None:
    at, noted = utc_now(), list[str]()
    verdict = disk_full()
    news = [
        health.Incident(
            name=name, opened_at=at, seen_at=at, blame=1.0, verdict=msgspec.structs.replace(verdict, title=title)
        )
        for name, title in (("first", say("Spam")), ("second", say("Something else")))
    ]
    telling, catcher = Telling(lambda one, _: noted.append(one.name)), Catcher(unwanted={b"Spam": "550 5.7.1 Spam"})
    async with listening(catcher) as port:
        settings = msgspec.structs.replace(
            services.settings, alert_mail="ops@mail.example", smtp_url=f"smtp://127.0.0.1:{port}"
        )
        await telling.tell(settings, news, at, 5)
        await telling.close()
    assert noted == ["second"]


async def test_a_way_that_is_out_of_use_does_not_keep_news_untold_for_ever(services: Services) -> None:
    heard: list[dict[str, Any]] = []
    at, noted = utc_now(), list[str]()
    gone = health.Incident(name="gone", opened_at=at, seen_at=at, blame=1.0, verdict=disk_full())
    telling = Telling(lambda one, _: noted.append(one.name))
    async with hook(heard) as address:
        settings = msgspec.structs.replace(
            services.settings, alert_mail="ops@mail.example", alert_webhook=address,
            smtp_url=f"smtp://127.0.0.1:{free_port()}",
        )  # fmt: skip
        await telling.tell(settings, [gone], at, 5)
        assert noted == []
        await telling.tell(settings, [gone], at + ENOUGH_AFTER, 5)
    assert noted == ["gone"]
    assert len(heard) == 1
    await telling.close()


def disk_full() -> Verdict:
    seen = Findings(at=utc_now(), disks=(Disk("/srv", 100 << 30, 1 << 30),))
    return health.judge(seen).causes[0].verdict


def document(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "status" / "status.json").read_text())


async def test_without_a_database_the_book_is_kept_in_a_file_and_carried_over(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    settings = settings_for(
        tmp_path, "postgresql://x@/x?host=%2Fnowhere", nats_url, status_directory=str(tmp_path / "s")
    )
    away, begin = Watch(settings), utc_now()
    await looks(away, begin, 0, 10)
    assert json.loads((tmp_path / "s" / "status.json").read_text())["state"] == "trouble"
    await away.close()
    back = Watch(msgspec.structs.replace(settings, database_url=fresh_database_url))
    try:
        assert [one.name for one in back.book.open] == ["database_gone"]
        await looks(back, begin, 80)
        assert back._db is not None
        kept = {one.name: one for one in await health.incidents(back._db, 10)}
    finally:
        await back.close()
    assert kept["database_gone"].opened_at == begin
    assert kept["database_gone"].closed_at == begin + timedelta(seconds=80)


async def test_what_is_measured_is_kept_by_the_minute_and_by_the_hour(services: Services) -> None:
    hour = utc_now().replace(minute=0, second=0, microsecond=0)
    minutes = health.Minutes()
    async with services.db.connection() as db:
        for minute, use in ((1, 0.2), (1.2, 0.6), (2, 0.5)):
            seen = {"cpu": health.Signal("cpu", 2 * use, use, 2.0, {"x": use})}
            await minutes.add(db, seen, hour - timedelta(hours=1) + timedelta(minutes=minute))
        await minutes.add(db, {}, hour + timedelta(seconds=5))
        by_minute = await health.minutes(db, hour - timedelta(hours=1))
        by_hour = await health.hours(db, hour - timedelta(hours=2))
    assert [round(moment.use, 3) for _, moment in by_minute] == [0.4, 0.5]
    assert [moment.peak for _, moment in by_minute] == [0.6, 0.5]
    [(at, whole)] = by_hour
    assert at == hour - timedelta(hours=1)
    assert (round(whole.use, 3), whole.peak, round(whole.facts["x"], 3)) == (0.45, 0.6, 0.45)


async def test_what_only_the_watch_sees_is_kept_and_told_too(services: Services) -> None:
    async with services.db.connection() as db:
        await db.execute(
            "INSERT INTO job (kind, payload, due_at, failures) VALUES ('slow', '{}', now() - interval '1 minute', 2)"
        )
        await health.Measuring(services, "web").look(db)
    watcher, began = Watch(services.settings), utc_now()
    try:
        await looks(watcher, began, 0)
        told = {
            (one.labels.get("resource"), one.labels.get("name")) for one in samples(Metrics(watcher), "parvis_fact")
        }
    finally:
        await watcher.close()
    async with services.db.connection() as db:
        kept = {moment.resource: moment.facts for _, moment in await health.minutes(db, began - timedelta(minutes=1))}
    assert kept["database"]["size_bytes"] > 1e6
    assert kept["database"].keys() > {"response_s", "wal_bytes", "slot_bytes", "sessions"}
    assert kept["disk"][history.room("files", str(services.settings.home))] > 0
    assert kept["database"]["up_s"] > 0 == kept["database"]["unapplied"]
    assert kept["broker"]["answers"] == 1 > kept["broker"]["took_s"] > 0
    assert kept["memory"]["killed_per_s"] >= 0
    assert kept["store"]["fails"] == 0 < kept["store"]["took_s"]
    assert kept["jobs"]["late_s@slow"] > 59
    assert (kept["jobs"]["late@slow"], kept["jobs"]["failing@slow"], kept["jobs"]["failures@slow"]) == (1, 1, 2)
    assert {("database", "wal_bytes"), ("store", "took_s"), ("jobs", "late_s@slow")} <= told


def samples(metrics: Metrics, family: str) -> list[Sample]:
    return [sample for one in metrics.collect() if one.name == family for sample in one.samples]


async def test_of_two_watches_on_a_machine_one_is_on_duty(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    async with watch._on_duty(settings) as mine, watch._on_duty(settings) as other:
        assert (mine, other) == (True, False)
    async with watch._on_duty(settings) as later:
        assert later


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_the_page_escapes_what_it_shows(locale: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, name="<b>Ours</b>")
    found = status_page.files(settings, health.Judgement(utc_now(), "healthy", ()), [])
    name = "index.html" if locale == "en" else "index.fr.html"
    assert "<b>Ours" not in found[name]
    assert "&lt;b&gt;Ours" in found[name]
    assert "&lt;b&gt;Ours" in found["feed.xml"]


async def test_prometheus_reads_what_the_watch_saw_on_a_port_of_its_own(services: Services) -> None:
    port = free_port()
    async with services.db.connection() as db:
        await db.execute("INSERT INTO job (kind, payload, due_at) VALUES ('slow', '{}', now() - interval '1 minute')")
        await health.Measuring(services, "web").look(db)
    watcher = Watch(services.settings)
    close = Metrics(watcher).serve(f"127.0.0.1:{port}")
    try:
        await looks(watcher, utc_now(), 0, 10)
        answer = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{port}/metrics")
    finally:
        await asyncio.to_thread(close)
        await watcher.close()
    told = {
        (one.name, *sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }
    assert told["parvis_database_answers",] == 1
    assert told["parvis_info", ("version", __version__)] == told["parvis_broker_answers",] == 1
    assert told["parvis_migrations_unapplied",] == 0
    assert told["parvis_jobs_due", ("kind", "slow")] == 1
    assert told["parvis_jobs_oldest_seconds", ("kind", "slow")] > 59
    assert 0 <= told["parvis_resource_use_ratio", ("resource", "cpu")] <= 1
    assert told["parvis_processes", ("role", "web")] == 1
    assert ("parvis_incident_open", ("name", "workers_missing"), ("urgency", "now")) in told


def test_the_page_says_how_busy_it_is_and_when_somebody_looked_last(tmp_path: Path) -> None:
    settings, at = Settings(home=tmp_path), utc_now()
    judgement = health.Judgement(at, "healthy", ())
    calm, busy = status_page.files(settings, judgement, []), status_page.files(settings, judgement, [], 3)
    assert levels.PLAIN[levels.CACHED_ONLY] not in calm["index.html"]
    assert levels.PLAIN[levels.CACHED_ONLY] in busy["index.html"]
    assert json.loads(busy["status.json"])["level"] == 3
    assert f'data-at="{iso_ms(at)}"' in calm["index.html"]
    assert "the watch itself has stopped" in calm["index.html"]  # for those without a script
    assert 'src="/status/status.js"' in calm["index.html"]


async def test_a_watch_that_takes_over_tells_nothing_that_was_told_and_writes_no_second_row(
    services: Services, tmp_path: Path
) -> None:
    heard: list[dict[str, Any]] = []
    await services.db.pool.execute("DROP INDEX incident_by_time")
    async with hook(heard) as address:
        settings = msgspec.structs.replace(services.settings, alert_webhook=address)
        first = Watch(msgspec.structs.replace(settings, home=tmp_path / "one"))
        second = Watch(msgspec.structs.replace(settings, home=tmp_path / "two"))
        for one in (first, second):
            one.settings.home.mkdir()
        begin = utc_now()
        await looks(first, begin, 0)
        await looks(second, begin, 1, 11)  # the one that stands by is sure of it before the other
        await looks(first, begin, 10, 20)
        await looks(second, begin, 21)
        await first.close()
        await services.db.pool.fetchval("SELECT 1")
        for second_s in (31, 41):
            await looks(second, begin, second_s)
        assert [one["name"] for one in heard].count("index_lost") == 1
        rows = await services.db.pool.fetch("SELECT told_at, seen_at FROM incident WHERE name = 'index_lost'")
        [row] = rows
        assert row["told_at"] is not None
        assert row["seen_at"] == begin + timedelta(seconds=41)
        await second.close()


async def test_an_end_that_could_not_be_written_is_written_at_the_next_look(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, begin = Watch(services.settings), utc_now()
    definition = await services.db.pool.fetchval("SELECT pg_get_indexdef('incident_by_time'::regclass)")
    await services.db.pool.execute("DROP INDEX incident_by_time")
    await looks(watcher, begin, 0, 10)
    await services.db.pool.execute(definition)

    async def broken(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(health, "incident_stored", broken)
        await looks(watcher, begin, 100)
    open_ones = "SELECT count(*) FROM incident WHERE name = 'index_lost' AND closed_at IS NULL"
    assert await services.db.pool.fetchval(open_ones) == 1
    await looks(watcher, begin, 110)
    assert await services.db.pool.fetchval(open_ones) == 0
    await watcher.close()


async def test_a_media_store_that_cannot_be_opened_is_an_incident_until_it_can(
    services: Services, tmp_path: Path
) -> None:
    place = tmp_path / "elsewhere"
    place.write_text("in the way of the folder")
    watcher, begin = Watch(msgspec.structs.replace(services.settings, media_url=str(place))), utc_now()
    await looks(watcher, begin, 0, 10)
    [store] = [one for one in watcher.book.open if one.name == "store_failing"]
    assert "File exists" in str(store.verdict.title)
    place.unlink()
    await looks(watcher, begin, 20, 80)
    assert "store_failing" not in [one.name for one in watcher.book.open]
    await watcher.close()
