"""Streaming: what a reload would show arrives by itself, and nothing else does."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest

from parvis.api.streaming import application, server_sent
from parvis.base.clock import utc_now
from parvis.base.events import AccountChanged, PostPublished
from parvis.base.ids import PostId
from parvis.domain import accounts, posts, relationships
from parvis.domain.posts.types import Visibility
from parvis.domain.timelines import Listener, live
from parvis.domain.timelines.listeners import MOST_WAITING
from parvis.infra import events
from tests.rig.people import Person
from tests.rig.pictures import jpeg
from tests.rig.streams import ROOT, Socket, knock, narration_of, request, socket_of
from tests.rig.world import World


async def publish(world: World, author: Person, text: str, **draft: Any) -> PostId:
    """The post is published, and those who listen have been told."""
    post_id = await author.says(text, **draft)
    await world.settle()
    return post_id


async def heard_status(socket: Socket) -> Any:
    """The next status; notifications, which may come before or after, are passed over."""
    while True:
        _, event, payload = await socket.event()
        if event != "notification":
            assert event == "update"
            return payload


async def heard_text(socket: Socket) -> str:
    """The words of the next status."""
    return (await heard_status(socket))["content"]


# ── who may come in ──


@pytest.mark.parametrize("way", ["header", "protocol", "query"])
async def test_the_token_comes_by_header_by_protocol_or_in_the_address(world: World, way: str) -> None:
    alice = await world.person("alice")
    match way:
        case "header":
            socket, answer = await knock(world, authorization=f"Bearer {alice.token}")
        case "protocol":
            socket, answer = await knock(world, protocols=(alice.token,))
        case _:
            socket, answer = await knock(world, query=f"access_token={alice.token}")
    assert answer["type"] == "websocket.accept"
    assert answer["subprotocol"] == (alice.token if way == "protocol" else None), "or browsers refuse the connection"
    await socket.say({"type": "websocket.disconnect", "code": 1000})
    await socket.end()


async def test_a_slash_at_the_end_makes_no_difference_and_the_stream_may_stand_in_the_address(world: World) -> None:
    alice = await world.person("alice")
    socket, answer = await knock(world, ROOT + "/", query="stream=user", authorization=f"Bearer {alice.token}")
    assert answer["type"] == "websocket.accept"
    await publish(world, alice, "to myself")
    assert "to myself" in await heard_text(socket)
    await socket.say({"type": "websocket.disconnect", "code": 1000})
    await socket.end()


@pytest.mark.parametrize("token", ["", "wrong", "\x00", "é" * 40])
async def test_without_a_good_token_the_handshake_is_answered_with_401(world: World, token: str) -> None:
    socket, answer = await knock(world, protocols=(token,) if token else ())
    assert (answer["type"], answer["status"]) == ("websocket.http.response.start", 401)
    assert b"error" in (await socket.hear())["body"]


async def test_the_token_of_an_app_alone_opens_nothing(world: World) -> None:
    async with world.services.db.transaction() as tx:
        app, secret = await accounts.register_app(
            tx,
            world.services.ids,
            name="Rig",
            redirect_uris=["urn:ietf:wg:oauth:2.0:oob"],
            scopes_text="read",
            now=utc_now(),
        )
        grant = await accounts.client_token(
            tx, world.services.ids, client_id=app.client_id, client_secret=secret, scope="read", now=utc_now()
        )
    _, answer = await knock(world, authorization=f"Bearer {grant.token}")
    assert answer["status"] == 401


async def test_a_stream_that_the_scopes_do_not_cover_is_refused_and_the_connection_stays(world: World) -> None:
    alice = await world.person("alice", scopes=("read:notifications", "write"))
    async with socket_of(world, alice) as socket:
        await socket.ask(type="subscribe", stream="user")
        assert (await socket.frame())["error"] == "Access token does not have the required scopes"
        await socket.ask(type="subscribe", stream="user:notification")
        await socket.ask(type="subscribe", stream="nonsense")
        assert (await socket.frame())["error"]
    _, answer = await request(world, "user", authorization=f"Bearer {alice.token}")
    assert answer["status"] == 401


async def test_j2_an_account_has_ten_streams_at_most(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    sockets = [(await knock(world, authorization=f"Bearer {alice.token}"))[0] for _ in range(live.MOST_OF_ACCOUNT)]
    _, answer = await knock(world, authorization=f"Bearer {alice.token}")
    assert answer["status"] == 429
    async with socket_of(world, bob, "user"):
        pass
    for socket in sockets:
        await socket.say({"type": "websocket.disconnect", "code": 1000})
        await socket.end()
    async with socket_of(world, alice, "user"):
        pass


async def test_j2_an_address_has_a_limited_number_of_streams(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "MOST_OF_NETWORK", 1)
    alice, bob = await world.person("alice"), await world.person("bob")
    world.services.settings = msgspec.structs.replace(world.services.settings, rate_limits=True)
    async with socket_of(world, alice, "user"):
        _, answer = await knock(world, authorization=f"Bearer {bob.token}")
        assert answer["status"] == 429
    async with socket_of(world, bob, "user"):
        pass


# ── one's own page ──


async def test_a_post_of_somebody_followed_arrives_whole_and_its_payload_is_a_string(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(bob, alice)
    async with socket_of(world, bob, "user") as socket:
        post_id = await publish(world, alice, "bonjour")
        stream, event, status = await socket.event()
    assert (stream, event) == (["user"], "update")
    asked = (await bob.get(f"/api/v1/statuses/{post_id}")).json()
    assert status == asked, "what streams is what a request would answer"


async def test_strangers_posts_do_not_arrive_and_ones_own_do(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "user") as socket:
        await publish(world, alice, "not for bob")
        await publish(world, bob, "mine")
        assert "mine" in await heard_text(socket)


async def test_following_and_unfollowing_take_effect_without_reconnecting(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "user") as socket:
        await world.follows(bob, alice)
        await publish(world, alice, "one")
        assert "one" in await heard_text(socket)
        async with world.services.db.transaction() as tx:
            await relationships.unfollow(tx, bob.id, alice.id)
        await publish(world, alice, "two")
        await publish(world, bob, "sentinel")
        assert "sentinel" in await heard_text(socket)


@pytest.mark.parametrize("act", ["alice blocks bob", "bob blocks alice", "bob mutes alice"])
async def test_j1_blocks_and_mutes_stop_the_next_post(world: World, act: str) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(bob, alice)
    async with socket_of(world, bob, "user", "public", "hashtag", tag="x") as socket:
        who, verb, whom = act.split()
        do = {"blocks": relationships.block, "mutes": relationships.mute}[verb]
        people = {"alice": alice, "bob": bob}
        async with world.services.db.transaction() as tx:
            await do(tx, world.services.ids, people[who].id, people[whom].id, now=utc_now())
        await publish(world, alice, "hidden #x")
        await publish(world, bob, "sentinel")
        assert "sentinel" in await heard_text(socket)


async def test_a_post_for_followers_does_not_reach_others_and_one_for_the_mentioned_only_them(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(bob, alice)
    await world.follows(carol, alice)
    async with socket_of(world, bob, "user", "public") as bobs, socket_of(world, carol, "user") as carols:
        await publish(world, alice, "for @carol", visibility=Visibility.MENTIONED)
        await publish(world, alice, "for followers", visibility=Visibility.FOLLOWERS)
        assert "for followers" in await heard_text(bobs)
        assert (await heard_status(carols))["visibility"] == "direct"


async def test_a_reply_tells_nobody_of_a_post_they_may_not_see(world: World) -> None:
    alice, bob, carol, dave = [await world.person(name) for name in ("alice", "bob", "carol", "dave")]
    await world.follows(bob, alice)
    await world.follows(carol, alice)
    await world.follows(bob, dave)
    await world.follows(carol, dave)
    root = await publish(world, dave, "root")
    async with socket_of(world, bob, "user") as bobs, socket_of(world, carol, "user") as carols:
        async with world.services.db.transaction() as tx:
            await relationships.block(tx, world.services.ids, dave.id, carol.id, now=utc_now())
        await publish(world, alice, "answer", in_reply_to_id=root)
        await publish(world, alice, "sentinel")
        assert (await heard_status(bobs))["in_reply_to_id"] == str(root)
        assert "sentinel" in await heard_text(carols), "carol no longer follows dave, so the answer is not for her home"
    async with socket_of(world, carol, "hashtag", tag="x") as carols:
        await publish(world, alice, "answer #x", in_reply_to_id=root)
        _, _, status = await carols.event()
        assert status["in_reply_to_id"] == str(root), "for everybody the page is the same, and strangers may see it"


async def test_a_repost_arrives_with_the_viewers_own_marks(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(bob, alice)
    original = await publish(world, carol, "worth reading")
    async with world.services.db.transaction() as tx:
        await posts.favourite(tx, world.services.ids, bob.id, original, now=utc_now())
    async with socket_of(world, bob, "user", "public") as socket:
        async with world.services.db.transaction() as tx:
            await posts.repost(tx, world.services.ids, alice.id, original, now=utc_now())
        await world.settle()
        stream, _, status = await socket.event()
    assert stream == ["user"], "public pages hold no reposts"
    assert status["account"]["username"] == "alice"
    assert (status["reblog"]["id"], status["reblog"]["favourited"], status["reblogged"]) == (str(original), True, False)


async def test_a_removed_post_is_told_by_its_id_to_those_who_had_it(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(bob, alice)
    await world.follows(carol, alice)
    hidden = await publish(world, alice, "for @bob", visibility=Visibility.MENTIONED)
    shown = await publish(world, alice, "for all")
    async with socket_of(world, bob, "user", "public") as bobs, socket_of(world, carol, "user") as carols:
        for post_id in (hidden, shown):
            async with world.services.db.transaction() as tx:
                await posts.remove(tx, alice.id, post_id, now=utc_now())
        await world.settle()
        frames = [await bobs.frame() for _ in range(3)]
        assert frames == [
            {"stream": ["user"], "event": "delete", "payload": str(hidden)},
            {"stream": ["user"], "event": "delete", "payload": str(shown)},
            {"stream": ["public"], "event": "delete", "payload": str(shown)},
        ]
        assert (await carols.frame())["payload"] == str(shown), "carol never knew of the other"


async def test_a_removed_post_is_told_to_those_who_had_it_by_a_repost(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(carol, bob)
    shown = await publish(world, alice, "for all")
    async with world.services.db.transaction() as tx:
        repost = await posts.repost(tx, world.services.ids, bob.id, shown, now=utc_now())
    await world.settle()
    async with socket_of(world, carol, "user") as carols:
        async with world.services.db.transaction() as tx:
            await posts.remove(tx, alice.id, shown, now=utc_now())
        await world.settle()
        assert await carols.frame() == {"stream": ["user"], "event": "delete", "payload": str(repost)}
    async with world.services.db.connection() as db:
        assert [one.posts_count for one in (await accounts.by_ids(db, [alice.id, bob.id])).values()] == [0, 0]


async def test_notifications_arrive_as_a_request_would_answer_them(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "user:notification") as socket:
        await publish(world, alice, "hello @bob")
        stream, event, notification = await socket.event()
        assert notification == (await bob.get(f"/api/v1/notifications/{notification['id']}")).json()
        await world.follows(alice, bob)
        _, _, second = await socket.event()
    assert (stream, event, notification["type"]) == (["user:notification"], "notification", "mention")
    assert second["type"] == "follow"
    assert "status" not in second


async def test_without_the_scope_the_page_of_ones_own_has_no_notifications(world: World) -> None:
    alice = await world.person("alice")
    bob = await world.person("bob", scopes=("read:statuses",))
    async with socket_of(world, bob, "user") as socket:
        await publish(world, alice, "hello @bob")
        await publish(world, bob, "sentinel")
        assert "sentinel" in await heard_text(socket)


async def test_an_edited_post_arrives_anew_and_a_question_carries_only_ones_own_vote(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(bob, carol)
    await world.follows(carol, alice)
    asked = await alice.post("/api/v1/statuses", {"status": "?", "poll": {"options": ["a", "b"], "expires_in": 600}})
    poll_id = asked.json()["poll"]["id"]
    assert (await carol.post(f"/api/v1/polls/{poll_id}/votes", {"choices": [1]})).status_code == 200
    await world.settle()
    async with socket_of(world, bob, "user") as bobs, socket_of(world, carol, "user") as carols:
        await carol.post(f"/api/v1/statuses/{asked.json()['id']}/reblog")
        await world.settle()
        _, _, seen_by_bob = await bobs.event()
        _, _, seen_by_carol = await carols.event()
        assert (seen_by_bob["reblog"]["poll"]["voted"], seen_by_bob["reblog"]["poll"]["own_votes"]) == (False, [])
        assert seen_by_carol["reblog"]["poll"]["own_votes"] == [1]
        edited = await alice.client.put(
            f"/api/v1/statuses/{asked.json()['id']}", json={"status": "what?"}, headers=alice.headers
        )
        assert edited.status_code == 200
        await world.settle()
        stream, event, status = await carols.event()
        if event == "notification":  # carol passed it on, so she is also notified; which comes first is open
            stream, event, status = await carols.event()
        assert (stream, event, status["id"]) == (["user"], "status.update", asked.json()["id"])
        assert "what?" in status["content"]


# ── public pages ──


async def test_public_pages_carry_no_viewers_keys_and_the_name_that_was_asked_for(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "public", "public:local", "public:remote") as socket:
        await publish(world, alice, "to everybody")
        frames = [await socket.event(), await socket.event()]
    assert [stream for stream, _, _ in frames] == [["public"], ["public:local"]]
    assert not {"favourited", "reblogged", "muted", "bookmarked", "pinned", "filtered"} & frames[0][2].keys()


async def test_quiet_posts_and_answers_to_others_are_not_on_public_pages(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    root = await publish(world, bob, "root")
    async with socket_of(world, bob, "public") as socket:
        await publish(world, alice, "quiet", visibility=Visibility.QUIET)
        await publish(world, alice, "answer", in_reply_to_id=root)
        await publish(world, alice, "sentinel")
        assert "sentinel" in await heard_text(socket)


async def test_a_hashtag_is_found_however_it_is_written_and_told_as_it_was_asked_for(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "hashtag", tag="CafÉ") as socket:
        await publish(world, alice, "#other")
        await publish(world, alice, "at the #café")
        stream, event, status = await socket.event()
    assert (stream, event) == (["hashtag", "CafÉ"], "update")
    assert "café" in status["content"]


async def test_an_unsubscribed_stream_is_silent_and_another_that_means_the_same_is_not(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with socket_of(world, bob, "public", "public", "public:local") as socket:
        await publish(world, alice, "one")
        assert [(await socket.frame())["stream"] for _ in range(2)] == [["public"], ["public:local"]], "once each"
        await socket.ask(type="unsubscribe", stream="public")
        await socket.ask(type="subscribe", stream="list", list="7")
        assert (await socket.frame()) == {"error": "List not found", "status": 404}
        await publish(world, alice, "two")
        assert (await socket.frame())["stream"] == ["public:local"]


# ── the conversation itself ──


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"subscribe","stream":"local"}',
        '{"type":"subscribe","stream":"hashtag"}',
        '{"type":"subscribe"}',
        '{"type":"dance"}',
        "[1, 2]",
        "{",
        '{"type":"subscribe","stream":7}',
        "x" * 10_000,
    ],
)
async def test_what_we_do_not_understand_is_answered_with_an_error_and_the_connection_stays(
    world: World, text: str
) -> None:
    alice = await world.person("alice")
    async with socket_of(world, alice, "user") as socket:
        await socket.say({"type": "websocket.receive", "text": text})
        frame = await socket.frame()
        assert frame["status"] == 400
        assert frame["error"]
        await publish(world, alice, "still here")
        assert "still here" in await heard_text(socket)


async def test_binary_frames_close_the_connection(world: World) -> None:
    alice = await world.person("alice")
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    await socket.say({"type": "websocket.receive", "bytes": b"\x00"})
    assert await socket.closed() == 1003
    await socket.end()


async def test_a_revoked_token_closes_its_streams_at_once(world: World) -> None:
    alice = await world.person("alice")
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    await socket.ask(type="subscribe", stream="user")
    await _revoke(world, alice)
    await world.settle()
    assert await socket.closed(within_s=1) == 1008
    await socket.end()


async def test_j1_a_revoked_token_closes_its_streams_within_five_seconds_also_when_news_are_lost(world: World) -> None:
    alice = await world.person("alice")
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    await _revoke(world, alice)  # and nobody tells
    began = time.monotonic()
    assert await socket.closed(within_s=6) == 1008
    assert time.monotonic() - began < 5
    await socket.end()


async def _revoke(world: World, person: Person) -> None:
    async with world.services.db.transaction() as tx:
        (app,) = await accounts.authorized_apps(tx, person.id)
        await accounts.end_token(tx, person.id, app.token_id)


async def test_j1_a_suspended_account_hears_nothing_more(world: World) -> None:
    alice = await world.person("alice")
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    async with world.services.db.transaction() as tx:
        await tx.execute("UPDATE account SET state = 2 WHERE id = $1", alice.id)
        await events.record(tx, AccountChanged(account_id=alice.id))
    await world.settle()
    assert await socket.closed(within_s=2) == 1008
    await socket.end()
    _, answer = await knock(world, authorization=f"Bearer {alice.token}")
    assert answer["status"] == 401


async def test_j2_whoever_is_too_slow_is_closed_to_come_back_and_catch_up(world: World) -> None:
    alice = await world.person("alice")
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    socket.blocked = asyncio.Event()
    for _ in range(MOST_WAITING + 10):
        await socket.ask(type="dance")
    await asyncio.sleep(0.3)
    socket.blocked.set()
    assert await socket.closed() == 1013
    await socket.end()


async def test_j2_a_listener_keeps_no_more_than_its_share(world: World) -> None:
    door = application.Streaming(world.services, live.Live(world.services))
    listener = Listener(door, None, None)
    for number in range(MOST_WAITING):
        listener.put(number)
    assert listener.closed_because == ""
    listener.put("one too many")
    assert listener.closed_because == "overflow"


async def test_however_many_listen_a_post_costs_the_same_few_statements(world: World) -> None:
    alice = await world.person("alice")
    people = [await world.person(f"reader{n}") for n in range(6)]
    for person in people:
        await world.follows(person, alice)
    costs = []
    for listening in (people[:1], people):
        post_id = await alice.says("hello")
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(socket_of(world, one, "user", "public")) for one in listening]
            with world.statements() as sent:
                await world.services.news.publish("posts.0", _published(post_id, alice))
                for socket in sockets:
                    await socket.event()
                    await socket.event()
            costs.append(len([one for one in sent if "oauth_token" not in one]))  # the tokens' check has its own clock
    assert costs[0] == costs[1] <= 3, costs


def _published(post_id: PostId, author: Person) -> bytes:
    return events.encode(PostPublished(post_id=post_id, author_id=author.id)).encode()


# ── server-sent events ──


async def test_server_sent_events_begin_with_a_smile_and_tell_the_same(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(bob, alice)
    async with narration_of(world, bob, "user") as mine, narration_of(world, bob, "hashtag", "tag=x") as tagged:
        post_id = await publish(world, alice, "hello #x\nsecond line")
        event, status = await mine.event()
        assert (event, status["id"]) == ("update", str(post_id))
        assert status == (await bob.get(f"/api/v1/statuses/{post_id}")).json()
        assert (await tagged.event())[1]["id"] == str(post_id)


async def test_silence_is_broken_by_a_thump(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_sent, "THUMP_EVERY_S", 0.1)
    alice = await world.person("alice")
    async with narration_of(world, alice, "user") as narration:
        assert [await narration.text(), await narration.text()] == [":thump\n", ":thump\n"]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("local", "", 404),
        ("", "", 404),
        ("hashtag", "", 400),
        ("list", "list=1", 404),
        ("user/notification", "", 200),
        ("public/local", "only_media=true", 200),
        ("hashtag/local", "tag=x", 200),
        ("direct", "", 200),
    ],
)
async def test_paths_of_server_sent_events(world: World, path: str, query: str, status: int) -> None:
    alice = await world.person("alice")
    narration, answer = await request(world, path, query, authorization=f"Bearer {alice.token}")
    assert answer["status"] == status
    assert (b"access-control-allow-origin", b"*") in answer["headers"]
    await narration.say({"type": "http.disconnect"})
    await narration.end()


async def test_streaming_says_that_it_is_well_and_asks_for_a_token(world: World) -> None:
    narration, answer = await request(world, "health")
    assert answer["status"] == 200
    assert await narration.text() == "OK"
    _, answer = await request(world, "user")
    assert answer["status"] == 401


async def test_only_posts_with_pictures_are_on_the_media_pages(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with narration_of(world, bob, "public", "only_media=true") as narration:
        await publish(world, alice, "words")
        uploaded = await alice.client.post(
            "/api/v2/media", files={"file": ("x.jpg", jpeg(), "image/jpeg")}, headers=alice.headers
        )
        shown = await alice.post("/api/v1/statuses", {"status": "", "media_ids": [uploaded.json()["id"]]})
        await world.settle()
        assert (await narration.event())[1]["id"] == shown.json()["id"]
