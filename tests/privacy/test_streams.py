"""Open streams tell each viewer of what is for them, and of nothing else, while random things happen."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.privacy.model import Model, Viewer
from tests.privacy.stage import TAGS, Stage
from tests.privacy.walk import Leak, Missing, Walk, statuses_in
from tests.rig.streams import Narration, Socket, _scope, everything_is_told, knock
from tests.rig.world import World

ACTS = int(os.environ.get("PARVIS_PRIVACY_STREAM_ACTS", "30"))
SEEDS = int(os.environ.get("PARVIS_PRIVACY_STREAM_WORLDS", "1"))
QUESTIONS: tuple[dict[str, str], ...] = (
    {"stream": "user"},
    {"stream": "public"},
    {"stream": "public:media"},
    {"stream": "public:local"},
    {"stream": "hashtag", "tag": TAGS[0]},
    {"stream": "list"},
    {"stream": "direct"},
)
Heard = dict[str, list[tuple[str, Any]]]  # stream → (event, payload)


def belongs(model: Model, viewer: str, stream: str) -> set[int]:
    """What the stream would show if it were a list."""
    return {
        "user": lambda: model.home(viewer),
        "public": lambda: model.public(viewer),
        "public:media": lambda: model.public(viewer, with_picture=True),
        "public:local": lambda: model.public(viewer),
        "hashtag": lambda: model.tagged(viewer, TAGS[0]),
        "list": lambda: model.in_list(viewer),
        "direct": set[int],
    }[stream]()


class Ears:
    """Everything one person has open: a WebSocket with every stream, and a page."""

    def __init__(self, stage: Stage, viewer: str, socket: Socket, page: Narration) -> None:
        self.stage, self.viewer, self.socket, self.page = stage, viewer, socket, page

    async def heard(self) -> Heard:
        """What came since it was last asked."""
        found: Heard = {}
        await self.socket.ask(type="are you there")
        while True:
            frame = await self.socket.frame()
            if "error" in frame:
                assert frame["error"] == "Unknown message type", frame
                break
            payload = json.loads(frame["payload"])
            found.setdefault(frame["stream"][0], []).append((frame["event"], payload))
        while not self.page._from_app.empty():
            text = await self.page.text()
            for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n\n", text):
                found.setdefault("page", []).append((name, json.loads(data)))
        return found


@asynccontextmanager
async def listening(stage: Stage, viewer: str) -> AsyncIterator[Ears]:
    world = stage.world
    socket, answer = await knock(world, authorization=f"Bearer {stage.people[viewer].token}")
    assert answer["type"] == "websocket.accept", answer
    for question in QUESTIONS:
        more = {"list": stage.lists[viewer]} if question["stream"] == "list" else {}
        await socket.ask(type="subscribe", **question, **more)
    await socket.ask(type="are you there")
    while (await socket.frame()).get("error") != "Unknown message type":
        pass  # an error for a stream that does not exist yet is as good as silence
    cookies = "; ".join(f"{name}={value}" for name, value in stage.browsers[viewer].client.cookies.items())
    page = Narration(world, _scope("http", "/live", "", {"cookie": cookies}, method="GET"))
    assert (await page.hear())["status"] == 200
    assert (await page.text()).startswith("retry")
    assert (await page.event())[0] == "unread"
    try:
        yield Ears(stage, viewer, socket, page)
    finally:
        await socket.say({"type": "websocket.disconnect", "code": 1000})
        await page.say({"type": "http.disconnect"})
        await asyncio.gather(socket.end(), page.end())


class Audience:
    """Compares what each hears with the model, act by act."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.walk = Walk(stage, 0)
        self.cases = 0
        self.told = 0

    async def after(self, ears: list[Ears], before: dict[str, set[int]], had: set[int]) -> None:
        """`before`: what each saw before the act; `had`: the ids of all posts then."""
        await self.stage.world.settle()
        await everything_is_told(self.stage.world)
        self.walk._forbidden.clear()
        for one in ears:
            heard = await one.heard()
            for stream in {*heard, "user", "public", "hashtag", "list"}:
                self.compare(one.viewer, stream, heard.get(stream, []), before[one.viewer], had)

    def compare(self, viewer: str, stream: str, heard: list[tuple[str, Any]], saw: set[int], had: set[int]) -> None:
        model = self.stage.model
        updated: set[int] = set()
        for event, payload in heard:
            self.cases += 1
            where = f"{event} on {stream}"
            if event in ("delete", "gone"):
                gone = int(payload["id"] if isinstance(payload, dict) else payload)
                if gone not in saw:
                    raise Leak(f"{where} tells {viewer} of {model.posts.get(gone, gone)}")
                continue
            self.walk.search(viewer, where, json.dumps(payload))
            if event == "post":
                for name in payload["lists"]:
                    if int(payload["id"]) not in belongs(model, viewer, {"home": "user"}.get(name, name)):
                        raise Leak(f"{where} tells {viewer} of {model.posts[int(payload['id'])]}")
            for status in statuses_in(payload, nested=True):
                id_ = int(status["id"])
                seer: Viewer = viewer if stream in ("user", "list", "direct") else None
                self.walk.structure(seer, where, status)
                if event in ("update", "status.update") and id_ not in belongs(model, viewer, stream):
                    raise Leak(f"{where} shows {viewer} {model.posts[id_]}")
                if event == "update":
                    updated.add(id_)
                self.told += 1
        if stream in ("user", "public", "public:media", "public:local", "hashtag"):
            lost = belongs(model, viewer, stream) & (model.posts.keys() - had) - updated
            if lost:
                raise Missing(f"{stream} does not tell {viewer} of {[model.posts[one] for one in lost]}")
            self.cases += len(model.posts.keys() - had)


def acts(stage: Stage) -> Iterator[Any]:
    common = [stage.publish] * 10 + [stage.repost] * 3 + [stage.edit, stage.remove] * 2
    rare = [
        stage.withhold,
        stage.follow,
        stage.unfollow,
        stage.remove_follower,
        stage.block,
        stage.mute,
        stage.forget_to_mention,
    ]
    for _ in range(ACTS):
        yield stage.random.choice(common + rare + [stage.fill_list])


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_streams_tell_what_is_for_one_and_nothing_else(world: World, seed: int) -> None:
    stage = Stage(world, seed)
    await stage.open(4)
    await stage.build(30)
    audience = Audience(stage)
    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(listening(stage, one)) for one in stage.people]
        for act in acts(stage):
            before = {one: stage.model.seen(one) for one in stage.people}
            had = set(stage.model.posts)
            await act()
            await audience.after(ears, before, had)
    await stage.close()
    print(f"\nprivacy: streams of world {seed}: {audience.cases} cases, {audience.told} posts told")
    assert audience.told > 20
