"""What those who run the place say and are told: rules, announcements with reactions, reports."""

from __future__ import annotations

from datetime import timedelta

from parvis.base.clock import utc_now
from parvis.domain import moderation
from tests.rig.people import decoded
from tests.rig.streams import socket_of
from tests.rig.world import World


async def announce(world: World, text: str, **more: object) -> int:
    async with world.services.db.transaction() as tx:
        return await moderation.announcements.announce(tx, world.services.ids, text=text, now=utc_now(), **more)


async def rule(world: World, text: str, hint: str = "") -> str:
    async with world.services.db.transaction() as tx:
        made = await moderation.house_rules.add(tx, world.services.ids, text=text, hint=hint, now=utc_now())
    return str(made.id)


async def test_the_rules_are_told_everywhere(world: World) -> None:
    first, second = await rule(world, "Be kind.", "Even when you disagree."), await rule(world, "No spam.")
    found = decoded(await world.client.get("/api/v1/instance/rules"))
    assert found == [
        {"id": first, "text": "Be kind.", "hint": "Even when you disagree.", "translations": {}},
        {"id": second, "text": "No spam.", "hint": "", "translations": {}},
    ]
    for version in ("v1", "v2"):
        assert decoded(await world.client.get(f"/api/{version}/instance"))["rules"] == found
    async with world.services.db.transaction() as tx:
        await moderation.house_rules.remove(tx, int(first), now=utc_now())
    assert [one["id"] for one in decoded(await world.client.get("/api/v1/instance/rules"))] == [second]


async def test_announcements_are_read_answered_with_emoji_and_dismissed(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    now = utc_now()
    said = await announce(world, "The square is *open*, ask @alice <b>\n\nhttps://parvis.test/about")
    await announce(world, "over", starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    await announce(world, "not yet", starts_at=now + timedelta(days=1))
    path = f"/api/v1/announcements/{said}"
    (found,) = decoded(await alice.get("/api/v1/announcements"))
    assert (found["id"], found["read"], found["reactions"]) == (str(said), False, [])
    assert "&lt;b&gt;" in found["content"]
    for person in (alice, bob, bob):
        decoded(await person.client.put(f"{path}/reactions/👍", headers=person.headers))
    decoded(await bob.client.put(f"{path}/reactions/🇫🇷", headers=bob.headers))
    assert decoded(await alice.get("/api/v1/announcements"))[0]["reactions"] == [
        {"name": "👍", "count": 2, "me": True},
        {"name": "🇫🇷", "count": 1, "me": False},
    ]
    decoded(await alice.delete(f"{path}/reactions/👍"))
    assert decoded(await alice.get("/api/v1/announcements"))[0]["reactions"][0]["me"] is False
    for wrong in ("a", "hello", "👍👍"):
        assert (await bob.client.put(f"{path}/reactions/{wrong}", headers=bob.headers)).status_code == 422, wrong
    decoded(await alice.post(f"{path}/dismiss"))
    assert decoded(await alice.get("/api/v1/announcements")) == []
    assert decoded(await alice.get("/api/v1/announcements", with_dismissed="true"))[0]["read"] is True
    assert len(decoded(await bob.get("/api/v1/announcements"))) == 1
    async with world.services.db.transaction() as tx:
        await moderation.announcements.withdraw(tx, said)
    assert decoded(await bob.get("/api/v1/announcements")) == []
    assert (await bob.post(f"{path}/dismiss")).status_code == 404


async def test_there_is_an_end_to_kinds_of_emoji_under_an_announcement(world: World) -> None:
    alice = await world.person("alice")
    path = f"/api/v1/announcements/{await announce(world, 'hello')}"
    for emoji in "😀😃😄😁😆😅🤣😂":
        decoded(await alice.client.put(f"{path}/reactions/{emoji}", headers=alice.headers))
    assert (await alice.client.put(f"{path}/reactions/🙂", headers=alice.headers)).status_code == 422


async def test_a_report_names_posts_and_rules_and_reaches_the_moderators(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    broken, post = await rule(world, "Be kind."), await bob.says("you are all stupid")
    body = {"account_id": str(bob.id), "status_ids": [str(post)], "rule_ids": [broken], "comment": "see there"}
    made = decoded(await alice.post("/api/v1/reports", body))
    assert made["category"] == "violation"
    assert (made["status_ids"], made["rule_ids"], made["action_taken"]) == ([str(post)], [broken], False)
    assert made["target_account"]["username"] == "bob"
    in_query = decoded(
        await alice.client.post(f"/api/v1/reports?account_id={bob.id}&category=spam", headers=alice.headers)
    )
    assert (in_query["category"], in_query["rule_ids"]) == ("spam", None)
    async with world.services.db.transaction() as tx:
        waiting = await moderation.reports.waiting(tx)
        assert [str(one.id) for one in waiting] == [made["id"], in_query["id"]]
        await moderation.reports.dismiss_by_command(tx, waiting[0].id, answer="No rule forbids that.", now=utc_now())
        assert len(await moderation.reports.waiting(tx)) == 1


async def test_a_report_proves_nothing_about_posts_out_of_sight(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    hidden = await bob.whispers("for @carol alone")
    others = await carol.says("hello")
    for post in (hidden, others, 1):
        body = {"account_id": str(bob.id), "status_ids": [str(post)]}
        assert (await alice.post("/api/v1/reports", body)).status_code == 404, post
    for wrong, status in (({"account_id": "1"}, 404), ({"account_id": str(alice.id)}, 422), ({}, 400)):
        assert (await alice.post("/api/v1/reports", wrong)).status_code == status, wrong
    for more in ({"category": "boring"}, {"rule_ids": ["7"]}, {"comment": "x" * 1001}):
        assert (await alice.post("/api/v1/reports", {"account_id": str(bob.id)} | more)).status_code == 422, more


async def test_announcements_and_answers_are_told_as_they_happen(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "user") as socket:
        said = await announce(world, "The square is open")
        await world.settle()
        stream, event, told = await socket.event()
        assert (stream, event, told["id"], told["content"]) == (
            ["user"],
            "announcement",
            str(said),
            "<p>The square is open</p>",
        )
        decoded(await alice.client.put(f"/api/v1/announcements/{said}/reactions/👍", headers=alice.headers))
        await world.settle()
        assert await socket.event() == (
            ["user"], "announcement.reaction", {"name": "👍", "count": 1, "announcement_id": str(said)},
        )  # fmt: skip
        decoded(await alice.delete(f"/api/v1/announcements/{said}/reactions/👍"))
        await world.settle()
        assert (await socket.event())[2]["count"] == 0
        async with world.services.db.transaction() as tx:
            await moderation.announcements.withdraw(tx, said)
        await world.settle()
        assert await socket.event() == (["user"], "announcement.delete", said)
