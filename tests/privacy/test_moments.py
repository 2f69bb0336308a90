"""From the moment an act is answered, nothing shows what it hid: reads and publications run on while it happens.

An event of a stream is decided and handed over within a moment; what was decided before the answer may arrive up to
`UNDERWAY_S` after it. Nothing that is published after the answer may.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.worker.run import drain
from tests.privacy.model import FOLLOWERS, PUBLIC, Post
from tests.privacy.stage import Stage
from tests.rig.people import decoded
from tests.rig.streams import Narration, Socket, _scope, knock, request, socket_of
from tests.rig.world import World

ROUNDS = int(os.environ.get("PARVIS_PRIVACY_ROUNDS", "1"))
UNDERWAY_S = 0.3
AUTHOR, READER, OTHER = "someone0q", "someone1q", "someone2q"


@pytest.fixture
async def stage(world: World) -> AsyncIterator[Stage]:
    made = Stage(world, 1)
    await made.open(3)
    await made.follows(READER, AUTHOR)
    await world.settle()
    yield made
    await made.close()


@dataclass
class Log:
    """When each read began and whether it showed the word; when each event arrived, and what it was about."""

    reads: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)
    events: list[tuple[float, int]] = field(default_factory=list)


def surfaces(stage: Stage, post: Post) -> list[str]:
    author = stage.people[AUTHOR]
    return [
        f"/api/v1/statuses/{post.id}",
        f"/api/v1/statuses?id[]={post.id}",
        f"/api/v1/statuses/{post.id}/history",
        "/api/v1/timelines/home",
        f"/api/v1/accounts/{author.id}/statuses",
        "/api/v1/notifications",
        "/api/v1/bookmarks",
        f"/api/v1/timelines/list/{stage.lists[READER]}",
        f"/@{AUTHOR}/{post.id}",
        f"/@{AUTHOR}/replies",
        "/home",
        "/notifications",
    ]


async def _read_on(stage: Stage, path: str, words: set[str], log: Log, stop: asyncio.Event) -> None:
    while not stop.is_set():
        began = time.monotonic()
        answer = await stage.get(READER, path)
        log.reads.setdefault(path, []).append(
            (began, answer.status_code == 200 and any(word in answer.text for word in words))
        )
        await asyncio.sleep(0.03)


async def _publish_on(stage: Stage, published: dict[int, float], stop: asyncio.Event) -> None:
    while not stop.is_set():
        post = await stage.people[AUTHOR].says("More for followers", visibility=FOLLOWERS)
        published[post] = time.monotonic()
        await drain(stage.world.services)


async def _listen_on(socket: Socket, log: Log) -> None:
    while True:
        frame = await socket.frame(within_s=60)
        if frame["event"] == "update":
            log.events.append((time.monotonic(), int(json.loads(frame["payload"])["id"])))


async def _prepared(stage: Stage) -> tuple[Post, Post]:
    """A post that the reader meets on every surface but notifications, and one of which they were notified."""
    post = await stage.says(AUTHOR, FOLLOWERS, mentions=[])
    reader = stage.people[READER]
    members = {"account_ids": [str(stage.people[AUTHOR].id)]}
    assert (await reader.post(f"/api/v1/lists/{stage.lists[READER]}/accounts", members)).status_code in (200, 422)
    decoded(await reader.post(f"/api/v1/statuses/{post.id}/bookmark"))
    follow = f"/api/v1/accounts/{stage.people[AUTHOR].id}/follow"
    decoded(await stage.world.client.post(follow, json={"notify": True}, headers=reader.headers))
    told = await stage.says(AUTHOR, FOLLOWERS)
    await stage.world.settle()
    assert told.word in (await reader.get("/api/v1/notifications")).text
    return post, told


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not true():  # noqa: ASYNC110 - there is nothing to wait for but what the others have written down
            await asyncio.sleep(0.02)


Act = Callable[[Stage, Post], Awaitable[httpx.Response]]


async def _block(stage: Stage, post: Post) -> httpx.Response:
    return await stage.people[AUTHOR].post(f"/api/v1/accounts/{stage.people[READER].id}/block")


async def _remove_follower(stage: Stage, post: Post) -> httpx.Response:
    return await stage.people[AUTHOR].post(f"/api/v1/accounts/{stage.people[READER].id}/remove_from_followers")


async def _delete(stage: Stage, post: Post) -> httpx.Response:
    return await stage.people[AUTHOR].delete(f"/api/v1/statuses/{post.id}")


async def _suspend(stage: Stage, post: Post) -> httpx.Response:
    assert stage.house is not None
    await stage.house.restricts("suspend", stage.people[AUTHOR].id)
    return httpx.Response(200)


async def _withhold(stage: Stage, post: Post) -> httpx.Response:
    await stage.withholds(post)
    return httpx.Response(200)


ACTS: dict[str, Act] = {
    "block": _block,
    "remove_follower": _remove_follower,
    "delete": _delete,
    "suspend": _suspend,
    "withhold": _withhold,
}
OF_THE_POST = ("delete", "withhold")  # the author goes on


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("act", ACTS)
async def test_c7_nothing_shows_it_after_the_answer(stage: Stage, act: str, number: int) -> None:
    post, told = await _prepared(stage)
    words = {post.word} if act in OF_THE_POST else {post.word, told.word}
    log, published, stop = Log(), dict[int, float](), asyncio.Event()
    async with socket_of(stage.world, stage.people[READER], "user", "public") as socket:
        paths = surfaces(stage, post)
        tasks = [asyncio.create_task(_read_on(stage, path, words, log, stop)) for path in paths]
        listening = asyncio.create_task(_listen_on(socket, log))
        publishing = asyncio.create_task(_publish_on(stage, published, stop))
        await _until(lambda: len(log.events) >= 2 and len(log.reads) == len(paths))
        answer = await ACTS[act](stage, post)
        answered = time.monotonic()
        assert answer.status_code == 200, answer.text
        before = len(published)
        await _until(lambda: act == "suspend" or len(published) >= before + 3)
        await asyncio.sleep(UNDERWAY_S)
        stop.set()
        await asyncio.gather(*tasks, publishing)
        await stage.world.settle()
        await asyncio.sleep(0.2)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    _judge_reads(log, answered, act)
    if act not in OF_THE_POST:
        _judge_events(log, published, answered, act)


def _judge_reads(log: Log, answered: float, act: str) -> None:
    after = 0
    for path, reads in log.reads.items():
        late = [began - answered for began, shown in reads if shown and began > answered]
        assert not late, (act, path, late)
        after += sum(began > answered for began, _ in reads)
    shown_before = [path for path, reads in log.reads.items() if any(shown for _, shown in reads)]
    assert len(shown_before) >= len(log.reads) - 2, shown_before
    print(f"\nprivacy: {act}: {sum(map(len, log.reads.values()))} reads, {after} of them after the answer")
    assert after >= len(log.reads), "every surface was looked at again"


def _judge_events(log: Log, published: dict[int, float], answered: float, act: str) -> None:
    for arrived, post in log.events:
        assert arrived < answered + UNDERWAY_S, (act, post, arrived - answered)
        assert published.get(post, 0) < answered, (act, post)
    later = [one for one, at in published.items() if at > answered]
    latest = max(arrived for arrived, _ in log.events) - answered
    print(
        f"privacy: {act}: {len(log.events)} events, the last {latest:+.3f} s from the answer; {len(later)} posts after"
    )
    assert len(later) >= 2 or act == "suspend"


# ── what somebody came in with ends ──


@asynccontextmanager
async def _page(stage: Stage, handle: str) -> AsyncIterator[Narration]:
    cookies = "; ".join(f"{name}={value}" for name, value in stage.browsers[handle].client.cookies.items())
    page = Narration(stage.world, _scope("http", "/live", "", {"cookie": cookies}, method="GET"))
    assert (await page.hear())["status"] == 200
    assert (await page.text()).startswith("retry")
    yield page
    await page.say({"type": "http.disconnect"})
    await page.end()


async def _ended(one: Narration) -> None:
    """The answer is over."""
    while (await one.hear(within_s=6)).get("more_body"):
        pass


async def _revoke(stage: Stage) -> None:
    """As somebody does who takes an app's access back."""
    client, reader = stage.world.client, stage.people[READER]
    async with stage.world.services.db.transaction() as tx:
        (app,) = await accounts.authorized_apps(tx, reader.id)
        await accounts.end_token(tx, reader.id, app.token_id)
    assert (await client.get("/api/v1/timelines/home", headers=reader.headers)).status_code == 401


