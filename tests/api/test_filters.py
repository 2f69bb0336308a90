"""Filters through the JSON door, of both versions, and what they find in statuses wherever these are shown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from parvis.domain.relationships import filters as our_filters
from tests.rig.people import Person, decoded
from tests.rig.world import World

EVERYWHERE = ["home", "notifications", "public", "thread", "account"]


async def make(owner: Person, *keywords: str, context: list[str] | None = None, **more: Any) -> dict[str, Any]:
    attributes = [{"keyword": keyword, "whole_word": True} for keyword in keywords]
    body = {"title": "No", "context": context or EVERYWHERE, "keywords_attributes": attributes} | more
    return decoded(await owner.post("/api/v2/filters", body))


async def put(owner: Person, path: str, **body: Any) -> Any:
    return decoded(await owner.client.put(path, json=body, headers=owner.headers))


async def say(author: Person, text: str, **more: Any) -> str:
    return decoded(await author.post("/api/v1/statuses", {"status": text} | more))["id"]


def hits(status: dict[str, Any]) -> list[tuple[str, list[str] | None, list[str] | None]]:
    return [(f["filter"]["title"], f["keyword_matches"], f["status_matches"]) for f in status["filtered"]]


async def test_a_filter_is_made_changed_by_put_and_patch_and_deleted(world: World) -> None:
    alice = await world.person("alice")
    made = await make(alice, "cat", "dog", context=["thread", "home"], filter_action="hide", expires_in=60)
    assert set(made) == {"id", "title", "context", "expires_at", "filter_action", "keywords", "statuses"}
    assert (made["context"], made["filter_action"], made["statuses"]) == (["home", "thread"], "hide", [])
    assert [(k["keyword"], k["whole_word"]) for k in made["keywords"]] == [("cat", True), ("dog", True)]
    assert (made["expires_at"][-1], len(made["expires_at"])) == ("Z", 24)
    path, (cat, dog) = f"/api/v2/filters/{made['id']}", made["keywords"]
    changed = await put(
        alice,
        path,
        title="Animals",
        expires_in="",
        keywords_attributes=[
            {"id": cat["id"], "keyword": "cats", "whole_word": False},
            {"id": dog["id"], "_destroy": "1"},
            {"keyword": "cow"},
        ],
    )
    assert (changed["title"], changed["expires_at"], changed["filter_action"]) == ("Animals", None, "hide")
    assert [(k["keyword"], k["whole_word"]) for k in changed["keywords"]] == [("cats", False), ("cow", True)]
    patched = await world.client.patch(
        path, data={"filter_action": "blur", "context[]": "public"}, headers=alice.headers
    )
    assert (decoded(patched)["filter_action"], decoded(patched)["context"]) == ("blur", ["public"])
    assert decoded(await alice.get(path)) == decoded(patched)
    assert decoded(await alice.get("/api/v2/filters")) == [decoded(patched)]
    assert decoded(await alice.delete(path)) == {}
    assert (await alice.delete(path)).status_code == 404
    assert decoded(await alice.get("/api/v2/filters")) == []


async def test_attributes_of_a_form_are_a_list_of_keywords(world: World) -> None:
    alice = await world.person("alice")
    form = (
        b"title=Form&context[]=home&keywords_attributes[][keyword]=one&keywords_attributes[][whole_word]=false"
        b"&keywords_attributes[][keyword]=two"
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    made = decoded(await world.client.post("/api/v2/filters", content=form, headers=alice.headers | kind))
    assert [(k["keyword"], k["whole_word"]) for k in made["keywords"]] == [("one", False), ("two", True)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"context": ["home"]},
        {"title": " ", "context": ["home"]},
        {"title": "x"},
        {"title": "x", "context": ["elsewhere"]},
        {"title": "x", "context": ["home"], "filter_action": "explode"},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": " "}]},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x" * 513}]},
        {"title": "x" * 257, "context": ["home"]},
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_whole(world: World, wrong: dict[str, Any]) -> None:
    alice = await world.person("alice")
    refused = await alice.post("/api/v2/filters", wrong)
    assert (refused.status_code, refused.json()["error"].startswith("Validation failed: ")) == (422, True)
    assert decoded(await alice.get("/api/v2/filters")) == []


async def test_keywords_and_posts_have_routes_of_their_own(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    one = f"/api/v2/filters/{(await make(alice))['id']}"
    added = decoded(await alice.post(f"{one}/keywords", {"keyword": "cat", "whole_word": False}))
    assert (set(added), added["whole_word"]) == ({"id", "keyword", "whole_word"}, False)
    keyword = f"/api/v2/filters/keywords/{added['id']}"
    assert decoded(await alice.get(f"{one}/keywords")) == [added] == [decoded(await alice.get(keyword))]
    assert await put(alice, keyword, keyword="dog") == added | {"keyword": "dog"}
    assert decoded(await alice.delete(keyword)) == {}
    assert decoded(await alice.get(f"{one}/keywords")) == []
    post = await say(bob, "hello")
    entry = decoded(await alice.post(f"{one}/statuses", {"status_id": post}))
    assert entry["status_id"] == post
    assert decoded(await alice.post(f"{one}/statuses", {"status_id": post})) == entry
    assert decoded(await alice.get(f"{one}/statuses")) == [entry]
    path = f"/api/v2/filters/statuses/{entry['id']}"
    assert decoded(await alice.get(path)) == entry
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{post}"))) == [("No", None, [post])]
    assert decoded(await alice.delete(path)) == entry
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{post}"))) == []
    assert (await alice.get(path)).status_code == 404


async def test_what_belongs_to_others_or_is_out_of_sight_is_404(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    made = await make(alice, "cat")
    entry = decoded(await alice.post(f"/api/v2/filters/{made['id']}/statuses", {"status_id": await say(alice, "x")}))
    mine = await make(bob)
    secret = await say(alice, "followers only", visibility="private")
    assert (await bob.post(f"/api/v2/filters/{mine['id']}/statuses", {"status_id": secret})).status_code == 404
    filter_id, keyword_id = made["id"], made["keywords"][0]["id"]
    body = {"title": "x", "context": ["home"], "keyword": "x", "phrase": "x", "status_id": entry["status_id"]}
    for path in (
        f"v2/filters/{filter_id}",
        f"v2/filters/{filter_id}/keywords",
        f"v2/filters/{filter_id}/statuses",
        f"v2/filters/keywords/{keyword_id}",
        f"v2/filters/statuses/{entry['id']}",
        f"v1/filters/{keyword_id}",
    ):
        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            sent = None if verb == "GET" else body
            answer = await world.client.request(verb, f"/api/{path}", json=sent, headers=bob.headers)
            assert answer.status_code in (404, 405), (verb, path)
    stolen = [{"id": keyword_id, "_destroy": True}]
    path = f"/api/v2/filters/{mine['id']}"
    refused = await world.client.put(path, json={"keywords_attributes": stolen}, headers=bob.headers)
    assert refused.status_code == 404
    assert decoded(await alice.get(f"/api/v2/filters/{filter_id}"))["keywords"] == made["keywords"]


async def test_old_filters_are_the_keywords_of_new_ones(world: World) -> None:
    alice = await world.person("alice")
    body = {"phrase": "cat", "context": ["home"], "irreversible": True, "whole_word": False, "expires_in": 3600}
    old = decoded(await alice.post("/api/v1/filters", body))
    assert set(old) == {"id", "phrase", "context", "expires_at", "irreversible", "whole_word"}
    (new,) = decoded(await alice.get("/api/v2/filters"))
    assert (new["title"], new["filter_action"], new["keywords"][0]["id"]) == ("cat", "hide", old["id"])
    assert (
        decoded(await alice.get("/api/v1/filters"))
        == [old]
        == [decoded(await alice.get(f"/api/v1/filters/{old['id']}"))]
    )
    changed = await put(alice, f"/api/v1/filters/{old['id']}", phrase="dog", context=["public"], irreversible=False)
    assert (changed["phrase"], changed["context"], changed["irreversible"]) == ("dog", ["public"], False)
    assert changed["expires_at"] == old["expires_at"]
    decoded(await alice.post(f"/api/v2/filters/{new['id']}/keywords", {"keyword": "cow"}))
    assert [one["phrase"] for one in decoded(await alice.get("/api/v1/filters"))] == ["dog", "cow"]
    same = await put(alice, f"/api/v1/filters/{old['id']}", phrase="horse", context=["public"], irreversible=False)
    assert same["phrase"] == "horse"
    refused = await world.client.put(
        f"/api/v1/filters/{old['id']}", json={"phrase": "horse", "context": ["home"]}, headers=alice.headers
    )
    assert refused.status_code == 422, "the other keyword would change with it"
    assert decoded(await alice.delete(f"/api/v1/filters/{old['id']}")) == {}
    (rest,) = decoded(await alice.get("/api/v1/filters"))
    assert decoded(await alice.delete(f"/api/v1/filters/{rest['id']}")) == {}
    assert decoded(await alice.get("/api/v2/filters")) == []


async def test_statuses_tell_what_the_viewers_filters_find_in_them(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    made = await make(alice, "cat", "mouse", filter_action="hide")
    post = await say(bob, "The CAT sleeps", spoiler_text="mouse")
    seen = decoded(await alice.get(f"/api/v1/statuses/{post}"))
    assert hits(seen) == [("No", ["cat", "mouse"], None)]
    (result,) = seen["filtered"]
    assert set(result) == {"filter", "keyword_matches", "status_matches"}
    assert result["filter"] == {k: v for k, v in made.items() if k not in ("keywords", "statuses")}
    assert decoded(await carol.get(f"/api/v1/statuses/{post}"))["filtered"] == []
    assert "filtered" not in decoded(await world.client.get(f"/api/v1/statuses/{post}"))
    own = await say(alice, "my cat")
    assert decoded(await alice.get(f"/api/v1/statuses/{own}"))["filtered"] == []
    await alice.client.put(f"/api/v2/filters/{made['id']}", json={"expires_in": -1}, headers=alice.headers)
    assert decoded(await alice.get(f"/api/v1/statuses/{post}"))["filtered"] == [], "it has run out"
    await alice.client.put(f"/api/v2/filters/{made['id']}", json={"expires_in": None}, headers=alice.headers)
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{post}"))) == [("No", ["cat", "mouse"], None)]
    await alice.delete(f"/api/v2/filters/{made['id']}")
    assert decoded(await alice.get(f"/api/v1/statuses/{post}"))["filtered"] == []


async def test_polls_and_descriptions_are_looked_at_and_edits_anew(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await make(alice, "herring")
    poll = {"options": ["bread", "herring"], "expires_in": 3600}
    post = await say(bob, "What shall we eat?", poll=poll)
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{post}"))) == [("No", ["herring"], None)]
    plain = await say(bob, "herring!")
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{plain}")))
    await bob.client.put(f"/api/v1/statuses/{plain}", json={"status": "bread!"}, headers=bob.headers)
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{plain}"))) == []
    await bob.client.put(f"/api/v1/statuses/{plain}", json={"status": "herring again"}, headers=bob.headers)
    assert hits(decoded(await alice.get(f"/api/v1/statuses/{plain}")))


async def test_a_repost_tells_what_is_found_in_what_it_passes_on(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    made = await make(alice, "cat")
    post = await say(bob, "a cat")
    wrapper = decoded(await carol.post(f"/api/v1/statuses/{post}/reblog"))["id"]
    decoded(await alice.post(f"/api/v2/filters/{made['id']}/statuses", {"status_id": wrapper}))
    seen = decoded(await alice.get(f"/api/v1/statuses/{wrapper}"))
    assert hits(seen) == [("No", ["cat"], [wrapper])]
    assert hits(seen["reblog"]) == [("No", ["cat"], None)]


async def test_each_route_tells_of_filters_for_its_place(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    for place in EVERYWHERE:
        await make(alice, "cat", context=[place], title=place)
    root = await say(bob, "the root")
    post = await say(bob, "a #cat for @alice", in_reply_to_id=root)
    await world.settle()
    list_id = decoded(await alice.post("/api/v1/lists", {"title": "l"}))["id"]
    decoded(await alice.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": [str(bob.id)]}))
    expected = {
        "/api/v1/timelines/home": ["home"],
        f"/api/v1/timelines/list/{list_id}": ["home"],
        "/api/v1/timelines/public": ["public"],
        "/api/v1/timelines/tag/cat": ["public"],
        f"/api/v1/accounts/{bob.id}/statuses": ["account"],
        f"/api/v1/statuses?id[]={post}": EVERYWHERE,
    }
    for path, places in expected.items():
        (found,) = [s for s in decoded(await world.client.get(path, headers=alice.headers)) if s["id"] == post]
        assert [title for title, _, _ in hits(found)] == places, path
    (answer,) = decoded(await alice.get(f"/api/v1/statuses/{root}/context"))["descendants"]
    assert [title for title, _, _ in hits(answer)] == ["thread"]
    mention = next(n for n in decoded(await alice.get("/api/v1/notifications")) if n["type"] == "mention")
    assert [title for title, _, _ in hits(mention["status"])] == ["notifications"]


async def test_who_has_no_filters_pays_nothing_and_others_once(world: World) -> None:
    world.app.inner.framework.state.answers.most_bytes = 0  # every answer is made anew
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    for number in range(5):
        await say(bob, f"cat {number}")
    await world.settle()
    for _ in range(2):
        decoded(await alice.get("/api/v1/timelines/home"))
        await world.settle()

    async def cost(path: str = "/api/v1/timelines/home") -> int:
        with world.statements() as sent:
            decoded(await alice.get(path))
        return len(sent)

    usual = await cost()
    await make(alice, "cat")
    assert await cost() == usual + 1, "the filters are fetched"
    assert await cost() == usual, "and kept"
    await make(alice, "dog")
    assert await cost() == usual + 1, "but never used at an old version"
    assert await cost() == usual
    assert await cost("/api/v2/filters") <= 2
    for one in decoded(await alice.get("/api/v2/filters")):
        await alice.delete(f"/api/v2/filters/{one['id']}")
    assert await cost() == usual, "without filters it is as before"


async def test_changes_at_the_same_time_leave_one_truth(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await say(bob, "cat dog")
    for _ in range(3):
        made = await asyncio.gather(*(make(alice, "cat") for _ in range(4)))
        assert len(hits(decoded(await alice.get(f"/api/v1/statuses/{post}")))) == 4
        deletions = [alice.delete(f"/api/v2/filters/{one['id']}") for one in made]
        *_, last = await asyncio.gather(*deletions, make(alice, "dog"))
        assert hits(decoded(await alice.get(f"/api/v1/statuses/{post}"))) == [("No", ["dog"], None)]
        await asyncio.gather(*(alice.delete(f"/api/v2/filters/{last['id']}") for _ in range(2)))
        assert hits(decoded(await alice.get(f"/api/v1/statuses/{post}"))) == []
        async with world.services.db.connection() as db:
            assert await db.fetchval("SELECT count(*) FROM filter_state") == 0


async def test_there_is_an_end_to_filters_and_keywords(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_filters, "MOST_FILTERS", 2)
    monkeypatch.setattr(our_filters, "MOST_KEYWORDS", 3)
    alice = await world.person("alice")
    one, _ = await make(alice, "a", "b"), await make(alice, "c")
    body = {"title": "x", "context": ["home"]}
    assert (await alice.post("/api/v2/filters", body)).status_code == 422
    assert (await alice.post(f"/api/v2/filters/{one['id']}/keywords", {"keyword": "d"})).status_code == 422
    assert len(decoded(await alice.get("/api/v1/filters"))) == 3
