"""Group D of the security cases, as far as it is about restrictions: who may act upon whom, and what is left to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from parvis.base.clock import iso_ms, utc_now
from parvis.domain import moderation
from parvis.domain.moderation import log
from parvis.worker.run import drain
from tests.rig.house import REASON, House, furnished
from tests.rig.people import Person, decoded
from tests.rig.streams import knock, socket_of
from tests.rig.world import World
from tests.web.conftest import Browser


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


# ── D1: nobody acts upon their own rank or a higher one ──


async def test_d1_pages_of_moderators_act_on_those_below_alone_and_every_refusal_is_in_the_log(
    house: House, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    monas = await open_browser().sign_in(house.mona)
    form = {"kind": "limit", "rule_id": str(house.rule.id), "reason": REASON}
    for whom in ("mona", "max", "olga"):
        for act, fields in (("restrict", form), ("confirm", {}), ("reset", {})):
            answer = await monas.post(f"/console/people/@{whom}/{act}", fields)
            assert answer.status_code == 403, (whom, act)
    one = await house.restricts("limit", house.max.id, by=house.olga)
    lift = await monas.post(f"/console/restrictions/{one.id}/lift", {"reason": "He is a friend of mine."})
    assert lift.status_code == 403
    async with house.world.services.db.connection() as db:
        refused = [entry for entry in await log.entries(db, limit=50) if entry.refused]
        assert (await moderation.restriction(db, one.id)).lifted_at is None
    assert len(refused) == 10
    assert {entry.actor_id for entry in refused} == {house.mona.id}
    assert {entry.act for entry in refused} == {
        "account.limit", "account.confirm", "account.reset", "restriction.lift",
    }  # fmt: skip


# ── D2: acts by another's hand, and what people wrote on pages of moderators ──


async def test_d2_what_people_wrote_stays_text_and_no_foreign_form_acts(
    house: House, alice: Person, bob: Person, open_browser: Callable[[], Browser]
) -> None:
    evil = "<script>alert(1)</script>"
    services = house.world.services
    await services.db.pool.execute("UPDATE account SET display_name = $2, note = $2 WHERE id = $1", alice.id, evil)
    post = await alice.says(evil)
    async with services.db.transaction() as tx:
        report = await moderation.reports.report(
            tx, services.ids, bob.id, alice.id, post_ids=[post], comment=evil, now=utc_now()
        )
    one = await house.restricts("withhold", alice.id, post, reason=f"It says {evil}", report_id=report.id)
    async with services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text=evil, now=utc_now())
    owners = await open_browser().sign_in(house.olga)
    for path in (
        "/console/people", "/console/people/@alice", "/console/posts?q=alert", f"/console/posts/{post}",
        f"/console/reports/{report.id}", "/console/appeals", f"/console/restrictions/{one.id}/lift",
    ):  # fmt: skip
        page = await owners.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
    for path in (f"/console/appeals/{one.id}/decide", f"/console/restrictions/{one.id}/lift"):
        forged = await owners.client.post(
            path,
            data={"decision": "lift", "answer": REASON, "reason": REASON, "form_token": await owners.token()},
            headers={"Origin": "https://evil.example"},
        )
        assert forged.status_code == 403
        bare = await owners.client.post(
            path,
            data={"decision": "lift", "answer": REASON, "reason": REASON},
            headers={"Origin": "http://parvis.test"},
        )
        assert bare.status_code == 403
    async with services.db.connection() as db:
        assert (await moderation.restriction(db, one.id)).lifted_at is None


# ── D3: nothing from or to a suspended account passes ──


async def test_d3_nothing_from_or_to_a_suspended_account_passes(
    house: House, alice: Person, bob: Person, alices: Browser, stranger: Browser
) -> None:
    world = house.world
    await world.follows(bob, alice)
    await world.follows(alice, bob)
    post = await alice.says("Bread from alice #bread")
    quoted = decoded(await bob.post("/api/v1/statuses", {"status": "See", "quoted_status_id": str(post)}))
    boost = decoded(await bob.post(f"/api/v1/statuses/{post}/reblog"))
    later = iso_ms(utc_now() + timedelta(minutes=6))
    waiting = decoded(await alice.post("/api/v1/statuses", {"status": "For later", "scheduled_at": later}))
    archive = await alices.post("/settings/data/archive")
    assert archive.status_code == 303
    await world.settle()
    socket, _ = await knock(world, query="stream=user", authorization=f"Bearer {alice.token}")

    await house.restricts("suspend", alice.id)

    assert await socket.closed(within_s=6) == 1008
    await socket.end()
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/home", "/api/v1/notifications"):
        assert (await alice.get(path)).status_code == 403, path
    assert (await alice.post("/api/v1/statuses", {"status": "Still here"})).status_code == 403
    for reader in (bob, house.mona):
        for path in (
            f"/api/v1/statuses/{post}", f"/api/v1/statuses/{boost['id']}",
        ):  # fmt: skip
            assert (await reader.get(path)).status_code == 404, path
    for path in (
        "/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/tag/bread",
        f"/api/v1/accounts/{bob.id}/statuses", f"/api/v1/accounts/{alice.id}/statuses", "/api/v1/notifications",
        f"/api/v1/statuses/{quoted['id']}",
    ):  # fmt: skip
        assert "Bread from alice" not in (await bob.get(path)).text, path
    assert "Bread from alice" not in (await stranger.get("/public")).text
    async with world.services.db.transaction() as tx:
        due = utc_now() - timedelta(seconds=1)
        await tx.execute("UPDATE scheduled_post SET due_at = $1", due)
        await tx.execute("UPDATE job SET due_at = $1 WHERE due_at > $1", due)
    await bob.says("@alice are you there?")
    decoded(await bob.post("/api/v1/statuses", {"status": "@alice hello"}))
    await drain(world.services)
    pool = world.services.db.pool
    assert await pool.fetchval("SELECT count(*) FROM post WHERE text = 'For later'") == 0, waiting
    told = [one.subject for one in await world.services.mail.outbox()]
    assert told == ["A decision about your account at Parvis"]  # and of nothing else
    assert (await bob.post(f"/api/v1/accounts/{alice.id}/follow")).status_code in (403, 404)
    assert (await alices.get("/home")).status_code == 403
    assert (await alices.get("/settings/data")).status_code == 200  # what is theirs they may take along


@pytest.mark.parametrize("kind", ["freeze", "suspend"])
async def test_d3_an_app_gets_no_new_way_in(house: House, alice: Person, alices: Browser, kind: Any) -> None:
    await house.restricts(kind, alice.id)
    assert (await alice.get("/api/v1/timelines/home")).status_code == 403
    assert (
        await alices.post("/oauth/authorize", {"form_token": await alices.token("/settings/standing")})
    ).status_code in (
        400,
        403,
    )


async def test_d3_a_withheld_post_ends_on_open_streams_and_in_remembered_answers(
    house: House, alice: Person, bob: Person
) -> None:
    world = house.world
    await world.follows(bob, alice)
    post = await alice.says("Bread from alice")
    await world.settle()
    for _ in range(2):  # the second answer is remembered
        assert "Bread from alice" in (await bob.get("/api/v1/timelines/home")).text
    async with socket_of(world, bob, "user") as socket:
        one = await house.restricts("withhold", alice.id, post)
        assert "Bread from alice" not in (await bob.get("/api/v1/timelines/home")).text
        await world.settle()
        frame = await socket.frame()
        assert (frame["event"], frame["payload"]) == ("delete", str(post))
    await house.lifts(one)
    assert "Bread from alice" in (await bob.get("/api/v1/timelines/home")).text
