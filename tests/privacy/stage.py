"""A small world on which random things happen, to the real server and to the model alike."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import httpx

from parvis.base.clock import utc_now
from parvis.base.ids import PostId
from parvis.domain import media, relationships
from parvis.domain.posts.pins import MOST_PINS
from parvis.domain.posts.types import PollDraft, Visibility
from tests.privacy.model import FOLLOWERS, MENTIONED, PUBLIC, QUIET, WITHHELD, Model, Post, Viewer
from tests.rig.house import House, furnished
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser

TAGS = ("bread", "salt")
POLL_S = 3600
LINK = "https://page.invalid/about"


class Stage:
    """`people` act through the server's own doors wherever there is one for it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.model = Model()
        self.people: dict[str, Person] = {}
        self.browsers: dict[Viewer, Browser] = {}
        self.lists: dict[str, str] = {}  # whose → its id
        self.filters: dict[str, str] = {}
        self.doomed: Post | None = None  # will be removed, and was answered
        self.house: House | None = None
        self._words = 0

    async def open(self, people: int) -> None:
        self.house = await furnished(self.world)
        self.browsers[None] = Browser(self.world)
        for number in range(people):
            person = await self.world.person(f"someone{number}q")
            self.people[person.handle] = person
            self.browsers[person.handle] = await Browser(self.world).sign_in(person)
            new = await person.post("/api/v1/lists", {"title": "theirs", "replies_policy": "list"})
            self.lists[person.handle] = decoded(new)["id"]
            new = await person.post("/api/v2/filters", {"title": "theirs", "context": ["home"]})
            self.filters[person.handle] = decoded(new)["id"]
            self.model.listed[person.handle] = set()

    async def close(self) -> None:
        for browser in self.browsers.values():
            await browser.client.aclose()

    @property
    def viewers(self) -> list[Viewer]:
        """Everybody who can come in, a stranger among them."""
        return [None, *(one for one in self.people if one not in self.model.suspended)]

    async def get(self, viewer: Viewer, path: str) -> httpx.Response:
        """By the door to which the path belongs."""
        if not path.startswith("/api/"):
            return await self.browsers[viewer].get(path)
        return await self.world.client.get(path, headers=self.headers(viewer))

    def headers(self, viewer: Viewer) -> dict[str, str]:
        return {} if viewer is None else self.people[viewer].headers

    # ── what happens ──

    async def build(self, steps: int) -> None:
        """People meet, publish, and react to what they see; the worker keeps up."""
        acts: list[Callable[[], Awaitable[None]]] = [self.publish] * 7 + [self.follow] * 5 + [self.repost] * 2
        acts += [self.favourite, self.bookmark, self.vote, self.pin, self.fill_list] * 2 + [self.edit]
        for _ in range(3 * len(self.people)):
            await self.follow()
        for _ in range(steps):
            await self.random.choice(acts)()
        await self._friends()
        await self.world.settle()

    async def _friends(self) -> None:
        """What chance may leave out: the first three have everything with one another that can go out of sight."""
        one, other, third = list(self.people)[:3]
        for reader, followed in ((other, one), (third, one), (third, other)):
            await self.follows(reader, followed)
        closed = await self.says(one, FOLLOWERS, mentions=[third])
        opened = await self.says(one, PUBLIC, mentions=[other])
        await self.says(other, PUBLIC, parent=closed.id)
        await self.says(third, PUBLIC, parent=opened.id)
        await self.says(other, MENTIONED, mentions=[one], parent=opened.id)
        for name, marks in (("bookmark", self.model.bookmarks), ("favourite", self.model.favourites)):
            for reader in (other, third):
                for post in (closed, opened):
                    decoded(await self.people[reader].post(f"/api/v1/statuses/{post.id}/{name}"))
                    marks.add((reader, post.id))
        await self.reposts(other, opened)
        self.doomed = await self.says(one, PUBLIC)
        await self.says(third, PUBLIC, parent=self.doomed.id)

    async def turn(self, steps: int) -> None:
        """What was in sight goes out of sight, and the worker has not heard of it yet."""
        acts: list[Callable[[], Awaitable[None]]] = [self.block] * 3 + [self.unfollow, self.remove_follower] * 2
        acts += [self.remove] * 2 + [self.mute, self.mute_thread, self.forget_to_mention, self.repost]
        acts += [self.withhold] * 2
        one, other, third = list(self.people)[:3]
        if self.doomed is not None and not self.doomed.gone:
            await self.removes(self.doomed)
        await self.blocks(one, other)
        await self._to("remove_from_followers", one, third)
        self.model.sever(third, one)
        for _ in range(steps):
            await self.random.choice(acts)()
        if steps and self.random.random() < 0.5:
            await self.suspend()

    def pair(self) -> tuple[str, str]:
        one, other = self.random.sample(self.viewers[1:], 2)
        assert one is not None
        assert other is not None
        return one, other

    def someone(self) -> Person:
        return self.people[self.pair()[0]]

    def some_seen(self, viewer: str, *, original: bool = True) -> Post | None:
        seen = [self.model.posts[i] for i in sorted(self.model.seen(viewer))]
        seen = [one for one in seen if one.original is None or not original]
        return self.random.choice(seen) if seen else None

    def word(self) -> str:
        self._words += 1
        return f"vocable{self._words}z"

    async def publish(self) -> None:
        author = self.someone()
        parent = self.some_seen(author.handle) if self.random.random() < 0.4 else None
        await self.says(
            author.handle,
            self.random.choice([PUBLIC, PUBLIC, PUBLIC, QUIET, FOLLOWERS, FOLLOWERS, MENTIONED]),
            mentions=self.random.sample(list(self.people), self.random.choice([0, 0, 1, 1, 2])),
            parent=parent.id if parent else None,
        )

    async def says(
        self, author: str, visibility: int, *, mentions: list[str] | None = None, parent: int | None = None
    ) -> Post:
        """A post with a word of its own in everything that it consists of."""
        person, dice = self.people[author], self.random
        tags = dice.sample(TAGS, dice.choice([0, 1, 1, 2]))
        traces = {text := self.word()}
        draft: dict[str, object] = {}
        text_after: list[str] = []
        if dice.random() < 0.3:
            traces.add(warning := self.word())
            draft["warning"] = warning
        if kind := dice.choice(["", "", "", "poll", "picture"]):
            traces.add(inner := self.word())
        if kind == "poll":
            draft["poll"] = PollDraft((inner, "another"), POLL_S)
        elif kind == "picture":
            stored = await media.upload_image(
                self.world.services, person.id, data=png(24, 16), description=inner, now=utc_now()
            )
            draft["media_ids"] = (stored.id,)
            traces.add(stored.key)
        if dice.random() < 0.3:
            text_after.append(LINK)
        words = [text, *text_after, *(f"@{one}" for one in mentions or ()), *(f"#{tag}" for tag in tags)]
        post_id = await person.says(" ".join(words), visibility=Visibility(visibility), in_reply_to_id=parent, **draft)
        made = self.model.posts[post_id] = Post(
            post_id, author, visibility, frozenset(mentions or ()), parent, None, frozenset(tags),
            traces | {str(post_id)}, text, kind == "poll", kind == "picture",
        )  # fmt: skip
        return made

    async def repost(self) -> None:
        person = self.someone()
        one = self.some_seen(person.handle)
        if one is None or one.visibility == MENTIONED or (one.visibility == FOLLOWERS and one.author != person.handle):
            return
        await self.reposts(person.handle, one)

    async def reposts(self, by: str, one: Post) -> None:
        new = int(decoded(await self.people[by].post(f"/api/v1/statuses/{one.id}/reblog"))["id"])
        if new not in self.model.posts:
            self.model.posts[new] = Post(new, by, one.visibility, original=one.id, traces={str(new)})

    async def favourite(self) -> None:
        await self._mark("favourite", self.model.favourites)

    async def bookmark(self) -> None:
        await self._mark("bookmark", self.model.bookmarks)

    async def _mark(self, name: str, marks: set[tuple[str, int]]) -> None:
        person = self.someone()
        one = self.some_seen(person.handle)
        if one is not None:
            decoded(await person.post(f"/api/v1/statuses/{one.id}/{name}"))
            marks.add((person.handle, one.id))

    async def vote(self) -> None:
        person = self.someone()
        polls = [
            one for one in sorted(self.model.seen(person.handle))
            if self.model.posts[one].with_poll and self.model.posts[one].author != person.handle
        ]  # fmt: skip
        if polls:
            answer = await person.post(f"/api/v1/polls/{self.random.choice(polls)}/votes", {"choices": [0]})
            assert answer.status_code in (200, 422), answer.text

    async def pin(self) -> None:
        person = self.someone()
        own = [one for one in self.model.posts.values() if one.author == person.handle and one.original is None]
        own = [one for one in own if one.visibility < MENTIONED and not one.gone]
        if own and sum(one.pinned for one in own) < MOST_PINS:
            one = self.random.choice(own)
            decoded(await person.post(f"/api/v1/statuses/{one.id}/pin"))
            one.pinned = True

    async def fill_list(self) -> None:
        owner = self.someone().handle
        followed = sorted(whom for who, whom in self.model.follows if who == owner)
        if followed:
            member = self.random.choice(followed)
            members = {"account_ids": [str(self.people[member].id)]}
            answer = await self.people[owner].post(f"/api/v1/lists/{self.lists[owner]}/accounts", members)
            assert answer.status_code in (200, 422), answer.text  # 422: a member already
            self.model.listed[owner].add(member)

    async def follow(self) -> None:
        one, other = self.pair()
        if (one, other) not in self.model.follows and frozenset((one, other)) not in self.model.quarrelled:
            decoded(await self.people[one].post(f"/api/v1/accounts/{self.people[other].id}/follow"))
            self.model.follows.add((one, other))

    async def _to(self, act: str, one: str, other: str) -> None:
        decoded(await self.people[one].post(f"/api/v1/accounts/{self.people[other].id}/{act}"))

    async def unfollow(self) -> None:
        one, other = self.random.choice(sorted(self.model.follows) or [self.pair()])
        await self._to("unfollow", one, other)
        self.model.sever(one, other)

    async def remove_follower(self) -> None:
        one, other = self.random.choice(sorted(self.model.follows) or [self.pair()])
        await self._to("remove_from_followers", other, one)
        self.model.sever(one, other)

    async def block(self) -> None:
        await self.blocks(*self.pair())

    async def blocks(self, one: str, other: str) -> None:
        await self._to("block", one, other)
        self.model.blocks.add((one, other))
        self.model.quarrelled.add(frozenset((one, other)))
        self.model.sever(one, other)
        self.model.sever(other, one)

    async def mute(self) -> None:
        one, other = self.pair()
        await self._to("mute", one, other)
        self.model.mutes.add((one, other))
        self.model.quarrelled.add(frozenset((one, other)))

    async def mute_thread(self) -> None:
        person = self.someone()
        one = self.some_seen(person.handle)
        if one is not None:
            decoded(await person.post(f"/api/v1/statuses/{one.id}/mute"))
            self.model.deaf.add(person.handle)

    def _own(self) -> Post | None:
        standing = [one for one in self.model.posts.values() if not one.gone and one.author in self.viewers]
        standing = [one for one in standing if one.original is None]
        return self.random.choice(standing) if standing else None

    async def remove(self) -> None:
        one = self._own()
        if one is not None:
            await self.removes(one)

    async def removes(self, one: Post) -> None:
        decoded(await self.people[one.author].delete(f"/api/v1/statuses/{one.id}"))
        one.gone = True
        for other in self.model.posts.values():
            other.gone = other.gone or other.original == one.id

    async def edit(self) -> None:
        one = self._own()
        if one is not None:
            await self.edits(one, one.mentions)

    async def forget_to_mention(self) -> None:
        """An edit names nobody any more: whoever saw the post for that alone does not see it now."""
        named = [
            one for one in self.model.posts.values() if one.mentions and not one.gone and one.author in self.viewers
        ]
        if named:
            await self.edits(self.random.choice(named), frozenset())

    async def edits(self, one: Post, mentions: frozenset[str]) -> None:
        one.word = self.word()
        one.traces.add(one.word)
        one.mentions = mentions
        words = [one.word, *(f"@{who}" for who in sorted(mentions)), *(f"#{tag}" for tag in sorted(one.tags))]
        person = self.people[one.author]
        source = decoded(await person.get(f"/api/v1/statuses/{one.id}"))
        body: dict[str, object] = {"status": " ".join(words), "spoiler_text": source["spoiler_text"]}
        body["media_ids"] = [item["id"] for item in source["media_attachments"]]
        if source["poll"]:
            options = [option["title"] for option in source["poll"]["options"]]
            body["poll"] = {"options": options, "expires_in": POLL_S}
        path = f"/api/v1/statuses/{one.id}"
        decoded(await self.world.client.put(path, json=body, headers=person.headers))

    async def suspend(self) -> None:
        """A moderator suspends somebody."""
        handle = self.pair()[0]
        assert self.house is not None
        await self.house.restricts("suspend", self.people[handle].id)
        self.model.suspended.add(handle)

    async def withhold(self) -> None:
        """A moderator withholds a post, and sometimes thinks better of it."""
        one = self._own()
        if one is not None:
            await self.withholds(one, for_good=self.random.random() < 0.8)

    async def withholds(self, one: Post, *, for_good: bool = True) -> None:
        assert self.house is not None
        restriction = await self.house.restricts("withhold", self.people[one.author].id, PostId(one.id))
        if for_good:
            one.visibility = WITHHELD
        else:
            await self.house.lifts(restriction)

    async def follows(self, one: str, other: str) -> None:
        """A follow of these two."""
        async with self.world.services.db.transaction() as tx:
            await relationships.follow(
                tx, self.world.services.ids, self.people[one].id, self.people[other].id, now=utc_now()
            )
        self.model.follows.add((one, other))
