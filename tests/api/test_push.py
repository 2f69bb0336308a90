"""Web push from the subscription to what an app reads, by a push service of this test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts, notifications
from parvis.domain.posts.types import Visibility
from parvis.infra import rate_limits
from parvis.worker.runner import JobFailed
from tests.rig.people import Person, decoded
from tests.rig.phones import App
from tests.rig.strangers import Asked, Stranger, answering, stranger
from tests.rig.world import World, new_world, settings_for

PATH = "/api/v1/push/subscription"
EVERY_ALERT = (
    "mention quote status reblog follow follow_request favourite poll update quoted_update admin.sign_up admin.report"
).split()


@pytest.fixture
async def near(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world that may go to addresses of this machine."""
    settings = settings_for(
        tmp_path, fresh_database_url, nats_url, allow_private_addresses=True, contact_email="help@parvis.test"
    )
    async with new_world(settings) as made:
        yield made


async def subscribed(who: Person, there: Stranger, app: App, *alerts: str, **more: Any) -> Any:
    standard = more.pop("standard", True)
    wish = {"endpoint": f"http://127.0.0.1:{there.port}/{who.handle}", "keys": app.keys, "standard": standard}
    data = {"alerts": dict.fromkeys(alerts, True), **more}
    return decoded(await who.post(PATH, {"subscription": wish, "data": data}))


@pytest.mark.parametrize("standard", [True, False])
async def test_an_app_reads_what_concerns_its_person(near: World, standard: bool) -> None:
    alice, bob = await near.person("alice"), await near.person("bob")
    app = App()
    async with stranger(answering(201)) as there:
        await subscribed(alice, there, app, "mention", standard=standard)
        await bob.says("@alice  good\n\nmorning to you")
        await near.settle()
    (asked,) = there.asked
    assert (asked.method, asked.target) == ("POST", "/alice")
    assert (asked.headers["ttl"], asked.headers["urgency"]) == ("172800", "normal")
    assert asked.headers["content-type"] == "application/octet-stream"
    (told,) = decoded(await alice.get("/api/v1/notifications"))
    assert app.read(asked) == {
        "access_token": alice.token,
        "preferred_locale": "en",
        "notification_id": int(told["id"]),
        "notification_type": "mention",
        "icon": told["account"]["avatar"],
        "title": "bob mentions you",
        "body": "@alice good morning to you",
    }


async def test_each_kind_says_what_it_is(near: World) -> None:
    alice, bob = await near.person("alice"), await near.person("bob")
    async with near.services.db.transaction() as tx:
        change = accounts.ProfileChange(display_name="Bob B.", note="I bake **bread**", locale="fr")
        await accounts.update_profile(tx, bob.id, change=change, now=utc_now())
        change = accounts.ProfileChange(locked=True, locale="fr")
        await accounts.update_profile(tx, alice.id, change=change, now=utc_now())
    app = App()
    async with stranger(answering(200)) as there:
        await subscribed(alice, there, app, *EVERY_ALERT)
        post = decoded(await alice.post("/api/v1/statuses", {"status": "x" * 300}))["id"]
        warned = decoded(await alice.post("/api/v1/statuses", {"status": "the end", "spoiler_text": "about a film"}))[
            "id"
        ]
        await bob.post(f"/api/v1/statuses/{post}/favourite")
        await near.settle()
        await bob.post(f"/api/v1/statuses/{warned}/reblog")
        await near.settle()
        await bob.post(f"/api/v1/accounts/{alice.id}/follow")
        await near.settle()
        await near.follows(alice, bob, notify=True)
        await bob.says("fresh bread")
        await near.settle()
    said = {one["notification_type"]: (one["title"], one["body"]) for one in map(app.read, there.asked)}
    assert said == {
        "favourite": ("Bob B. aime votre message", "x" * 139 + "…"),
        "reblog": ("Bob B. a relayé votre message", "about a film"),
        "follow_request": ("Bob B. demande à vous suivre", "I bake **bread**"),
        "status": ("Bob B. a publié un nouveau message", "fresh bread"),
    }


async def test_a_subscription_says_everything_that_clients_insist_on(near: World) -> None:
    alice = await near.person("alice")
    key = decoded(await alice.get("/api/v2/instance"))["configuration"]["vapid"]["public_key"]
    missing = await alice.get(PATH)
    assert (missing.status_code, missing.json()) == (404, {"error": "Record not found"})
    async with stranger(answering()) as there:
        made = await subscribed(alice, there, App(), "mention", "admin.sign_up", policy="followed", standard=False)
    assert made == {
        "id": made["id"],
        "endpoint": f"http://127.0.0.1:{there.port}/alice",
        "standard": False,
        "server_key": key,
        "alerts": {one: one in ("mention", "admin.sign_up") for one in EVERY_ALERT},
        "policy": "followed",
    }
    assert isinstance(made["id"], int)
    assert made["id"] < 2**53
    assert decoded(await alice.get(PATH)) == made