async def _new_password(stage: Stage) -> None:
    services, reader = stage.world.services, stage.people[READER]
    await accounts.set_password(services, reader.id, password="another long password", now=utc_now())


async def _suspend_reader(stage: Stage) -> None:
    assert stage.house is not None
    await stage.house.restricts("suspend", stage.people[READER].id)


async def _freeze_reader(stage: Stage) -> None:
    assert stage.house is not None
    await stage.house.restricts("freeze", stage.people[READER].id)


ENDINGS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "revoked": _revoke,
    "new password": _new_password,
    "suspended": _suspend_reader,
    "frozen": _freeze_reader,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("news", [True, False], ids=["told", "news lost"])
@pytest.mark.parametrize(
    "ending", [pytest.param(one, marks=pytest.mark.long) if one == "frozen" else one for one in ENDINGS]
)
async def test_streams_close_within_five_seconds_and_reads_end_at_once(stage: Stage, ending: str, news: bool) -> None:
    post = await stage.says(AUTHOR, FOLLOWERS)
    public = await stage.says(AUTHOR, PUBLIC)
    await stage.world.settle()
    reader = stage.people[READER]
    socket, answer = await knock(stage.world, query="stream=user", authorization=f"Bearer {reader.token}")
    assert answer["type"] == "websocket.accept"
    narration, head = await request(stage.world, "user", authorization=f"Bearer {reader.token}")
    assert head["status"] == 200
    own_page = stage.browsers[READER]
    assert post.word in (await own_page.get(f"/@{AUTHOR}/{post.id}")).text
    assert post.word in (await reader.get(f"/api/v1/statuses/{post.id}")).text
    async with _page(stage, READER) as page:
        await ENDINGS[ending](stage)
        began = time.monotonic()
        refused = await reader.get(f"/api/v1/statuses/{post.id}")
        assert refused.status_code in (401, 403), refused.text
        for path in ("/api/v1/timelines/home", f"/api/v1/accounts/{stage.people[AUTHOR].id}/statuses"):
            answer = await reader.get(path)
            assert answer.status_code in (401, 403), (path, answer.text)
        if ending != "revoked":
            for path in (f"/@{AUTHOR}/{post.id}", f"/@{AUTHOR}/replies", "/home", "/notifications"):
                assert post.word not in (await own_page.get(path)).text, path
        if news:
            await stage.world.settle()
        assert await socket.closed(within_s=6) == 1008
        await _ended(narration)
        if ending != "revoked":
            await _ended(page)
        took = time.monotonic() - began
        assert took < 5, took
        again, denied = await knock(stage.world, authorization=f"Bearer {reader.token}")
        assert denied["status"] == 401
        await again.end()
    assert public.word in (await stage.get(None, f"/@{AUTHOR}/{public.id}")).text
    print(f"\nprivacy: {ending}: streams closed after {took:.2f} s")


