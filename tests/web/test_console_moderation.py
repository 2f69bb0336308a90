"""The pages of moderators: people, posts, reports, appeals; without scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from html import unescape

import pytest

from parvis.base.clock import utc_now
from parvis.console import posts as posts_page
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import NewAccount, Role
from parvis.domain.posts.types import Visibility
from parvis.infra.html.visit import session_cookie
from tests.rig.house import REASON, House, furnished
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser

BADGE = '<span class="badge">%d<span'


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


@pytest.fixture
async def monas(house: House, open_browser: Callable[[], Browser]) -> Browser:
    return await open_browser().sign_in(house.mona)


async def grows_stale(house: House, browser: Browser) -> None:
    """The proof that the browser gave when it signed in is an hour old."""
    assert browser.client.cookies.get(session_cookie(house.world.services.settings))
    await house.world.services.db.pool.execute("UPDATE session SET proved_at = now() - interval '1 hour'")


async def reported(house: House, by: Person, about: Person, **more: object) -> int:
    async with house.world.services.db.transaction() as tx:
        made = await moderation.reports.report(
            tx,
            house.world.services.ids,
            by.id,
            about.id,
            now=utc_now(),
            **more,  # type: ignore[arg-type]
        )
    return made.id


async def test_people_are_found_by_handle_name_and_address_and_sifted(
    house: House, monas: Browser, alice: Person, bob: Person
) -> None:
    await reported(house, bob, alice)
    await house.restricts("limit", bob.id)
    for query, found, not_found in (
        ("q=%40ali", "@alice", "@bob"), ("q=bob%40mail.example", "@bob", "@alice"), ("q=b_b", "Nobody found", "@bob"),
        ("standing=reported", "@alice", "@bob"), ("standing=restricted", "@bob", "@alice"),
        ("standing=staff", "@olga", "@alice"), ("", "1 open report", "Nobody found"),
    ):  # fmt: skip
        page = (await monas.get(f"/console/people?{query}")).text
        assert found in page, query
        assert not_found not in page.replace("@bob", "@bob "), query


async def test_a_moderator_restricts_and_lifts_with_reasons_on_the_page_of_a_person(
    house: House, monas: Browser, alice: Person, alices: Browser
) -> None:
    path = "/console/people/@alice"
    assert (await alices.get(path)).status_code == 404
    form = {"kind": "limit", "rule_id": str(house.rule.id), "reason": REASON}
    for missing, code in (
        ({"reason": "No"}, 422),
        ({"rule_id": ""}, 422),
        ({"rule_id": "7"}, 422),
        ({"kind": ""}, 422),
    ):
        answer = await monas.post(f"{path}/restrict", form | missing)
        assert answer.status_code == code, missing
    assert (await alices.post(f"{path}/restrict", form)).status_code == 404
    done = await monas.post(f"{path}/restrict", form)
    assert done.headers["location"] == path
    page = (await monas.get(path)).text
    for words in ("Reach limited", house.rule.text, REASON, "@mona", "alice@mail.example"):
        assert words in page
    (one,) = await _standing(house, alice)
    lift = f"/console/restrictions/{one.id}/lift"
    assert REASON in (await monas.get(f"{lift}?return_to={path}")).text
    assert (await monas.post(lift, {"reason": "x", "return_to": path})).status_code == 422
    lifted = await monas.post(lift, {"reason": "It was somebody else.", "return_to": path})
    assert lifted.headers["location"] == path
    assert "It was somebody else." in (await monas.get(path)).text
    assert "Lifted a restriction" in (await monas.get("/console/log")).text


async def test_who_restricts_what_is_restricted_already_is_told_so(
    house: House, monas: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    path, already = "/console/people/@alice", "It was in force already"
    form = {"kind": "limit", "rule_id": str(house.rule.id), "reason": REASON}
    for _ in range(2):  # a double click says nothing else than a click
        assert (await monas.post(f"{path}/restrict", form)).status_code == 303
        assert already not in (await monas.get(path)).text
    others = await open_browser().sign_in(house.max)
    for browser, more in ((monas, {"reason": "For another reason now."}), (others, {})):
        assert (await browser.post(f"{path}/restrict", form | more)).status_code == 303
        assert already in (await browser.get(path)).text
    assert (await others.post(f"{path}/restrict", form | {"rule_id": "7"})).status_code == 422
    (one,) = await _standing(house, alice)
    assert (one.reason, one.moderator_id) == (REASON, house.mona.id)


async def test_a_suspension_wants_a_fresh_proof(house: House, monas: Browser, alice: Person) -> None:
    form = {"kind": "suspend", "rule_id": str(house.rule.id), "reason": REASON}
    await grows_stale(house, monas)
    asked = await monas.post("/console/people/@alice/restrict", form)
    assert asked.headers["location"].startswith("/prove?return_to=")
    assert await _standing(house, alice) == []
    await house.world.services.db.pool.execute("UPDATE session SET proved_at = now()")
    await monas.post("/console/people/@alice/restrict", form)
    assert [one.kind for one in await _standing(house, alice)] == ["suspend"]
    assert "Account suspended" in (await monas.get("/console/people/@alice")).text


async def test_a_moderator_helps_with_address_and_password(house: House, monas: Browser) -> None:
    carol = await house.world.person("carol", confirmed=False)
    assert "Confirm the address" in (await monas.get("/console/people/@carol")).text
    assert (await monas.post("/console/people/@carol/confirm")).status_code == 303
    assert "not confirmed" not in (await monas.get("/console/people/@carol")).text
    assert (await carol.get("/api/v1/timelines/home")).status_code == 200
    assert (await monas.post("/console/people/@carol/reset")).status_code == 303
    await house.world.settle()
    letters = [one for one in await house.world.services.mail.outbox() if one.to == "carol@mail.example"]
    assert any("/reset-password?token=" in one.text for one in letters)


async def test_no_letter_for_one_person_goes_to_another_with_the_same_address(
    house: House, monas: Browser, alice: Person
) -> None:
    new = NewAccount(handle="carol", email="alice@mail.example", password_hash=None)
    async with house.world.services.db.transaction() as tx:
        await accounts.create(tx, house.world.services.ids, new=new, now=utc_now())
    assert (await monas.post("/console/people/@carol/reset")).status_code == 409
    await house.world.settle()
    assert await house.world.services.mail.outbox() == []
    page = (await monas.get("/console/log")).text
    assert "account.reset" not in page
    assert (await monas.post("/console/people/@alice/reset")).status_code == 303


async def test_posts_open_by_address_if_they_are_for_everybody_or_reported(
    house: House, monas: Browser, alice: Person, bob: Person
) -> None:
    open_post, closed = await alice.says("Bread for all"), await alice.says("Salt", visibility=Visibility.FOLLOWERS)
    await house.world.settle()
    assert "Bread for all" in (await monas.get("/console/posts?q=bread")).text
    led = await monas.get(f"/console/posts?q=http://parvis.test/@alice/{open_post}")
    assert led.headers["location"] == f"/console/posts/{open_post}"
    assert (await monas.get(f"/console/posts/{closed}")).status_code == 404
    await house.world.follows(bob, alice)
    await reported(house, bob, alice, post_ids=[closed])
    assert "Salt" in (await monas.get(f"/console/posts/{closed}")).text
    form = {"kind": "withhold", "rule_id": str(house.rule.id), "reason": REASON}
    assert (await monas.post(f"/console/posts/{open_post}/restrict", form)).status_code == 303
    assert (await bob.get(f"/api/v1/statuses/{open_post}")).status_code == 404
    assert "Withheld" in (await monas.get(f"/console/posts/{open_post}")).text


async def test_words_find_every_post_and_numbers_are_words_too(
    house: House, monas: Browser, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts_page, "LIMIT", 2)
    made = [await alice.says(f"Bread number {number} of 2024, open 24/7") for number in range(5)]
    await house.world.settle()
    for query in ("bread", "2024", "24/7"):
        seen: list[int] = []
        path: str | None = f"/console/posts?q={query}"
        while path:
            answer = await monas.get(path)
            assert answer.status_code == 200, path
            seen += [int(one) for one in re.findall(r'href="/console/posts/(\d+)"', answer.text)]
            more = re.search(r'class="more" href="([^"]+)"', answer.text)
            path = unescape(more[1]) if more else None
        assert seen == made[::-1], query
    assert "Nothing found" in (await monas.get(f"/console/posts?q=http://parvis.test/@alice/{made[0] - 1}")).text


async def test_a_report_is_decided_in_one_place(
    house: House, monas: Browser, alice: Person, bob: Person, bobs: Browser
) -> None:
    post = await alice.says("Bob is a fool")
    first = await reported(house, bob, alice, post_ids=[post], comment="See for yourself")
    second = await reported(house, bob, alice, comment="And again")
    page = (await monas.get("/console/reports")).text
    assert page.index("See for yourself") < page.index("And again")
    assert BADGE % 2 in page
    assert (await bobs.get("/console/reports")).status_code == 404
    shown = (await monas.get(f"/console/reports/{first}")).text
    assert "Bob is a fool" in shown
    assert f"withhold:{post}" in shown
    form = {"kind": f"withhold:{post}", "rule_id": str(house.rule.id), "reason": REASON}
    assert (await monas.post(f"/console/reports/{second}/restrict", form)).status_code == 404  # not of this report
    assert (await monas.post(f"/console/reports/{first}/restrict", form)).headers["location"] == "/console/reports"
    assert (await monas.post(f"/console/reports/{second}/dismiss", {"answer": "no"})).status_code == 422
    assert (
        await monas.post(f"/console/reports/{second}/dismiss", {"answer": "Nothing was named here."})
    ).status_code == 303
    assert "Nothing waits" in (await monas.get("/console/reports")).text
    assert 'class="badge">' not in (await monas.get("/console/people")).text
    assert "@mona" in (await monas.get(f"/console/reports/{second}")).text
    assert (await bob.get(f"/api/v1/statuses/{post}")).status_code == 404


@pytest.mark.parametrize("table", ["report", "appeal", "restriction"])
async def test_pages_of_staff_are_shown_while_what_waits_cannot_be_counted(
    house: House, monas: Browser, alice: Person, bob: Person, table: str
) -> None:
    await reported(house, bob, alice)
    paths = ("/home", "/console/log", "/console/posts")
    async with house.world.services.db.transaction() as tx:
        await tx.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        pages = await asyncio.gather(*(monas.get(path) for path in paths))
        pages += [await monas.get(path) for path in paths]
    assert [one.status_code for one in pages] == [200] * 6
    assert not any('class="badge">' in one.text for one in pages)
    async with house.world.services.db.transaction() as tx:
        async with house.world.services.db.transaction() as other:
            await other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            assert await moderation.waiting_beside(tx, house.mona.id) is None
        assert await moderation.waiting_beside(tx, house.mona.id) == moderation.Waiting(1, 0)
    for path in paths:
        assert BADGE % 1 in (await monas.get(path)).text


async def test_a_report_keeps_the_rule_that_it_names_in_the_words_that_held(
    house: House, monas: Browser, alice: Person, bob: Person
) -> None:
    told = await reported(house, bob, alice, rule_ids=[house.rule.id])
    async with house.world.services.db.transaction() as tx:
        ids = house.world.services.ids
        await moderation.house_rules.change(tx, ids, house.rule.id, text="Be good.", now=utc_now())
    page = (await monas.get(f"/console/reports/{told}")).text
    assert f'<p dir="auto">{house.rule.text}</p>' in page
    assert '<p dir="auto">Be good.</p>' not in page


async def test_staff_who_are_reported_do_not_learn_of_it(
    house: House, monas: Browser, bob: Person, open_browser: Callable[[], Browser]
) -> None:
    told = await reported(house, bob, house.mona, comment="She shouts")
    form = {"kind": "limit", "rule_id": str(house.rule.id), "reason": REASON}
    for path in (
        "/console/reports", "/console/people/@mona", "/console", "/console/people", "/console/people?standing=reported",
    ):  # fmt: skip
        page = (await monas.get(path)).text
        for words in ("She shouts", "@bob · ", f"/reports/{told}", "1 open report", "1 report waits", BADGE % 1):
            assert words not in page, (path, words)
    assert "Nobody found" in page
    here = f"/console/reports/{told}"
    answers = [await monas.get(here), await monas.post(f"{here}/dismiss", {"answer": REASON})]
    answers += [await monas.post(f"{here}/dismiss"), await monas.post(f"{here}/restrict", form)]
    answers += [await monas.post(f"{here}/restrict")]
    assert [one.status_code for one in answers] == [404] * 5
    assert "parvis report list" not in (await monas.get("/console/reports")).text
    olgas = await open_browser().sign_in(house.olga)
    page = (await olgas.get("/console/reports")).text
    assert "She shouts" in page
    assert "parvis report list" in page
    assert "@bob" in (await olgas.get(here)).text
    assert "1 open report" in (await olgas.get("/console/people")).text


async def test_an_appeal_waits_for_somebody_else(
    house: House, monas: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    post = await alice.says("Bob is a fool")
    one = await house.restricts("withhold", alice.id, post)
    async with house.world.services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="Another <Bob>", now=utc_now())
    page = (await monas.get("/console/appeals")).text
    assert "Another &lt;Bob&gt;" in page
    assert "You decided this" in page
    assert 'class="badge">' not in page  # it waits for others
    assert "Can decide: @olga, @max" in page
    assert "Nobody here can decide" not in page
    decided = {"decision": "lift", "answer": "It is another Bob."}
    decide = f"/console/appeals/{one.id}/decide"
    assert (await monas.post(decide, decided)).status_code == 403
    others = await open_browser().sign_in(house.max)
    assert BADGE % 1 in (await others.get("/console/reports")).text
    assert (await others.post(decide, decided | {"answer": "ok"})).status_code == 422
    assert (await others.post(decide, decided)).status_code == 303
    assert "Nothing waits" in (await others.get("/console/appeals")).text
    assert (await house.olga.get(f"/api/v1/statuses/{post}")).status_code == 200


async def test_where_nobody_else_could_decide_about_an_appeal_both_sides_are_told(
    house: House, monas: Browser, alice: Person, alices: Browser, open_browser: Callable[[], Browser]
) -> None:
    post = await alice.says("Bob is a fool")
    one = await house.restricts("withhold", alice.id, post)
    async with house.world.services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="Another Bob", now=utc_now())
        await tx.execute("UPDATE login SET role = 0 WHERE account_id = $1", house.olga.id)
        await tx.execute("UPDATE account SET frozen = true WHERE id = $1", house.max.id)
    page = (await monas.get("/console/appeals")).text
    assert "Nobody here can decide" in page
    assert f"/console/restrictions/{one.id}/lift" in page
    assert "nobody here but who restricted could" in (await alices.get("/settings/standing")).text
    await house.world.services.db.pool.execute("UPDATE account SET frozen = false WHERE id = $1", house.max.id)
    assert "nobody here but who restricted could" not in (await alices.get("/settings/standing")).text


async def test_an_appeal_of_staff_waits_for_those_above_it_alone(
    house: House, monas: Browser, open_browser: Callable[[], Browser]
) -> None:
    otto = await house.world.person("otto", role=Role.OWNER)
    one = await house.restricts("limit", house.max.id, by=house.olga)
    async with house.world.services.db.transaction() as tx:
        await moderation.appeal(tx, house.max.id, one.id, text="It was a joke", now=utc_now())
    page = (await monas.get("/console/appeals")).text
    assert "Can decide: @otto" in page
    assert f"/console/appeals/{one.id}/decide" not in page
    assert 'class="badge">' not in page
    ottos = await open_browser().sign_in(otto)
    assert BADGE % 1 in (await ottos.get("/home")).text
    assert f"/console/appeals/{one.id}/decide" in (await ottos.get("/console/appeals")).text


async def _standing(house: House, person: Person) -> list[moderation.Restriction]:
    async with house.world.services.db.connection() as db:
        return await moderation.standing(db, person.id)