@pytest.mark.parametrize("way", ["query", "form", "json"])
async def test_parameters_come_in_every_way(near: World, way: str) -> None:
    alice, app = await near.person("alice"), App()
    flat = {
        "subscription[endpoint]": "http://127.0.0.1:9/x",
        "subscription[keys][p256dh]": app.keys["p256dh"] + "=",
        "subscription[keys][auth]": app.keys["auth"] + "==",
        "data[alerts][mention]": "true",
        "data[alerts][follow]": "1",
        "data[alerts][admin.report]": "on",
        "data[alerts][poll]": "false",
        "policy": "follower",
    }
    nested = {
        "subscription": {"endpoint": "http://127.0.0.1:9/x", "keys": app.keys, "unknown": 1},
        "data": {"alerts": {"mention": True, "follow": 1, "admin.report": "on", "poll": False}},
        "policy": "follower",
    }
    if way == "query":
        answer = await near.client.post(f"{PATH}?{urlencode(flat)}", headers=alice.headers)
    elif way == "form":
        answer = await near.client.post(PATH, data=flat, headers=alice.headers)
    else:
        answer = await alice.post(PATH, nested)
    made = decoded(answer)
    assert [one for one, on in made["alerts"].items() if on] == ["mention", "follow", "admin.report"]
    assert (made["policy"], made["standard"]) == ("follower", False)


async def test_a_change_replaces_alerts_and_keeps_the_rest(near: World) -> None:
    alice = await near.person("alice")
    assert (await alice.client.put(PATH, json={"data": {}}, headers=alice.headers)).status_code == 404
    async with stranger(answering()) as there:
        made = await subscribed(alice, there, App(), "mention", policy="follower")
    only = {"data": {"alerts": {"poll": True}}}
    changed = decoded(await alice.client.put(PATH, json=only, headers=alice.headers))
    assert [one for one, on in changed["alerts"].items() if on] == ["poll"]
    assert (changed["policy"], changed["id"], changed["endpoint"]) == ("follower", made["id"], made["endpoint"])
    policy = decoded(await alice.client.put(f"{PATH}?policy=none", headers=alice.headers))
    assert (policy["policy"], policy["alerts"]) == ("none", changed["alerts"])
    refused = await alice.client.put(PATH, json={"policy": "friends"}, headers=alice.headers)
    assert refused.status_code == 422


async def test_a_token_has_one_subscription_which_the_last_wish_decides(near: World) -> None:
    alice, bob = await near.person("alice"), await near.person("bob")
    old, new = App(), App()
    async with stranger(answering()) as first, stranger(answering()) as second:
        before = await subscribed(alice, first, old, "mention")
        after = await subscribed(alice, second, new, "mention")
        assert before["id"] == after["id"]
        await bob.says("@alice hi")
        await near.settle()
    assert (len(first.asked), len(second.asked)) == (0, 1)
    assert new.read(second.asked[0])["title"] == "bob mentions you"
    for _ in range(2):
        assert decoded(await alice.delete(PATH)) == {}
    assert (await alice.get(PATH)).status_code == 404


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "nonsense",
        "http://push.example/x",
        "ftp://push.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://push.example:6379/",
        "https://user:password@push.example/",
        "https://push.example/" + "x" * 3000,
    ],
)
async def test_f5_endpoints_inside_are_refused(world: World, endpoint: str) -> None:
    alice, app = await world.person("alice"), App()
    answer = await alice.post(PATH, {"subscription": {"endpoint": endpoint, "keys": app.keys}})
    assert answer.status_code in (400, 422)
    assert (await alice.get(PATH)).status_code == 404


async def test_f5_an_endpoint_whose_name_leads_inside_is_never_called(world: World) -> None:
    alice, bob, app = await world.person("alice"), await world.person("bob"), App()
    async with stranger(answering()) as there:
        decoded(
            await alice.post(
                PATH,
                {
                    "subscription": {"endpoint": "https://localhost:8443/x", "keys": app.keys},
                    "data": {"alerts": {"mention": True}},
                },
            )
        )
        await bob.says("@alice hi")
        await world.settle()
        assert there.connections == 0
    assert (await alice.get(PATH)).status_code == 404


@pytest.mark.parametrize("broken", ["p256dh", "auth"])
async def test_keys_that_are_none_are_refused(near: World, broken: str) -> None:
    alice, app = await near.person("alice"), App()
    keys = app.keys | {broken: "AAAA"}
    answer = await alice.post(PATH, {"subscription": {"endpoint": "http://127.0.0.1:9/x", "keys": keys}})
    assert (answer.status_code, answer.json()) == (422, {"error": "Validation failed: Keys are invalid"})


