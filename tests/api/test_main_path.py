"""The way of a post through the JSON door: published, read, answered, reacted to, deleted."""

from __future__ import annotations

from tests.rig.people import decoded
from tests.rig.world import ORIGIN, World


async def test_a_post_carries_the_markup_and_addresses_that_clients_match(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    status = decoded(await alice.post("/api/v1/statuses", {"status": "hi @bob about #Bread", "language": "en"}))
    assert status["mentions"] == [{"id": str(bob.id), "username": "bob", "acct": "bob", "url": f"{ORIGIN}/@bob"}]
    assert status["tags"] == [{"name": "bread", "url": f"{ORIGIN}/tags/bread"}]
    assert f'<a href="{ORIGIN}/@bob" class="u-url mention">' in status["content"]
    assert f'<a href="{ORIGIN}/tags/bread" class="mention hashtag" rel="tag">' in status["content"]
    assert status["created_at"].endswith("Z")
    assert len(status["created_at"]) == 24
    assert status["application"]["name"] == "Rig"


async def test_query_form_and_json_parameters_are_the_same(world: World) -> None:
    alice = await world.person("alice")
    by_query = await world.client.post("/api/v1/statuses?status=one&visibility=unlisted", headers=alice.headers)
    by_form = await world.client.post(
        "/api/v1/statuses", data={"status": "two", "visibility": "unlisted"}, headers=alice.headers
    )
    by_parts = await world.client.post(
        "/api/v1/statuses", files={"status": (None, "three"), "visibility": (None, "unlisted")}, headers=alice.headers
    )
    found = [decoded(r) for r in (by_query, by_form, by_parts)]
    assert [(s["content"], s["visibility"]) for s in found] == [
        ("<p>one</p>", "unlisted"),
        ("<p>two</p>", "unlisted"),
        ("<p>three</p>", "unlisted"),
    ]


async def test_the_same_idempotency_key_answers_with_the_first_post(world: World) -> None:
    alice = await world.person("alice")
    first = decoded(await alice.post("/api/v1/statuses", {"status": "once"}, **{"Idempotency-Key": "k"}))
    again = decoded(await alice.post("/api/v1/statuses", {"status": "once"}, **{"Idempotency-Key": "k"}))
    other = await alice.post("/api/v1/statuses", {"status": "twice"}, **{"Idempotency-Key": "k"})
    assert first["id"] == again["id"]
    assert other.status_code == 422
    bob = await world.person("bob")
    assert (
        decoded(await bob.post("/api/v1/statuses", {"status": "mine"}, **{"Idempotency-Key": "k"}))["id"] != first["id"]
    )


async def test_a_thread_shows_what_came_before_and_after(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    root = decoded(await alice.post("/api/v1/statuses", {"status": "root"}))["id"]
    middle = decoded(await bob.post("/api/v1/statuses", {"status": "middle", "in_reply_to_id": root}))["id"]
    leaf = decoded(await alice.post("/api/v1/statuses", {"status": "leaf", "in_reply_to_id": middle}))["id"]
    context = decoded(await bob.get(f"/api/v1/statuses/{middle}/context"))
    assert [s["id"] for s in context["ancestors"]] == [root]
    assert [s["id"] for s in context["descendants"]] == [leaf]
    assert decoded(await world.client.get(f"/api/v1/statuses/{root}"))["replies_count"] == 1


async def test_a_repost_is_a_wrapper_and_taking_it_back_answers_with_the_original(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    original = decoded(await alice.post("/api/v1/statuses", {"status": "pass me on"}))["id"]
    wrapper = decoded(await bob.post(f"/api/v1/statuses/{original}/reblog"))
    assert wrapper["id"] != original
    assert wrapper["reblog"]["id"] == original
    assert (wrapper["reblogged"], wrapper["reblog"]["reblogged"], wrapper["reblog"]["reblogs_count"]) == (True, True, 1)
    assert decoded(await bob.post(f"/api/v1/statuses/{original}/reblog"))["id"] == wrapper["id"]
    back = decoded(await bob.post(f"/api/v1/statuses/{original}/unreblog"))
    assert (back["id"], back["reblogs_count"], back["reblogged"]) == (original, 0, False)
    assert decoded(await bob.post(f"/api/v1/statuses/{original}/unreblog"))["id"] == original


async def test_those_concerned_are_notified_once(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = decoded(await alice.post("/api/v1/statuses", {"status": "hello @bob"}))["id"]
    await bob.post(f"/api/v1/statuses/{post}/favourite")
    await bob.post(f"/api/v1/statuses/{post}/reblog")
    await world.follows(bob, alice)
    await world.settle()
    await world.settle()
    assert [n["type"] for n in decoded(await bob.get("/api/v1/notifications"))] == ["mention"]
    kinds = {n["type"]: n for n in decoded(await alice.get("/api/v1/notifications"))}
    assert set(kinds) == {"favourite", "reblog", "follow"}
    assert kinds["favourite"]["status"]["id"] == post
    assert "status" not in kinds["follow"]
    only = decoded(await alice.get("/api/v1/notifications", **{"types[]": "follow"}))
    assert [n["type"] for n in only] == ["follow"]
    assert decoded(await alice.get("/api/v1/notifications/unread_count")) == {"count": 3}
    await alice.post("/api/v1/markers", {"notifications": {"last_read_id": kinds["follow"]["id"]}})
    assert decoded(await alice.get("/api/v1/notifications/unread_count"))["count"] < 3
    await alice.post("/api/v1/notifications/clear")
    assert decoded(await alice.get("/api/v1/notifications")) == []


async def test_home_shows_those_one_follows_and_pages_by_link(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    made = [decoded(await bob.post("/api/v1/statuses", {"status": f"number {n}"}))["id"] for n in range(5)]
    await world.settle()
    first = await alice.get("/api/v1/timelines/home", limit=2)
    assert [s["id"] for s in decoded(first)] == [made[4], made[3]]
    older = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [s["id"] for s in decoded(older)] == [made[2], made[1]]
    newer = await world.client.get(older.links["prev"]["url"], headers=alice.headers)
    assert [s["id"] for s in decoded(newer)] == [made[4], made[3]]
    empty = await alice.get("/api/v1/timelines/home", max_id=made[0])
    assert decoded(empty) == []
    assert "link" not in empty.headers


async def test_what_one_may_not_see_is_404_everywhere(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    await world.follows(bob, alice)
    hidden = decoded(await alice.post("/api/v1/statuses", {"status": "#secret words", "visibility": "private"}))["id"]
    whispered = decoded(await alice.post("/api/v1/statuses", {"status": "@bob psst", "visibility": "direct"}))["id"]
    assert decoded(await bob.get(f"/api/v1/statuses/{hidden}"))["visibility"] == "private"
    for post in (hidden, whispered):
        for path in ("", "/context", "/favourited_by", "/reblogged_by", "/source"):
            assert (await carol.get(f"/api/v1/statuses/{post}{path}")).status_code == 404, path
        for act in ("favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark"):
            assert (await carol.post(f"/api/v1/statuses/{post}/{act}")).status_code == 404, act
        answer = await carol.post("/api/v1/statuses", {"status": "reply", "in_reply_to_id": post})
        assert answer.status_code == 404
        assert (await carol.delete(f"/api/v1/statuses/{post}")).status_code == 404
        assert decoded(await carol.get(f"/api/v1/statuses?id[]={post}")) == []
    for path in ("/api/v1/timelines/public", "/api/v1/timelines/tag/secret", f"/api/v1/accounts/{alice.id}/statuses"):
        assert decoded(await carol.get(path)) == []
    await alice.post(f"/api/v1/accounts/{bob.id}/block")
    assert (await bob.get(f"/api/v1/statuses/{hidden}")).status_code == 404
    assert (await bob.get(f"/api/v1/statuses/{whispered}")).status_code == 404


async def test_deleting_answers_with_the_words_and_leaves_nothing(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = decoded(await alice.post("/api/v1/statuses", {"status": "words as *written*"}))["id"]
    wrapper = decoded(await bob.post(f"/api/v1/statuses/{post}/reblog"))["id"]
    assert (await bob.delete(f"/api/v1/statuses/{post}")).status_code == 404
    gone = decoded(await alice.delete(f"/api/v1/statuses/{post}"))
    assert gone["text"] == "words as *written*"
    assert "content" not in gone
    await world.settle()
    for path in (f"/api/v1/statuses/{post}", f"/api/v1/statuses/{wrapper}"):
        assert (await bob.get(path)).status_code == 404
    assert decoded(await bob.get(f"/api/v1/accounts/{bob.id}/statuses")) == []
    assert decoded(await bob.get(f"/api/v1/accounts/{bob.id}"))["statuses_count"] == 0


async def test_a_page_costs_a_fixed_number_of_statements(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    root = decoded(await bob.post("/api/v1/statuses", {"status": "root @alice"}))["id"]
    for number in range(25):
        await bob.post("/api/v1/statuses", {"status": f"@alice {number}", "in_reply_to_id": root})
    await world.settle()
    await alice.get("/api/v1/timelines/home")
    await world.settle()
    for path, most in (
        ("/api/v1/timelines/home", 3),
        (f"/api/v1/statuses/{root}/context", 3),
        ("/api/v1/notifications", 3),
        ("/api/v1/timelines/public", 2),
        (f"/api/v1/statuses/{root}", 2),
    ):
        with world.statements() as sent:
            decoded(await alice.get(path))
        assert len(sent) <= most, (path, len(sent), sent)
        async with world.services.db.connection() as connection:
            kept = {row["statement"] for row in await connection.fetch("SELECT statement FROM pg_prepared_statements")}
        assert set(sent) <= kept, f"{path}: a statement is planned anew each time"


async def test_deleting_keeps_the_pictures_for_writing_anew(world: World) -> None:
    from tests.rig.pictures import png

    alice = await world.person("alice")
    upload = await world.client.post(
        "/api/v2/media", files={"file": ("a.png", png(), "image/png")}, headers=alice.headers
    )
    media = decoded(upload)["id"]
    post = decoded(await alice.post("/api/v1/statuses", {"status": "with a picture", "media_ids": [media]}))["id"]
    gone = decoded(await alice.delete(f"/api/v1/statuses/{post}"))
    await world.settle()
    again = await alice.post("/api/v1/statuses", {"status": "better words", "media_ids": [media]})
    assert decoded(again)["media_attachments"][0]["id"] == gone["media_attachments"][0]["id"] == media


async def test_what_can_be_fetched_can_be_asked_about(world: World) -> None:
    whole = await world.client.get("/api/v2/instance")
    head = await world.client.head("/api/v2/instance")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
