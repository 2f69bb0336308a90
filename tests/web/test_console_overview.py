"""The first page of those who run the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.console import overview
from parvis.domain import accounts, health
from parvis.domain.health.verdicts.findings import Disk, Findings
from parvis.infra import jobs
from parvis.infra.background import settled
from parvis.worker.watch import Watch
from tests.rig.world import World
from tests.web.conftest import Browser

GIB = 1 << 30
MODERATOR = accounts.Role.MODERATOR


async def watched(world: World) -> None:
    """The place was watched for a few minutes, and its disk is full."""
    now = utc_now().replace(second=0, microsecond=0)
    judgement = health.judge(Findings(at=now, disks=(Disk("/srv/<b>", 100 * GIB, GIB),)))
    [cause] = judgement.causes
    async with world.services.db.transaction() as tx:
        minutes = health.Minutes()
        for minute, use in ((3, 0.25), (2, 0.5), (1, 0.75), (0, 0.375)):
            seen = {"cpu": health.Signal("cpu", 2 * use, use, 2.0)}
            await minutes.add(tx, seen, now - timedelta(minutes=minute))
        incident = health.Incident(
            name="disk_full", opened_at=now, seen_at=now, blame=cause.blame, verdict=cause.verdict
        )
        await health.incident_stored(tx, incident)


@pytest.mark.parametrize("role", [accounts.Role.MODERATOR, accounts.Role.OWNER])
async def test_those_who_run_the_place_see_what_is_wrong_and_how_it_was(
    world: World, open_browser: Callable[[], Browser], role: accounts.Role
) -> None:
    await watched(world)
    browser = await open_browser().sign_in(await world.person("mona", role=role))
    page = (await browser.get("/console")).text
    assert "The disk of /srv/&lt;b&gt; is full: nothing more can be stored." in page.replace("&#x2f;", "/")
    assert "Make room on it, or enlarge it." in page
    assert 'href="/console/runbooks/disk-full"' in page.replace("&#x2f;", "/")
    assert "Now 38%, at most 75%" in page
    assert "<polyline" in page
    assert '<th scope="col">Processor</th>' in page
    assert "Nobody keeps the watch" not in page
    assert ("/console/gate" in page) == (role == accounts.Role.OWNER)


async def test_what_will_be_over_is_told_as_it_was_foreseen_last(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    await watched(world)
    browser = await open_browser().sign_in(await world.person("mona", role=MODERATOR))
    assert "If things go on like this" not in (await browser.get("/console")).text
    foreseen = health.all_signals(Findings(at=utc_now(), disks=(Disk("/srv/<b>", GIB, GIB, full_in_s=4 * 86_400.0),)))
    async with world.services.db.transaction() as tx:
        await health.Minutes().add(tx, foreseen, utc_now())
    page = (await browser.get("/console")).text.replace("&#x2f;", "/")
    assert "If things go on like this" in page
    assert "The disk of /srv/&lt;b&gt; is full in 4.0 d." in page


async def test_the_line_at_the_door_and_the_media_store_are_drawn(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    now = utc_now().replace(second=0, microsecond=0)
    async with world.services.db.transaction() as tx:
        await tx.execute("DELETE FROM gate_minute")
        for minute, waiting in ((3, 900), (2, 1200), (1, 700), (0, 1)):  # the last one still goes on
            await tx.execute(
                "INSERT INTO gate_minute (minute, rate_per_s, binding, received, admitted, waiting)"
                " VALUES ($1, 1, 'cpu', 10, $2, $3)",
                now - timedelta(minutes=minute), 60 - minute, waiting,
            )  # fmt: skip
        store = health.Signal("store", 0.0, 0.0, None, {"took_s": 0.25, "fails": 0.0})
        await health.Minutes().add(tx, {"store": store}, now)
    browser = await open_browser().sign_in(await world.person("mona", role=MODERATOR))
    page = (await browser.get("/console")).text
    lines = {one: page[page.index(f'<h3>{one}</h3>') :].partition("</svg>")[0] for one in (
        "People who wait at the door", "People let in each minute", "The media store answers in",
    )}  # fmt: skip
    assert "Now 700, at most 1,200" in lines["People who wait at the door"]
    assert "Now 59, at most 59" in lines["People let in each minute"]
    assert "Now 0.25 s, at most 0.25 s" in lines["The media store answers in"]


async def test_what_the_time_of_a_request_goes_to_is_told_in_words(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    await watched(world)
    browser = await open_browser().sign_in(await world.person("mona", role=MODERATOR))
    assert "What a request's time goes to" not in (await browser.get("/console")).text.replace("&#39;", "'")
    spent = {"spent@own": 1.2, "spent@sql": 2.0, "spent@hashing": 0.8, "spent@loop": 0.001, "mean_s": 0.04}
    seen = {
        "requests": health.Signal("requests", 100.0, 0.0, None, spent),
        "database": health.Signal("database", 0.0, 0.0, None, {"waiting@locks": 1.0, "waiting@other": 1.0}),
    }
    async with world.services.db.transaction() as tx:
        await health.Minutes().add(tx, seen, utc_now())
    page = (await browser.get("/console")).text.replace("&#39;", "'")
    assert "What a request's time goes to" in page
    rows = re.findall(r"<tr data-key=[^>]*><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", page)
    assert rows == [
        ("its own computing", "12 ms", "30%"),
        ("the database: locks", "10 ms", "25%"),
        ("the database: its work", "10 ms", "25%"),
        ("hashing of passwords", "8 ms", "20%"),
    ]
    assert "A request takes" in page


async def test_it_speaks_french_and_says_when_nobody_watches(world: World, open_browser: Callable[[], Browser]) -> None:
    browser = await open_browser().sign_in(await world.person("olga", role=accounts.Role.OWNER))
    await browser.post("/settings/appearance", {"locale": "fr", "theme": "auto"})
    page = (await browser.get("/console")).text
    assert "Personne ne monte la garde" in page
    await watched(world)
    page = (await browser.get("/console")).text
    assert "est plein\u00a0: plus rien ne peut être gardé." in page
    assert "Personne ne monte la garde" not in page


@pytest.mark.parametrize("table", ["report", "appeal", "job", "safekeeping"])
async def test_what_is_wrong_is_shown_also_where_the_rest_cannot_be_read(
    world: World, open_browser: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(overview, "SECTION_S", 0.5)
    await watched(world)
    browser = await open_browser().sign_in(await world.person("mona", role=MODERATOR))
    async with world.services.db.transaction() as tx:
        await tx.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        page = await browser.get("/console")
    assert page.status_code == 200
    assert "is full: nothing more can be stored." in page.text
    assert page.text.count("This cannot be read now.") == 1
    assert "This cannot be read now." not in (await browser.get("/console")).text


async def test_nothing_is_well_that_nobody_has_looked_at(world: World, open_browser: Callable[[], Browser]) -> None:
    pool, browser = world.services.db.pool, await open_browser().sign_in(await world.person("mona", role=MODERATOR))

    async def told() -> tuple[bool, bool, bool]:
        page = (await browser.get("/console")).text
        return "All is well." in page, "It is not known how things are." in page, "Looked at" in page

    await pool.execute("DELETE FROM health_minute")
    await pool.execute("DELETE FROM health_hour")
    assert await told() == (False, True, False)
    await watched(world)
    await pool.execute("UPDATE incident SET closed_at = seen_at")
    assert await told() == (True, False, True)
    await pool.execute("UPDATE health_minute SET at = at - interval '4 hours'")
    assert await told() == (False, True, True)


async def test_a_page_that_is_open_gets_its_sections_anew_for_what_the_page_costs(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    browser = await open_browser().sign_in(await world.person("mona", role=MODERATOR))
    page = (await browser.get("/console")).text
    assert "data-again=" in page
    await watched(world)
    await settled()
    with world.statements() as whole:
        page = (await browser.get("/console")).text
    with world.statements() as part:
        sections = (await browser.get("/console", **{"HX-Request": "true"})).text
    assert len(part) == len(whole)
    assert "is full: nothing more can be stored." in sections
    assert "<html" not in sections
    assert sections.count("<section") == page.count("<section")
    assert [one for one in re.findall(r'aria-live="(\w+)"', sections) if one != "off"] == ["polite"]


async def test_a_stranger_is_asked_who_they_are_and_a_member_finds_nothing(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    stranger = await world.client.get("/console")
    assert stranger.status_code in (303, 401)
    member = await open_browser().sign_in(await world.person("alice"))
    assert (await member.get("/console")).status_code == 404


async def test_the_owner_has_work_that_was_given_up_tried_again(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    async with world.services.db.transaction() as tx:
        await jobs.enqueue(tx, "mail.nowhere", {"letter": 1})
        await tx.execute("UPDATE job SET parked_at = now() WHERE kind = 'mail.nowhere'")
    browser = await open_browser().sign_in(await world.person("olga", role=accounts.Role.OWNER))
    page = (await browser.get("/console")).text
    assert "1 given up" in page
    assert "Try again" in page
    assert (await browser.post("/console/jobs/retry", {"kind": "mail.nowhere"})).status_code == 303
    assert "1 given up" not in (await browser.get("/console")).text
    assert (await browser.post("/console/jobs/retry", {"kind": "mail.nowhere"})).status_code == 404
    assert "Had work tried again" in (await browser.get("/console/log")).text


async def test_a_drill_that_failed_is_red_on_the_console_and_an_incident(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    pool, now = world.services.db.pool, utc_now()
    moderators = await open_browser().sign_in(await world.person("mona", role=accounts.Role.MODERATOR))
    facts = {"account": 12.0, "post": 300.0, "receipt": 12.0, "copy_age_s": 7200.0}
    async with world.services.db.connection() as db:
        await health.kept_safe(db, "backup", now - timedelta(hours=2), now, "", {"bytes": 5e7})
        await health.kept_safe(db, "drill", now - timedelta(hours=1), now, "", facts)
    well = (await moderators.get("/console")).text
    assert "It failed" not in well
    assert "age of the copy: " in well
    assert "receipts: 12" in well
    async with world.services.db.connection() as db:
        await health.kept_safe(db, "drill", now, now, "checksum mismatch in 1259", {})
    red = (await moderators.get("/console")).text
    assert '<strong class="bad">It failed: checksum mismatch in 1259' in red
    watcher = Watch(world.services.settings)
    for second in (0, 10):
        await watcher.look(now + timedelta(seconds=second))
    assert "backup_broken" in {one.name for one in watcher.book.open}
    assert await pool.fetchval("SELECT count(*) FROM incident WHERE name = 'backup_broken' AND closed_at IS NULL") == 1
    await watcher.close()
