"""Mastodon.py, as its users use it: register, log in, post with a picture, answer, react, follow, read, stream."""

from __future__ import annotations

import queue
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from mastodon import Mastodon, StreamListener

from tests.clients.conftest import grant
from tests.rig import films
from tests.rig.server import Server

SCOPES = ["read", "write", "follow", "push"]


def logged_in(server: Server, handle: str) -> Mastodon:
    """A client that went the whole way: app, authorise page, code, token."""
    server.account(handle)
    client_id, secret = Mastodon.create_app("Journey", scopes=SCOPES, api_base_url=server.origin)
    client = Mastodon(client_id=client_id, client_secret=secret, api_base_url=server.origin, ratelimit_method="throw")
    url = client.auth_request_url(scopes=SCOPES, allow_http=True)
    client.log_in(code=grant(server, handle, url), scopes=SCOPES, allow_http=True)
    return client


@pytest.fixture(scope="module")
def ann(server: Server) -> Mastodon:
    return logged_in(server, "ann_py")


@pytest.fixture(scope="module")
def ben(server: Server) -> Mastodon:
    return logged_in(server, "ben_py")


def eventually(check: Any, patience_s: float = 5) -> Any:
    """What `check` gives once it gives something."""
    end = time.monotonic() + patience_s
    while True:
        found = check()
        if found or time.monotonic() > end:
            assert found
            return found
        time.sleep(0.05)


def test_it_knows_the_server_and_itself(ann: Mastodon) -> None:
    assert ann.me().acct == "ann_py"
    assert ann.instance().configuration.statuses.max_characters == 1000
    assert ann.app_verify_credentials().name == "Journey"


def test_a_video_is_sent_waited_for_posted_and_plays(ann: Mastodon, ben: Mastodon, tmp_path: Path) -> None:
    film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=1)
    media = ann.media_post(str(film), description="A pattern", synchronous=True)
    assert media.type == "video"
    post = ann.status_post("it moves", media_ids=[media])
    (shown,) = ben.status(post.id).media_attachments
    assert (shown.type, shown.description, shown.meta.original.width) == ("video", "A pattern", 320)
    (tmp_path / "back.mp4").write_bytes(httpx.get(shown.url).content)
    assert films.decoded(tmp_path / "back.mp4")[0] == 25
    assert httpx.get(shown.preview_url).headers["content-type"] == "image/webp"


def test_a_post_with_a_picture_is_seen_by_others(ann: Mastodon, ben: Mastodon, picture_file: Path) -> None:
    media = ann.media_post(str(picture_file), description="An orange field", focus=(0.1, 0.2))
    assert media.meta.original.width == 320
    post = ann.status_post("look at this #field", media_ids=[media], language="en", idempotency_key="one")
    again = ann.status_post("look at this #field", media_ids=[media], language="en", idempotency_key="one")
    assert post.id == again.id
    seen = ben.status(post.id)
    assert seen.media_attachments[0].description == "An orange field"
    assert seen.media_attachments[0].blurhash
    assert [s.id for s in ben.timeline_hashtag("field")] == [post.id]
    assert post.id in [s.id for s in ben.timeline_local()]


def test_answer_repost_favourite_bookmark_and_back(ann: Mastodon, ben: Mastodon) -> None:
    post = ann.status_post("what do you think?")
    reply = ben.status_reply(post, "I agree")
    assert reply.in_reply_to_id == post.id
    assert ben.status_reblog(post.id).reblog.id == post.id
    assert ben.status_favourite(post.id).favourites_count == 1
    assert ben.status_bookmark(post.id).bookmarked
    assert [s.id for s in ben.bookmarks()] == [post.id]
    assert [s.id for s in ben.favourites()] == [post.id]
    assert [s.id for s in ann.status_context(post.id).descendants] == [reply.id]
    assert [a.acct for a in ann.status_favourited_by(post.id)] == ["ben_py"]
    assert [a.acct for a in ann.status_reblogged_by(post.id)] == ["ben_py"]
    assert not ben.status_unfavourite(post.id).favourited
    assert not ben.status_unreblog(post.id).reblogged
    assert not ben.status_unbookmark(post.id).bookmarked
    eventually(lambda: {"mention", "reblog", "favourite"} <= {n.type for n in ann.notifications()})


def test_following_fills_home_and_notifies(ann: Mastodon, ben: Mastodon) -> None:
    relationship = ben.account_follow(ann.me().id)
    assert relationship.following
    post = ann.status_post("for my followers", visibility="private")
    eventually(lambda: post.id in [s.id for s in ben.timeline_home()])
    eventually(lambda: "follow" in {n.type for n in ann.notifications()})
    assert [a.acct for a in ann.account_followers(ann.me().id)] == ["ben_py"]
    page = ben.timeline_home(limit=1)
    assert len(ben.fetch_next(page)) == 1


def test_a_profile_can_be_changed(ann: Mastodon, picture_file: Path) -> None:
    me = ann.account_update_credentials(
        display_name="Ann", note="hello\nthere", avatar=str(picture_file), fields=[("home", "here")], locked=False
    )
    assert me.display_name == "Ann"
    assert "missing.png" not in me.avatar
    assert me.fields[0].name == "home"


class Listener(StreamListener):
    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, Any, float]] = queue.Queue()

    def on_update(self, status: Any) -> None:
        self.heard.put(("update", status, time.monotonic()))

    def on_notification(self, notification: Any) -> None:
        self.heard.put(("notification", notification, time.monotonic()))

    def on_delete(self, status_id: Any) -> None:
        self.heard.put(("delete", status_id, time.monotonic()))


def test_a_streamed_post_arrives_within_a_second(ann: Mastodon, ben: Mastodon) -> None:
    assert ben.stream_healthy()
    ben.account_follow(ann.me().id)
    listener = Listener()
    handle = ben.stream_user(listener, run_async=True, timeout=30, reconnect_async=False)
    try:
        time.sleep(1.0)
        sent = time.monotonic()
        post = ann.status_post("@ben_py live from here")
        heard = {}
        while len(heard) < 2:
            kind, thing, at = listener.heard.get(timeout=5)
            heard[kind] = (thing, at - sent)
        assert heard["update"][0].id == post.id
        assert heard["notification"][0].status.id == post.id
        print(
            f"update after {heard['update'][1] * 1000:.0f} ms, notification after {heard['notification'][1] * 1000:.0f} ms"
        )
        assert heard["update"][1] < 1.0
        ann.status_delete(post.id)
        assert listener.heard.get(timeout=5)[0] == "delete"
    finally:
        handle.close()