async def test_alerts_and_policy_decide(near: World) -> None:
    alice, friend, stranger_, fan = [await near.person(name) for name in ("alice", "friend", "other", "fan")]
    await near.follows(alice, friend)
    await near.follows(fan, alice)
    app = App()
    async with stranger(answering()) as there:
        for policy, heard in (
            ("all", ["friend", "other", "fan"]),
            ("followed", ["friend"]),
            ("follower", ["fan"]),
            ("none", []),
        ):
            await subscribed(alice, there, app, "mention", policy=policy)
            there.asked.clear()
            for one in (friend, stranger_, fan):
                await one.says("@alice hi")
                await near.settle()
            assert [app.read(asked)["title"].split()[0] for asked in there.asked] == heard
        await subscribed(alice, there, app, "follow")
        there.asked.clear()
        await fan.says("@alice hi")
        await near.settle()
        assert there.asked == []


async def test_what_waits_in_a_request_is_not_pushed(near: World) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    await alice.client.patch(
        "/api/v2/notifications/policy", json={"for_not_following": "filter"}, headers=alice.headers
    )
    async with stranger(answering()) as there:
        await subscribed(alice, there, app, "mention")
        await bob.says("@alice hi")
        await near.settle()
        assert there.asked == []


async def add_job(world: World, who: Person, subscription: int, notification: int) -> None:
    """A delivery is decided again, as when a worker comes to it late."""
    what = notifications.Delivery(who.id, subscription, notification)  # type: ignore[arg-type]
    await notifications.deliver(world.services, what, failures=0, now=utc_now())


@pytest.mark.parametrize("change", ["hidden", "deleted", "blocked", "muted", "dismissed", "filtered"])
async def test_c5_the_message_is_decided_when_it_is_sent(near: World, change: str) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    async with stranger(answering()) as there:
        made = await subscribed(alice, there, app, "mention")
        post = await bob.says("@alice hi", visibility=Visibility.PUBLIC)
        await near.settle()
        (told,) = decoded(await alice.get("/api/v1/notifications"))
        await add_job(near, alice, made["id"], int(told["id"]))
        assert len(there.asked) == 2
        match change:
            case "hidden":
                await bob.post(f"/api/v1/accounts/{alice.id}/block")
            case "deleted":
                await bob.delete(f"/api/v1/statuses/{post}")
            case "blocked":
                await alice.post(f"/api/v1/accounts/{bob.id}/block")
            case "muted":
                await alice.post(f"/api/v1/accounts/{bob.id}/mute")
            case "dismissed":
                await alice.post(f"/api/v1/notifications/{told['id']}/dismiss")
            case "filtered":
                async with near.services.db.transaction() as tx:
                    await tx.execute("UPDATE notification SET filtered = true WHERE account_id = $1", alice.id)
        await add_job(near, alice, made["id"], int(told["id"]))
        assert len(there.asked) == 2


async def test_what_a_keyword_filter_hides_among_notifications_is_not_sent(near: World) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    for word, place, action in (
        ("spoiler", "notifications", "hide"),
        ("seen", "home", "hide"),
        ("seen", "notifications", "warn"),
    ):
        filtered = {"title": word, "context": [place], "filter_action": action}
        decoded(await alice.post("/api/v2/filters", filtered | {"keywords_attributes": [{"keyword": word}]}))
    async with stranger(answering()) as there:
        await subscribed(alice, there, app, "mention")
        for words in ("@alice a spoiler", "@alice have you seen it"):
            await bob.says(words)
            await near.settle()
    assert [app.read(asked)["body"] for asked in there.asked] == ["@alice have you seen it"]


async def test_nobody_gets_what_is_anothers(near: World) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    async with stranger(answering()) as there:
        made = await subscribed(bob, there, app, "mention")
        await bob.says("@alice hi")
        await near.settle()
        (told,) = decoded(await alice.get("/api/v1/notifications"))
        await add_job(near, bob, made["id"], int(told["id"]))
        await add_job(near, alice, made["id"], int(told["id"]))
        assert there.asked == []


async def test_a_revoked_token_hears_nothing_more(near: World) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    async with stranger(answering()) as there:
        made = await subscribed(alice, there, app, "mention")
        await bob.says("@alice one")
        await near.settle()
        (told,) = decoded(await alice.get("/api/v1/notifications"))
        async with near.services.db.transaction() as tx:
            await accounts.end_all(tx, alice.id)
        await add_job(near, alice, made["id"], int(told["id"]))  # before the worker hears of it
        assert len(there.asked) == 1
        await near.settle()
        async with near.services.db.connection() as db:
            assert await db.fetchval("SELECT count(*) FROM push_subscription") == 0
        await bob.says("@alice two")
        await near.settle()
        assert len(there.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413])
