"""Quotes, through the JSON door: consent, its withdrawal, and what a viewer meets who may not see what is quoted."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.domain.posts import QuotePolicy, Visibility
from parvis.domain.posts.rules import may_quote
from tests.rig.people import Person, decoded
from tests.rig.world import World


async def says(person: Person, text: str, **more: Any) -> dict[str, Any]:
    return decoded(await person.post("/api/v1/statuses", {"status": text, **more}))


async def seen(person: Person, post: dict[str, Any]) -> dict[str, Any]:
    return decoded(await person.get(f"/api/v1/statuses/{post['id']}"))


async def test_a_quote_shows_what_it_quotes_wherever_it_is_shown(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    await world.follows(carol, bob)
    original = await says(alice, "worth quoting")
    assert original["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    made = await says(bob, "look at this", quoted_status_id=original["id"])
    await bob.post(f"/api/v1/statuses/{original['id']}/favourite")
    passed_on = decoded(await carol.post(f"/api/v1/statuses/{made['id']}/reblog"))
    await world.settle()
    (home,) = [s for s in decoded(await carol.get("/api/v1/timelines/home")) if s["id"] == made["id"]]
    for status in (made, home, passed_on["reblog"], await seen(bob, made)):
        assert status["quote"]["state"] == "accepted"
        assert status["quote"]["quoted_status"]["id"] == original["id"]
        assert "worth quoting" in status["quote"]["quoted_status"]["content"]
    assert (home["quote"]["quoted_status"]["favourited"], home["quote"]["quoted_status"]["favourites_count"]) == (
        False,
        1,
    )
    assert (await seen(bob, made))["quote"]["quoted_status"]["favourited"] is True
    assert (await seen(alice, original))["quotes_count"] == 1
    listed = decoded(await carol.get(f"/api/v1/statuses/{original['id']}/quotes"))
    assert [one["id"] for one in listed] == [made["id"]]
    (told,) = decoded(await alice.get("/api/v1/notifications", **{"types[]": "quote"}))
    assert (told["type"], told["status"]["id"], told["account"]["username"]) == ("quote", made["id"], "bob")


async def test_a_quote_inside_a_quote_is_there_by_its_id_alone(world: World) -> None:
    alice = await world.person("alice")
    first = await says(alice, "first")
    second = await says(alice, "second", quoted_status_id=first["id"])
    third = await says(alice, "third", quoted_status_id=second["id"])
    inner = (await seen(alice, third))["quote"]["quoted_status"]
    assert (inner["id"], inner["quote"]) == (second["id"], {"state": "accepted", "quoted_status_id": first["id"]})
    assert third["quote"]["quoted_status"]["quote"] == inner["quote"]  # fresh and from fragments alike


async def test_withdrawn_consent_takes_the_post_out_and_counts_it_no_more(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    original = await says(alice, "mine")
    made = await says(bob, "yours", quoted_status_id=original["id"])
    path = f"/api/v1/statuses/{original['id']}/quotes/{made['id']}/revoke"
    assert (await bob.post(path)).status_code == 404
    assert decoded(await alice.post(path))["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await alice.post(path)).status_code == 404
    assert (await seen(bob, made))["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await seen(alice, original))["quotes_count"] == 0
    assert decoded(await alice.get(f"/api/v1/statuses/{original['id']}/quotes")) == []
    await bob.delete(f"/api/v1/statuses/{made['id']}")
    assert (await seen(alice, original))["quotes_count"] == 0


async def test_only_those_whom_the_author_lets_may_quote(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    await world.follows(bob, alice)
    post = await says(alice, "for followers to quote", quote_approval_policy="followers")
    approval = [(await seen(who, post))["quote_approval"]["current_user"] for who in (alice, bob, carol)]
    assert approval == ["automatic", "automatic", "denied"]
    stranger = decoded(await world.client.get(f"/api/v1/statuses/{post['id']}"))
    assert stranger["quote_approval"] == {"automatic": ["followers"], "manual": [], "current_user": "denied"}
    body = {"status": "quoting", "quoted_status_id": post["id"]}
    assert (await carol.post("/api/v1/statuses", body)).status_code == 404
    decoded(await bob.post("/api/v1/statuses", body))
    path = f"/api/v1/statuses/{post['id']}/interaction_policy"
    for verb, policy in (("PUT", "nobody"), ("PATCH", "public")):
        asked = await world.client.request(verb, path, json={"quote_approval_policy": policy}, headers=alice.headers)
        wanted = [] if policy == "nobody" else ["public"]
        assert decoded(asked)["quote_approval"]["automatic"] == wanted
        assert (await carol.post("/api/v1/statuses", body)).status_code == (404 if policy == "nobody" else 200)
    nonsense = {"quote_approval_policy": "friends"}
    assert (await world.client.put(path, json=nonsense, headers=alice.headers)).status_code == 422
    assert (await world.client.put(path, json={}, headers=bob.headers)).status_code == 404


async def test_case_c2_what_is_out_of_sight_cannot_be_quoted_and_nobody_hears_of_it(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    for visibility in ("private", "direct"):
        hidden = await says(alice, "hidden", visibility=visibility)
        answer = await bob.post("/api/v1/statuses", {"status": "ha", "quoted_status_id": hidden["id"]})
        missing = await bob.post("/api/v1/statuses", {"status": "ha", "quoted_status_id": "1"})
        assert (answer.status_code, answer.json()) == (missing.status_code, missing.json())
        assert answer.status_code == 404
        assert (await seen(alice, hidden))["quotes_count"] == 0
    await world.settle()
    assert decoded(await alice.get("/api/v1/notifications")) == []


async def test_case_c3_a_quote_never_widens_the_audience(world: World) -> None:
    alice = await world.person("alice")
    hidden = await says(alice, "for followers", visibility="private")
    made = await says(alice, "again", visibility="public", quoted_status_id=hidden["id"])
    assert made["visibility"] == "private"
    secret = await says(alice, "for nobody else", visibility="direct")
    refused = await alice.post("/api/v1/statuses", {"status": "again", "quoted_status_id": secret["id"]})
    assert refused.status_code == 404


async def test_an_edit_does_not_take_a_quote_out_of_the_quoted_authors_reach(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    original = await says(alice, "mine")
    made = await says(bob, "@alice look", visibility="direct", quoted_status_id=original["id"])
    path = f"/api/v1/statuses/{made['id']}"
    for words, status in (("look", 422), ("@alice see", 200)):
        asked = await world.client.put(path, json={"status": words}, headers=bob.headers)
        assert asked.status_code == status
    async with world.services.db.connection() as db:  # what is withheld comes back as what it was
        await db.execute("UPDATE post SET withheld_as = visibility, visibility = 4 WHERE id = $1", int(made["id"]))
        asked = await world.client.put(path, json={"status": "look"}, headers=bob.headers)
        assert asked.status_code == 422
        await db.execute("UPDATE post SET visibility = withheld_as, withheld_as = NULL WHERE id = $1", int(made["id"]))
    assert decoded(await alice.post(f"/api/v1/statuses/{original['id']}/quotes/{made['id']}/revoke"))
    asked = await world.client.put(path, json={"status": "nothing quoted any more"}, headers=bob.headers)
    assert asked.status_code == 200


@pytest.mark.parametrize("act", ["block", "delete", "mute", "silence"])
async def test_a_quote_of_what_one_may_not_see_shows_a_state_and_nothing_else(world: World, act: str) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    original = await says(alice, "unmistakable words")
    made = await says(bob, "a quote", quoted_status_id=original["id"])
    outer = await says(bob, "a quote of a quote", quoted_status_id=made["id"])
    decoded(await carol.get(f"/api/v1/statuses/{made['id']}"))  # its fragment is kept
    state = {"block": "unauthorized", "delete": "deleted", "mute": "muted_account", "silence": "blocked_account"}[act]
    if act == "block":
        await alice.post(f"/api/v1/accounts/{carol.id}/block")
    elif act == "delete":
        await alice.delete(f"/api/v1/statuses/{original['id']}")
    else:
        await carol.post(f"/api/v1/accounts/{alice.id}/{'mute' if act == 'mute' else 'block'}")
    answer = await carol.get(f"/api/v1/statuses/{made['id']}")
    assert decoded(answer)["quote"] == {"state": state, "quoted_status": None}
    assert "unmistakable" not in answer.text
    assert original["id"] not in answer.text
    inner = (await seen(carol, outer))["quote"]["quoted_status"]["quote"]
    assert inner == {"state": state, "quoted_status_id": None}
    if act != "delete":
        assert (await seen(bob, made))["quote"]["state"] == "accepted"


async def test_a_post_for_mentioned_people_quotes_only_whom_it_mentions(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    original = await says(alice, "words")
    body = {"quoted_status_id": original["id"], "visibility": "direct"}
    assert (await bob.post("/api/v1/statuses", {"status": "behind her back", **body})).status_code == 422
    made = await says(bob, "@alice to your face", **body)
    assert made["quote"]["state"] == "accepted"
    assert (await seen(alice, original))["quotes_count"] == 0  # case C8: a number tells of nothing that is hidden


async def test_those_who_quoted_hear_of_each_edit_once_while_they_may_see_it(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    original = await says(alice, "v1")
    quotes = {who.handle: await says(who, "q", quoted_status_id=original["id"]) for who in (bob, carol)}
    await alice.post(f"/api/v1/accounts/{carol.id}/block")
    await world.client.put(f"/api/v1/statuses/{original['id']}", json={"status": "v2"}, headers=alice.headers)
    await world.settle()
    await world.settle()
    (told,) = decoded(await bob.get("/api/v1/notifications", **{"types[]": "quoted_update"}))
    assert (told["account"]["username"], told["status"]["id"]) == ("alice", quotes["bob"]["id"])
    assert decoded(await carol.get("/api/v1/notifications")) == []


async def test_an_answer_that_quotes_its_parent_is_counted_as_both(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await says(alice, "words")
    await says(bob, "both", in_reply_to_id=post["id"], quoted_status_id=post["id"])
    now = await seen(alice, post)
    assert (now["replies_count"], now["quotes_count"]) == (1, 1)


async def test_the_usual_policy_is_ones_own_and_told_in_every_place(world: World) -> None:
    alice = await world.person("alice")
    changed = await world.client.patch(
        "/api/v1/accounts/update_credentials", json={"source": {"quote_policy": "followers"}}, headers=alice.headers
    )
    assert decoded(changed)["source"]["quote_policy"] == "followers"
    assert decoded(await alice.get("/api/v1/preferences"))["posting:default:quote_policy"] == "followers"
    assert (await says(alice, "so"))["quote_approval"]["automatic"] == ["followers"]


def test_who_may_quote_follows_visibility_policy_and_follows() -> None:
    everybody, followers, nobody = QuotePolicy
    public, quiet, closed, mentioned, withheld = Visibility
    assert all(may_quote(one, nobody, own=True, follows=False) for one in (public, quiet, closed))
    assert not any(may_quote(one, everybody, own=True, follows=False) for one in (mentioned, withheld))
    assert not any(may_quote(one, everybody, own=False, follows=True) for one in (closed, mentioned, withheld))
    assert may_quote(public, everybody, own=False, follows=False)
    assert [may_quote(quiet, followers, own=False, follows=one) for one in (True, False)] == [True, False]
    assert not may_quote(public, nobody, own=False, follows=True)
