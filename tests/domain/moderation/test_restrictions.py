"""Restrictions and appeals: what the database demands, who may act, what takes effect, who is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Conflict, Forbidden, Invalid, NotFound
from parvis.base.ids import PostId
from parvis.domain import accounts, moderation, posts
from parvis.domain.accounts.types import Role, State
from parvis.domain.moderation import house_rules, letters, log, reports, restriction_rules
from parvis.domain.posts.types import Draft, Visibility
from tests.rig.house import REASON, House, furnished
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


@pytest.fixture
async def alice(world: World) -> Person:
    return await world.person("alice")


@pytest.fixture
async def bob(world: World) -> Person:
    return await world.person("bob")


async def states(world: World, person: Person) -> tuple[State, bool]:
    row = await world.services.db.pool.fetchrow("SELECT state, frozen FROM account WHERE id = $1", person.id)
    return State(row["state"]), row["frozen"]


async def acts(world: World) -> list[tuple[str, bool]]:
    async with world.services.db.connection() as db:
        return [(one.act, one.refused) for one in await log.entries(db, limit=50)]


async def appeals_are_over(house: House) -> None:
    """The time in which anything could be appealed has passed."""
    pool = house.world.services.db.pool
    await pool.execute("ALTER TABLE restriction DISABLE TRIGGER stands")  # time is a column here
    await pool.execute("UPDATE restriction SET appeal_until = now() - interval '1 minute'")
    await pool.execute("ALTER TABLE restriction ENABLE TRIGGER stands")


# ── what the database demands ──


COLUMNS: dict[str, Any] = {
    "id": 1,
    "account_id": 7,
    "kind": "limit",
    "reason": REASON,
    "moderator_id": 8,
    "made_at": utc_now(),
    "appeal_until": utc_now() + timedelta(days=30),
}


UNFAIR: dict[str, dict[str, Any]] = {
    "no rule": {"rule_id": None},
    "a rule that is not there": {"rule_id": 12},
    "other words than the rule has": {"rule_text": "Be silent."},
    "no reason": {"reason": None},
    "a reason of spaces": {"reason": " " * 40},
    "a reason of one word": {"reason": "Because"},
    "oneself": {"moderator_id": 7},
    "a kind for posts without a post": {"kind": "withhold"},
    "a kind for accounts with a post": {"post_id": 5},
    "another kind": {"kind": "shun"},
    "no time to appeal": {"appeal_until": COLUMNS["made_at"]},
}
REFUSALS = (asyncpg.CheckViolationError, asyncpg.NotNullViolationError, asyncpg.ForeignKeyViolationError)


async def test_no_restriction_is_stored_without_what_makes_it_fair(world: World) -> None:
    async with world.services.db.transaction() as tx:
        rule = await house_rules.add(tx, world.services.ids, text="Be kind.", now=utc_now())
    for what, change in {**UNFAIR, "": {}}.items():
        values = {**COLUMNS, "rule_id": rule.id, "rule_text": rule.text} | change
        places = ", ".join(f"${n + 1}" for n in range(len(values)))
        insert = f"INSERT INTO restriction ({', '.join(values)}) VALUES ({places})"
        try:
            await world.services.db.pool.execute(insert, *values.values())
        except REFUSALS:
            assert what, "one that lacks nothing is stored"
        else:
            assert not what, what


async def test_a_rule_that_was_removed_can_break_nobody(house: House, alice: Person) -> None:
    async with house.world.services.db.transaction() as tx:
        await house_rules.remove(tx, house.rule.id, now=utc_now())
    with pytest.raises(Invalid) as refused:
        await house.restricts("limit", alice.id)
    assert refused.value.code == "unknown_rule"
    assert await states(house.world, alice) == (State.ACTIVE, False)


async def test_what_was_said_stays_said(house: House, alice: Person) -> None:
    one = await house.restricts("limit", alice.id)
    pool = house.world.services.db.pool
    for change in ("reason = 'Another reason than before'", "moderator_id = 1", "rule_text = 'x'", "kind = 'freeze'",
                   "evidence = '{}'", "evidence = NULL"):  # fmt: skip
        with pytest.raises(asyncpg.CheckViolationError):
            await pool.execute(f"UPDATE restriction SET {change} WHERE id = $1", one.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("DELETE FROM restriction WHERE id = $1", one.id)


async def test_the_database_lets_nobody_judge_an_appeal_against_themselves(house: House, alice: Person) -> None:
    one = await house.restricts("limit", alice.id)
    async with house.world.services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="I named nobody.", now=utc_now())
    for judge in (house.mona, alice):
        with pytest.raises(asyncpg.CheckViolationError):
            await house.world.services.db.pool.execute(
                "UPDATE appeal SET decided_at = now(), decided_by_id = $2, lifts = false, answer = 'It stays as it is'"
                " WHERE restriction_id = $1",
                one.id,
                judge.id,
            )


# ── who may act ──


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("subject", Role)
def test_staff_acts_on_those_below_alone(actor: Role, subject: Role) -> None:
    if actor > Role.MEMBER and actor > subject:
        restriction_rules.check_rank(actor, subject)
        return
    with pytest.raises(Forbidden):
        restriction_rules.check_rank(actor, subject)


async def test_who_is_refused_changes_nothing_and_it_is_in_the_log(house: House, alice: Person, bob: Person) -> None:
    for actor, subject in (
        (bob, alice), (house.mona, house.mona), (house.mona, house.max), (house.mona, house.olga), (house.olga, house.olga),
    ):  # fmt: skip
        with pytest.raises(moderation.Refused):
            await house.restricts("suspend", subject.id, by=actor)
        assert await states(house.world, subject) == (State.ACTIVE, False)
    assert await acts(house.world) == [("account.suspend", True)] * 5
    assert await house.world.services.db.pool.fetchval("SELECT count(*) FROM restriction") == 0
    await house.restricts("limit", house.mona.id, by=house.olga)
    assert await states(house.world, house.mona) == (State.LIMITED, False)


# ── what takes effect ──


async def test_restrictions_of_an_account_add_up_and_end_one_by_one(house: House, alice: Person) -> None:
    limit = await house.restricts("limit", alice.id)
    suspend = await house.restricts("suspend", alice.id)
    freeze = await house.restricts("freeze", alice.id)
    assert await states(house.world, alice) == (State.SUSPENDED, True)
    await house.lifts(suspend)
    assert await states(house.world, alice) == (State.LIMITED, True)
    await house.lifts(limit, by=house.max)
    await house.lifts(limit)  # again: nothing happens
    assert await states(house.world, alice) == (State.ACTIVE, True)
    await house.lifts(freeze)
    assert await states(house.world, alice) == (State.ACTIVE, False)
    assert [act for act, _ in await acts(house.world)] == [
        "restriction.lift", "restriction.lift", "restriction.lift", "account.freeze", "account.suspend", "account.limit",
    ]  # fmt: skip


async def test_what_is_asked_for_again_or_at_once_happens_once(house: House, alice: Person) -> None:
    done = await asyncio.gather(*(house.restricts("limit", alice.id) for _ in range(4)))
    again = await house.restricts("limit", alice.id, by=house.max)
    assert {one.id for one in done} == {again.id}
    pool = house.world.services.db.pool
    assert await pool.fetchval("SELECT count(*) FROM restriction") == 1
    assert await pool.fetchval("SELECT count(*) FROM job WHERE kind = $1", letters.STATEMENT_JOB) == 1
    assert await acts(house.world) == [("account.limit", False)]


async def test_a_withheld_post_is_its_authors_alone_and_counts_nowhere(
    house: House, alice: Person, bob: Person
) -> None:
    first = await bob.says("A question")
    post = await alice.says("@bob An answer #bread", in_reply_to_id=first)
    reply = await bob.says("And on", in_reply_to_id=post)
    await house.world.settle()
    one = await house.restricts("withhold", alice.id, post)
    await house.world.settle()

    def shown(answer: Any) -> list[str]:
        return [item["id"] for item in decoded(answer)]

    async def numbers() -> tuple[int, int]:
        counted = decoded(await bob.get(f"/api/v1/statuses/{first}"))["replies_count"]
        return counted, decoded(await bob.get(f"/api/v1/accounts/{alice.id}"))["statuses_count"]

    assert (await bob.get(f"/api/v1/statuses/{post}")).status_code == 404
    assert decoded(await alice.get(f"/api/v1/statuses/{post}"))["visibility"] == "direct"
    assert shown(await bob.get(f"/api/v1/accounts/{alice.id}/statuses")) == []
    assert shown(await alice.get(f"/api/v1/accounts/{alice.id}/statuses")) == [str(post)]
    assert decoded(await bob.get(f"/api/v1/statuses/{reply}"))["in_reply_to_id"] is None
    assert await numbers() == (0, 0)
    await house.lifts(one)
    await house.world.settle()
    assert decoded(await bob.get(f"/api/v1/statuses/{post}"))["visibility"] == "public"
    assert decoded(await bob.get(f"/api/v1/statuses/{reply}"))["in_reply_to_id"] == str(post)
    assert str(post) in shown(await bob.get("/api/v1/timelines/tag/bread"))
    assert await numbers() == (1, 1)


@pytest.mark.parametrize("ending", ["lifted", "removed"])
async def test_a_withheld_post_is_counted_once_when_it_goes_for_good(house: House, alice: Person, ending: str) -> None:
    post = await alice.says("Words")
    await alice.says("Others")
    one = await house.restricts("withhold", alice.id, post)
    if ending == "lifted":
        await house.lifts(one)
    async with house.world.services.db.transaction() as tx:
        await posts.remove(tx, alice.id, post, now=utc_now())
    if ending == "removed":
        await house.lifts(one)
    assert decoded(await alice.get(f"/api/v1/accounts/{alice.id}"))["statuses_count"] == 1


async def test_what_moderators_marked_stays_sensitive_through_edits_until_it_is_lifted(
    house: House, alice: Person
) -> None:
    post = await alice.says("A picture of sorts")
    one = await house.restricts("warn_media", alice.id, post)

    async def sensitive() -> bool:
        return decoded(await alice.get(f"/api/v1/statuses/{post}"))["sensitive"]

    assert await sensitive()
    async with house.world.services.db.transaction() as tx:
        await posts.edit(
            tx, alice.id, post, draft=Draft(text="Other words"), limits=posts.Limits(), domain="x", now=utc_now()
        )
    assert await sensitive()
    await house.lifts(one)
    assert not await sensitive()


async def test_nobody_publishes_for_nobody(alice: Person) -> None:
    assert (await alice.post("/api/v1/statuses", {"status": "x", "visibility": "withheld"})).status_code == 422
    assert Visibility.WITHHELD not in [Visibility(n) for n in range(4)]


# ── who is told, and what is kept ──


async def test_whoever_is_restricted_reads_rule_reason_and_way_out(house: House, alice: Person) -> None:
    post = await alice.says("Bob is a fool")
    one = await house.restricts("withhold", alice.id, post)
    await house.world.settle()
    (letter,) = await house.world.services.mail.outbox()
    assert letter.to == "alice@mail.example"
    for words in (house.rule.text, REASON, "Nobody but you sees it.", "/settings/standing"):
        assert words in letter.text
    assert "mona" not in letter.text
    (note,) = decoded(await alice.get("/api/v1/notifications"))
    warning = note["moderation_warning"]
    assert (note["type"], note["account"]["id"]) == ("moderation_warning", str(alice.id))
    assert (warning["id"], warning["action"], warning["status_ids"]) == (str(one.id), "delete_statuses", [str(post)])
    assert REASON in warning["text"]
    assert warning["appeal"] is None
    groups = decoded(await alice.get("/api/v2/notifications"))["notification_groups"]
    assert groups[0]["moderation_warning"] == warning
    await house.lifts(one)
    await house.world.settle()
    assert len(await house.world.services.mail.outbox()) == 2


async def test_evidence_is_kept_by_value_until_nobody_can_ask_for_it(house: House, alice: Person) -> None:
    post = await alice.says("Bob is a fool")
    long_ago = utc_now() - timedelta(days=31)
    old = await house.restricts("withhold", alice.id, post, now=long_ago)
    new = await house.restricts("limit", alice.id)
    async with house.world.services.db.transaction() as tx:
        await posts.remove(tx, alice.id, post, now=utc_now())
    async with house.world.services.db.transaction() as tx:
        kept = await moderation.restriction(tx, old.id)
        assert kept.evidence is not None
        assert kept.evidence.posts[0].text == "Bob is a fool"
    assert await moderation.evidence.let_go(house.world.services, now=utc_now()) == 1
    async with house.world.services.db.connection() as tx:
        assert (await moderation.restriction(tx, old.id)).evidence is None
        profile = (await moderation.restriction(tx, new.id)).evidence
    assert profile is not None
    assert profile.person is not None
    assert profile.person.handle == "alice"


async def test_evidence_waits_for_an_appeal_to_be_decided(house: House, alice: Person) -> None:
    made = utc_now() - timedelta(days=29)
    one = await house.restricts("limit", alice.id, now=made)
    async with house.world.services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="I named nobody.", now=utc_now())
    assert await moderation.evidence.let_go(house.world.services, now=utc_now() + timedelta(days=2)) == 0


async def test_pictures_are_kept_as_long_as_the_evidence_that_shows_them(house: House, alice: Person) -> None:
    services = house.world.services

    async def pictured() -> tuple[PostId, str]:
        sent = await alice.client.post(
            "/api/v2/media", files={"file": ("a.png", png(32, 24), "image/png")}, headers=alice.headers
        )
        made = decoded(await alice.post("/api/v1/statuses", {"status": "Look", "media_ids": [decoded(sent)["id"]]}))
        return PostId(int(made["id"])), made["media_attachments"][0]["url"].removeprefix("http://parvis.test")

    (judged, kept), (free, gone) = await pictured(), await pictured()
    one = await house.restricts("withhold", alice.id, judged, now=utc_now() - timedelta(days=29))
    for post in (judged, free):
        async with services.db.transaction() as tx:
            await posts.remove(tx, alice.id, post, now=utc_now())
    await house.world.settle()
    aside = f"withheld{kept.removeprefix('/media')}"
    assert [(await alice.client.get(path)).status_code for path in (gone, kept)] == [404, 404]
    assert (await services.storage.open(aside)).size_bytes > 0
    async with services.db.connection() as db:
        evidence = (await moderation.restriction(db, one.id)).evidence
    assert evidence is not None
    assert evidence.posts[0].attachments[0].key in kept
    await appeals_are_over(house)
    assert await moderation.evidence.let_go(services, now=utc_now()) == 1
    with pytest.raises(NotFound):
        await services.storage.open(aside)


# ── reports ──


async def test_a_report_keeps_what_it_shows_and_tells_its_maker_what_became_of_it(
    house: House, alice: Person, bob: Person
) -> None:
    post = await alice.says("Bob is a fool")
    for number in (1, 2):
        async with house.world.services.db.transaction() as tx:
            made = await reports.report(
                tx, house.world.services.ids, bob.id, alice.id, post_ids=[post] if number == 1 else [], now=utc_now()
            )
        if number == 1:
            first = made
    async with house.world.services.db.transaction() as tx:
        await posts.remove(tx, alice.id, post, now=utc_now())
    one = await house.restricts("limit", alice.id, report_id=first.id)
    assert one.evidence is not None
    assert [kept.text for kept in one.evidence.posts] == ["Bob is a fool"]
    await reports.dismiss(
        house.world.services, house.max.id, made.id, answer="Nothing here breaks a rule.", now=utc_now()
    )
    await house.world.settle()
    told = {letter.to: letter.text for letter in await house.world.services.mail.outbox() if "told us" in letter.text}
    assert list(told) == ["bob@mail.example"]
    async with house.world.services.db.connection() as db:
        assert await reports.waiting(db) == []
        decided = await reports.one(db, first.id)
    assert (decided.outcome, decided.decided_by_id, decided.answer) == ("restricted", house.mona.id, REASON)


async def test_nobody_decides_about_a_report_of_their_own(house: House, alice: Person) -> None:
    async with house.world.services.db.transaction() as tx:
        made = await reports.report(tx, house.world.services.ids, house.mona.id, alice.id, now=utc_now())
    with pytest.raises(Forbidden):
        await house.restricts("limit", alice.id, report_id=made.id)
    assert await states(house.world, alice) == (State.ACTIVE, False)
    with pytest.raises(NotFound):
        await house.restricts("limit", house.max.id, by=house.olga, report_id=made.id)


async def test_only_somebody_above_them_finds_staff_without_fault(house: House, bob: Person) -> None:
    services = house.world.services
    async with services.db.transaction() as tx:
        made = await reports.report(tx, services.ids, bob.id, house.max.id, now=utc_now())
    verdict: dict[str, Any] = {"answer": "Nothing here breaks a rule.", "now": utc_now()}
    async with services.db.connection() as db:
        waiting = [(await moderation.waiting_for(db, one.id)).reports for one in (house.mona, house.max, house.olga)]
    assert waiting == [0, 0, 1]
    with pytest.raises(moderation.Refused):
        await reports.dismiss(services, house.mona.id, made.id, **verdict)
    assert ("report.dismiss", True) in await acts(house.world)
    await reports.dismiss(services, house.olga.id, made.id, **verdict)
    async with services.db.connection() as db:
        assert (await reports.one(db, made.id)).decided_by_id == house.olga.id


async def test_another_owner_finds_an_owner_without_fault_and_nobody_themselves(house: House, bob: Person) -> None:
    services = house.world.services
    otto = await house.world.person("otto", role=Role.OWNER)
    async with services.db.transaction() as tx:
        made = await reports.report(tx, services.ids, bob.id, house.olga.id, now=utc_now())
    verdict: dict[str, Any] = {"answer": "Nothing here breaks a rule.", "now": utc_now()}
    async with services.db.connection() as db:
        waiting = [(await moderation.waiting_for(db, one.id)).reports for one in (house.mona, house.olga, otto)]
    assert waiting == [0, 0, 1]
    for one in (house.mona, house.olga):
        with pytest.raises(moderation.Refused):
            await reports.dismiss(services, one.id, made.id, **verdict)
    await reports.dismiss(services, otto.id, made.id, **verdict)


# ── appeals ──


async def test_an_appeal_is_judged_once_by_somebody_else_and_its_maker_is_told(house: House, alice: Person) -> None:
    one = await house.restricts("limit", alice.id)
    services = house.world.services
    async with services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="I named nobody.", now=utc_now())
    async with services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text=" I named nobody.", now=utc_now())
        with pytest.raises(Conflict):
            await moderation.appeal(tx, alice.id, one.id, text="Once more", now=utc_now())
    verdict: dict[str, Any] = {"lifts": True, "answer": "No name is in the post.", "now": utc_now()}
    with pytest.raises(moderation.Refused):
        await moderation.decide_appeal(services, house.mona.id, one.id, **verdict)
    with pytest.raises(moderation.Refused):
        await moderation.decide_appeal(services, alice.id, one.id, **verdict)
    for _ in range(2):
        await moderation.decide_appeal(services, house.max.id, one.id, **verdict)
    assert [act for act, refused in await acts(house.world) if not refused] == ["appeal.lift", "account.limit"]
    assert await states(house.world, alice) == (State.ACTIVE, False)
    with pytest.raises(NotFound):
        await moderation.decide_appeal(services, house.max.id, one.id, **{**verdict, "lifts": False})
    with pytest.raises(NotFound):
        await moderation.decide_appeal(services, house.olga.id, one.id, **verdict)
    async with services.db.connection() as db:
        (found,) = await moderation.standing(db, alice.id)
        assert await moderation.open_appeals(db) == []
    assert found.appeal is not None
    assert (found.appeal.lifts, found.lifted_by_id, found.lifted_why) == (True, house.max.id, verdict["answer"])
    await house.world.settle()
    assert any("No name is in the post." in letter.text for letter in await services.mail.outbox())


async def test_only_ones_own_restriction_can_be_appealed_and_only_in_time(
    house: House, alice: Person, bob: Person
) -> None:
    old = await house.restricts("limit", alice.id, now=utc_now() - timedelta(days=31))
    async with house.world.services.db.transaction() as tx:
        with pytest.raises(NotFound):
            await moderation.appeal(tx, bob.id, old.id, text="I say", now=utc_now())
        with pytest.raises(Conflict):
            await moderation.appeal(tx, alice.id, old.id, text="I say", now=utc_now())
        with pytest.raises(Invalid):
            await moderation.appeal(tx, alice.id, old.id, text="  ", now=utc_now())


async def test_what_was_upheld_and_is_lifted_later_is_lifted_for_its_own_reason(house: House, alice: Person) -> None:
    one, services = await house.restricts("limit", alice.id), house.world.services
    async with services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="I named nobody.", now=utc_now())
    upheld = "The name is in the third line."
    await moderation.decide_appeal(services, house.max.id, one.id, lifts=False, answer=upheld, now=utc_now())
    await house.world.settle()
    await house.lifts(one)
    await house.world.settle()
    letters = [letter.text for letter in await services.mail.outbox()]
    assert [upheld in text for text in letters].count(True) == 1
    (lifted,) = [text for text in letters if "in force no more" in text]
    assert "It was a mistake of ours." in lifted
    assert upheld not in lifted


@pytest.mark.parametrize("ending", ["upheld", "lifted", "taken back"])
async def test_what_somebody_left_behind_is_decided_and_its_evidence_goes(
    house: House, alice: Person, ending: str
) -> None:
    services = house.world.services
    post = await alice.says("Bob is a fool")
    one = await house.restricts("withhold", alice.id, post, now=utc_now() - timedelta(days=29))
    async with services.db.transaction() as tx:
        await moderation.appeal(tx, alice.id, one.id, text="I named nobody.", now=utc_now())
        await accounts.close(tx, alice.id)
    verdict: dict[str, Any] = {"answer": "It names nobody, in truth.", "now": utc_now()}
    if ending == "taken back":
        await house.lifts(one)
    else:
        await moderation.decide_appeal(services, house.max.id, one.id, lifts=ending == "lifted", **verdict)
    async with services.db.connection() as db:
        assert await moderation.open_appeals(db) == []
    await appeals_are_over(house)
    assert await moderation.evidence.let_go(services, now=utc_now()) == 1
    await house.world.settle()


async def test_a_moderator_is_the_same_nobody_each_time(house: House) -> None:
    secrets = house.world.services.secrets
    names = {moderation.pseudonym(secrets, one.id) for one in (house.mona, house.mona, house.max)}
    assert len(names) == 2