async def test_a_push_service_that_knows_nothing_of_it_ends_the_subscription(near: World, status: int) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    async with stranger(answering(status)) as there:
        await subscribed(alice, there, app, "mention")
        await bob.says("@alice one")
        await near.settle()
        await bob.says("@alice two")
        await near.settle()
        assert len(there.asked) == 1
    assert (await alice.get(PATH)).status_code == 404


@pytest.mark.parametrize("status", [302, 408, 429, 500, 503])
async def test_trouble_of_a_push_service_is_waited_for(near: World, status: int) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    statuses = [status, 201]

    async def say(asked: Asked, out: asyncio.StreamWriter) -> None:
        await answering(statuses.pop(0), Location="http://127.0.0.1:9/elsewhere")(asked, out)

    async with stranger(say) as there:
        await subscribed(alice, there, app, "mention")
        await bob.says("@alice one")
        with pytest.raises(JobFailed):
            await near.settle()
        async with near.services.db.transaction() as tx:
            assert await tx.fetchval("SELECT failing_since FROM push_subscription") is not None
            await tx.execute("UPDATE job SET due_at = now()")
        await near.settle()
        assert [app.read(one)["body"] for one in there.asked] == ["@alice one"] * 2
    async with near.services.db.connection() as db:
        assert await db.fetchval("SELECT failing_since FROM push_subscription") is None
        assert await db.fetchval("SELECT count(*) FROM job") == 0


async def test_a_dead_push_service_is_given_up_in_silence(near: World) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    async with stranger(answering(503)) as there:
        made = await subscribed(alice, there, app, "mention")
        await bob.says("@alice one")
        with pytest.raises(JobFailed):
            await near.settle()
        (told,) = decoded(await alice.get("/api/v1/notifications"))
        what = notifications.Delivery(alice.id, made["id"], int(told["id"]))  # type: ignore[arg-type]
        await notifications.deliver(near.services, what, failures=9, now=utc_now())
        decoded(await alice.get(PATH))
        async with near.services.db.transaction() as tx:
            await tx.execute("UPDATE push_subscription SET failing_since = now() - interval '8 days'")
        await notifications.deliver(near.services, what, failures=9, now=utc_now())
    assert (await alice.get(PATH)).status_code == 404


async def test_a_push_service_can_unsubscribe(near: World) -> None:
    alice, bob, app = await near.person("alice"), await near.person("bob"), App()
    async with stranger(answering()) as there:
        await subscribed(alice, there, app, "mention")
        await bob.says("@alice one")
        await near.settle()
    url = there.asked[0].headers["unsubscribe-url"]
    forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    assert (await near.client.delete(forged)).status_code == 404
    decoded(await alice.get(PATH))
    assert decoded(await near.client.delete(url)) == {}
    assert (await alice.get(PATH)).status_code == 404


async def test_the_token_is_not_stored_in_clear(near: World) -> None:
    alice = await near.person("alice")
    async with stranger(answering()) as there:
        await subscribed(alice, there, App(), "mention")
    async with near.services.db.connection() as db:
        row = await db.fetchval("SELECT token FROM push_subscription")
    assert alice.token.encode() not in row


async def test_the_oldest_of_very_many_subscriptions_makes_room(near: World) -> None:
    alice = await near.person("alice")
    async with stranger(answering()) as there, near.services.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO push_subscription (account_id, id, token_id, token, endpoint, point, auth, standard, alerts,
                                           policy, created_at)
            SELECT $1, n, n, '', 'https://push.example/', '', '', true, '{}', 'all', now() FROM generate_series(1, 25) n
            """,
            alice.id,
        )
    await subscribed(alice, there, App(), "mention")
    async with near.services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM push_subscription") == 20
        assert await db.fetchval("SELECT min(id) FROM push_subscription") == 7


async def test_f5_very_many_messages_of_one_person_are_not_sent(
    fresh_database_url: str, nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limit is that of an hour, and an hour must not end meanwhile.
    monkeypatch.setattr(rate_limits, "time", SimpleNamespace(time=lambda: 1_800_000_100.0))
    settings = settings_for(tmp_path, fresh_database_url, nats_url, allow_private_addresses=True, rate_limits=True)
    async with new_world(settings) as world, stranger(answering()) as there:
        alice, bob = await world.person("alice"), await world.person("bob")
        made = await subscribed(alice, there, App(), "mention")
        await bob.says("@alice hi")
        await world.settle()
        (told,) = decoded(await alice.get("/api/v1/notifications"))
        for _ in range(310):
            await add_job(world, alice, made["id"], int(told["id"]))
        assert len(there.asked) == 300
