"""Accounts through the JSON door: every key, lists with cursors, changing oneself, opening an account from an app."""

from __future__ import annotations

import re
from typing import Any

import pytest

from parvis.domain import accounts
from tests.rig.people import decoded
from tests.rig.pictures import jpeg, png
from tests.rig.world import ORIGIN, World

ACCOUNT_KEYS = set(
    """
    id username acct url uri display_name note avatar avatar_static avatar_description header header_static
    header_description locked fields emojis bot group discoverable indexable noindex created_at last_status_at
    statuses_count followers_count following_count hide_collections show_media show_media_replies show_featured roles
    feature_approval
    """.split()
)


async def app_token(world: World, scopes: str = "read write") -> str:
    form = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": scopes}
    app = decoded(await world.client.post("/api/v1/apps", data=form))
    form = {
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "scope": scopes,
    }
    return decoded(await world.client.post("/oauth/token", data=form))["access_token"]


async def test_an_account_has_every_key(world: World) -> None:
    alice = await world.person("alice")
    for path in (f"/api/v1/accounts/{alice.id}", "/api/v1/accounts/lookup?acct=@alice"):
        seen = decoded(await world.client.get(path))
        assert set(seen) == ACCOUNT_KEYS
        assert seen["id"] == str(alice.id)
        assert seen["url"] == f"{ORIGIN}/@alice"
        assert seen["avatar"] == f"{ORIGIN}/avatars/original/missing.png"
        assert seen["header"] == f"{ORIGIN}/headers/original/missing.png"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\.000Z", seen["created_at"])
        assert seen["last_status_at"] is None
    await alice.says("hello")
    seen = decoded(await world.client.get(f"/api/v1/accounts/{alice.id}"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", seen["last_status_at"])
    assert seen["statuses_count"] == 1


async def test_oneself_has_source_and_role(world: World) -> None:
    alice = await world.person("alice", role=accounts.Role.OWNER)
    me = decoded(await alice.get("/api/v1/accounts/verify_credentials"))
    assert set(me) == ACCOUNT_KEYS | {"source", "role"}
    assert set(me["source"]) == set(
        """
        attribution_domains note fields privacy sensitive language follow_requests_count hide_collections discoverable
        indexable quote_policy
        """.split()
    )
    assert me["source"]["privacy"] == "public"
    assert me["role"]["name"] == "Owner"
    assert [role["name"] for role in me["roles"]] == ["Owner"]


async def test_unknown_accounts_are_not_found(world: World) -> None:
    for path in ("1", "9" * 30, "abc", "-1"):
        assert (await world.client.get(f"/api/v1/accounts/{path}")).status_code == 404, path
        assert (await world.client.get(f"/api/v1/accounts/{path}/followers")).status_code == 404, path
    assert (await world.client.get("/api/v1/accounts/lookup?acct=nobody")).status_code == 404
    assert (await world.client.get("/api/v1/accounts/lookup")).status_code == 400


async def test_several_accounts_are_fetched_at_once(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    query = f"id[]={bob.id}&id[]={alice.id}&id[]=1&id[]=x"
    found = decoded(await world.client.get(f"/api/v1/accounts?{query}"))
    assert [one["username"] for one in found] == ["bob", "alice"]
    single = decoded(await world.client.get(f"/api/v1/accounts?id={bob.id}"))
    assert len(single) == 1
    many = "&".join(f"id[]={n}" for n in range(41))
    assert (await world.client.get(f"/api/v1/accounts?{many}")).status_code == 422


async def test_people_are_searched_for_with_a_token(world: World) -> None:
    alice = await world.person("alice")
    await world.person("alina")
    found = decoded(await alice.get("/api/v1/accounts/search", q="ali"))
    assert {one["username"] for one in found} == {"alice", "alina"}
    assert len(decoded(await alice.get("/api/v1/accounts/search", q="ali", limit=1))) == 1
    assert decoded(await alice.get("/api/v1/accounts/search", q="ali", following=True)) == []
    assert (await alice.get("/api/v1/accounts/search")).status_code == 400
    assert (await world.client.get("/api/v1/accounts/search?q=ali")).status_code == 401


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
async def test_oneself_is_changed_by_multipart_form_or_json(world: World, verb: str) -> None:
    alice = await world.person("alice")
    path = "/api/v1/accounts/update_credentials"
    form = {
        "display_name": "Alice",
        "note": "hi & bye",
        "locked": "true",
        "fields_attributes[0][name]": "Site",
        "fields_attributes[0][value]": "https://a.example",
        "fields_attributes[1][name]": "Pronouns",
        "fields_attributes[1][value]": "she",
        "source[privacy]": "private",
        "source[language]": "fr",
    }
    parts = {name: (None, value) for name, value in form.items()}
    me = decoded(await world.client.request(verb, path, files=parts, headers=alice.headers))
    assert (me["display_name"], me["note"], me["locked"]) == ("Alice", "<p>hi &amp; bye</p>", True)
    assert [one["name"] for one in me["fields"]] == ["Site", "Pronouns"]
    assert me["source"]["fields"][0] == {"name": "Site", "value": "https://a.example", "verified_at": None}
    assert (me["source"]["privacy"], me["source"]["language"], me["source"]["note"]) == ("private", "fr", "hi & bye")
    body: dict[str, Any] = {"fields_attributes": {"0": {"name": "Only", "value": "one"}}, "locked": False, "bot": True}
    me = decoded(await world.client.request(verb, path, json=body, headers=alice.headers))
    assert [one["name"] for one in me["fields"]] == ["Only"]
    assert (me["display_name"], me["locked"], me["bot"]) == ("Alice", False, True)
    preferences = decoded(await alice.get("/api/v1/preferences"))
    assert preferences["posting:default:visibility"] == "private"
    assert preferences["posting:default:language"] == "fr"
    assert preferences["reading:expand:media"] == "default"
    await world.client.request(verb, path, json={"source": {"privacy": "public"}}, headers=alice.headers)
    assert decoded(await alice.get("/api/v1/preferences"))["posting:default:visibility"] == "public"


async def stored(world: World) -> list[str]:
    folder = world.services.settings.home / "media"
    return sorted(one.name for one in folder.rglob("*.webp"))


async def test_an_avatar_is_stored_replaced_and_taken_away(world: World) -> None:
    alice = await world.person("alice")
    path = "/api/v1/accounts/update_credentials"
    files = {"avatar": ("a.jpg", jpeg(), "image/jpeg"), "header": ("h.png", png(), "image/png")}
    me = decoded(await world.client.patch(path, files=files, headers=alice.headers))
    assert me["avatar"].startswith(f"{ORIGIN}/media/avatars/")
    assert me["avatar"] == me["avatar_static"]
    assert me["header"].startswith(f"{ORIGIN}/media/headers/")
    kept = len(await stored(world))
    assert kept > 0
    files = {"avatar": ("b.png", png(), "image/png")}
    again = decoded(await world.client.patch(path, files=files, headers=alice.headers))
    assert again["avatar"] != me["avatar"]
    assert len(await stored(world)) == kept
    gone = decoded(await alice.delete("/api/v1/profile/avatar"))
    assert gone["avatar"].endswith("/avatars/original/missing.png")
    decoded(await alice.delete("/api/v1/profile/header"))
    assert await stored(world) == []


async def test_what_is_no_picture_changes_nothing_and_leaves_nothing_behind(world: World) -> None:
    alice = await world.person("alice")
    path = "/api/v1/accounts/update_credentials"
    for files in (
        {"display_name": (None, "New"), "avatar": ("a.png", b"GIF89a not really", "image/png")},
        {
            "display_name": (None, "New"),
            "avatar": ("a.png", png(), "image/png"),
            "header": ("h.png", b"x", "image/png"),
        },
        {"note": (None, "x" * 501), "avatar": ("a.png", png(), "image/png")},
        {"source[privacy]": (None, "local"), "avatar": ("a.png", png(), "image/png")},
    ):
        answer = await world.client.patch(path, files=files, headers=alice.headers)
        assert answer.status_code == 422, answer.text
        assert "error" in answer.json()
    assert (await alice.client.patch(path, json={"avatar": "text"}, headers=alice.headers)).status_code == 422
    me = decoded(await alice.get("/api/v1/accounts/verify_credentials"))
    assert (me["display_name"], me["note"]) == ("", "")
    assert me["avatar"].endswith("missing.png")
    assert await stored(world) == []


async def test_nobody_makes_themselves_owner_by_an_extra_field(world: World) -> None:
    alice = await world.person("alice")
    body = {"role": "owner", "state": 0, "confirmed": True, "id": "1", "source": {"role": 2}, "display_name": "A"}
    path = "/api/v1/accounts/update_credentials"
    me = decoded(await world.client.patch(path, json=body, headers=alice.headers))
    assert (me["role"]["name"], me["id"], me["display_name"]) == ("", str(alice.id), "A")


async def test_the_profile_is_read_and_changed(world: World) -> None:
    alice = await world.person("alice")
    profile = decoded(await world.client.patch("/api/v1/profile", json={"note": "hi"}, headers=alice.headers))
    assert (profile["note"], profile["formatted_note"], profile["avatar"]) == ("hi", "<p>hi</p>", None)
    assert decoded(await alice.get("/api/v1/profile")) == profile


SIGN_UP = {
    "username": "newbie",
    "email": "newbie@mail.example",
    "password": "correct horse",
    "agreement": "true",
    "locale": "fr",
}


async def test_an_app_opens_an_account_and_gets_its_token(world: World) -> None:
    token = await app_token(world)
    answer = await world.client.post("/api/v1/accounts", data=SIGN_UP, headers={"Authorization": f"Bearer {token}"})
    made = decoded(answer)
    assert made["scope"] == "read write"
    bearer = {"Authorization": f"Bearer {made['access_token']}"}
    me = decoded(await world.client.get("/api/v1/accounts/verify_credentials", headers=bearer))
    assert me["username"] == "newbie"
    assert decoded(await world.client.get("/api/v1/emails/check_confirmation", headers=bearer)) is False
    refused = await world.client.post("/api/v1/statuses", json={"status": "spam"}, headers=bearer)
    assert refused.status_code == 403
    assert decoded(await world.client.post("/api/v1/emails/confirmations", headers=bearer)) == {}
    await world.services.db.pool.execute("UPDATE login SET confirmed_at = now()")
    assert decoded(await world.client.get("/api/v1/emails/check_confirmation", headers=bearer)) is True
    assert (await world.client.post("/api/v1/emails/confirmations", headers=bearer)).status_code == 403


async def test_what_is_wrong_with_a_sign_up_is_told_field_by_field(world: World) -> None:
    alice = await world.person("alice")
    bearer = {"Authorization": f"Bearer {await app_token(world)}"}
    answer = await world.client.post("/api/v1/accounts", json={"username": "a b"}, headers=bearer)
    assert answer.status_code == 422
    details = answer.json()["details"]
    assert {name: problems[0]["error"] for name, problems in details.items()} == {
        "username": "ERR_INVALID",
        "email": "ERR_BLANK",
        "password": "ERR_BLANK",
        "agreement": "ERR_ACCEPTED",
    }
    assert all(one["description"] for problems in details.values() for one in problems)
    taken = await world.client.post("/api/v1/accounts", json=SIGN_UP | {"username": "Alice"}, headers=bearer)
    assert taken.json()["details"]["username"][0]["error"] == "ERR_TAKEN"
    assert (await alice.post("/api/v1/accounts", SIGN_UP)).status_code == 403
    assert (await world.client.post("/api/v1/accounts", json=SIGN_UP)).status_code == 401


async def test_a_known_address_gets_the_same_answer_as_a_new_one(world: World) -> None:
    await world.person("alice")
    bearer = {"Authorization": f"Bearer {await app_token(world)}"}
    answers = []
    for handle, email in (("one", "alice@mail.example"), ("two", "fresh@mail.example")):
        before = world.services.hasher.count
        form = SIGN_UP | {"username": handle, "email": email}
        answer = await world.client.post("/api/v1/accounts", json=form, headers=bearer)
        answers.append((answer.status_code, set(answer.json()), world.services.hasher.count - before))
    assert answers[0] == answers[1]


async def test_a_suspended_account_is_blank(world: World) -> None:
    alice = await world.person("alice")
    await world.services.db.pool.execute("UPDATE account SET state = 2, display_name = 'x' WHERE id = $1", alice.id)
    seen = decoded(await world.client.get(f"/api/v1/accounts/{alice.id}"))
    assert set(seen) == ACCOUNT_KEYS | {"suspended"}
    assert (seen["suspended"], seen["display_name"]) == (True, "")