# ── at the same instant ──


@pytest.mark.timeout(60)
async def test_c7_acts_racing_a_block_leave_no_trace_after_it(stage: Stage) -> None:
    """Whatever the order in which the database saw them: nothing that was answered 404 stands."""
    author, reader = stage.people[AUTHOR], stage.people[READER]
    for _ in range(3 * ROUNDS):
        post = await stage.says(AUTHOR, PUBLIC)
        names = ("favourite", "reblog", "bookmark", "mute")
        racing = [reader.post(f"/api/v1/statuses/{post.id}/{name}") for name in names]
        racing.append(reader.post("/api/v1/statuses", {"status": "So", "in_reply_to_id": str(post.id)}))
        blocked, *answers = await asyncio.gather(author.post(f"/api/v1/accounts/{reader.id}/block"), *racing)
        assert blocked.status_code == 200
        assert {one.status_code for one in answers} <= {200, 404}
        async with stage.world.services.db.connection() as db:
            stands = [
                bool(await db.fetchval("SELECT count(*) FROM favourite WHERE post_id = $1", post.id)),
                bool(await db.fetchval("SELECT count(*) FROM repost WHERE post_id = $1", post.id)),
                bool(await db.fetchval("SELECT count(*) FROM bookmark WHERE post_id = $1", post.id)),
            ]
        for stood, answer in zip(stands, answers, strict=False):
            assert stood == (answer.status_code == 200)
        await stage.world.settle()
        told = await reader.get("/api/v1/notifications")
        assert post.word not in told.text
        assert (await reader.get(f"/api/v1/statuses/{post.id}")).status_code == 404
        decoded(await author.post(f"/api/v1/accounts/{reader.id}/unblock"))
