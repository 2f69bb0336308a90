"""For random graphs, posts, mutes, blocks, reposts, deletions, followed hashtags and lists, rows, merging and plain query
give the same home, and lists show what their owners' rules say.

The oracle is written from the rules in words, over plain Python values, and knows nothing of the SQL.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Problem
from parvis.base.ids import AccountId, ListId, PostId
from parvis.base.pages import PageRequest
from parvis.domain import accounts, posts, relationships, timelines
from parvis.domain.accounts.types import NewAccount
from parvis.domain.posts.types import Draft, Visibility
from parvis.domain.relationships import followed_tags, lists
from parvis.domain.timelines import live_queries
from parvis.domain.timelines import queries as timeline_queries
from parvis.domain.timelines import rows as rows_module
from parvis.infra.services import Services

PEOPLE = 7
TAGS = ["bread", "café", "été", "x"]
STEPS = int(os.environ.get("PARVIS_TEST_STEPS", "120"))
SEEDS = int(os.environ.get("PARVIS_TEST_SEEDS", "3"))


@dataclass
class Post:
    author: int
    visibility: int
    mentions: frozenset[int]
    parent_author: int | None = None
    is_reply: bool = False
    repost_of: int | None = None
    tags: frozenset[str] = frozenset()
    gone: bool = False


@dataclass
class List:
    id: int
    replies: str
    exclusive: bool
    members: set[int] = field(default_factory=set)


@dataclass
class Model:
    """What is true, in plain words."""

    follows: dict[tuple[int, int], bool] = field(default_factory=dict)  # (who, whom) → shows reposts
    blocks: set[tuple[int, int]] = field(default_factory=set)
    mutes: set[tuple[int, int]] = field(default_factory=set)
    tags: set[tuple[int, str]] = field(default_factory=set)  # (who, followed hashtag)
    lists: dict[int, List] = field(default_factory=dict)  # whose → the list
    posts: dict[int, Post] = field(default_factory=dict)

    def may_see(self, viewer: int, post: Post) -> bool:
        if post.gone:
            return False
        if post.author == viewer:
            return True
        if (post.author, viewer) in self.blocks:
            return False
        if post.visibility <= 1 or viewer in post.mentions:
            return True
        return post.visibility == 2 and (viewer, post.author) in self.follows

    def silenced(self, viewer: int, account: int) -> bool:
        return (viewer, account) in self.blocks or (viewer, account) in self.mutes

    def belongs(self, reader: int, post: Post) -> bool:
        original = self.posts.get(post.repost_of) if post.repost_of is not None else None
        if post.author == reader:
            return not post.gone and (original is None or self.may_see(reader, original))
        theirs = self.lists.get(reader)
        apart = theirs is not None and theirs.exclusive and post.author in theirs.members
        followed = {whom for who, whom in self.follows if who == reader}
        return (not apart and self.wanted_of_followed(reader, post, followed)) or self.wanted_by_tag(reader, post)

    def wanted_of_followed(self, reader: int, post: Post, answering: set[int]) -> bool:
        original = self.posts.get(post.repost_of) if post.repost_of is not None else None
        if (reader, post.author) not in self.follows or not self.may_see(reader, post):
            return False
        if self.silenced(reader, post.author):
            return False
        answered = post.parent_author or 0
        to_others = post.is_reply and answered not in (post.author, reader)
        if to_others and (answered not in answering or self.silenced(reader, answered)):
            return False
        if original is not None:
            if not self.follows[(reader, post.author)] or self.silenced(reader, original.author):
                return False
            return self.may_see(reader, original)
        return True

    def wanted_by_tag(self, reader: int, post: Post) -> bool:
        if post.visibility != 0 or post.repost_of is not None or not self.may_see(reader, post):
            return False
        if self.silenced(reader, post.author) or (post.is_reply and self.silenced(reader, post.parent_author or 0)):
            return False
        return any((reader, tag) in self.tags for tag in post.tags)

    def home(self, reader: int) -> list[int]:
        return sorted((i for i, post in self.posts.items() if self.belongs(reader, post)), reverse=True)

    def in_list(self, reader: int, one: List) -> list[int]:
        followed = {whom for who, whom in self.follows if who == reader}
        answering = {"followed": followed, "list": one.members, "none": set()}[one.replies]
        found = []
        for id_, post in self.posts.items():
            if post.author not in one.members:
                continue
            if post.author != reader:
                wanted = self.wanted_of_followed(reader, post, answering)
            else:
                original = self.posts.get(post.repost_of) if post.repost_of is not None else None
                to_others = post.is_reply and post.parent_author != reader
                wanted = not post.gone and (original is None or self.may_see(reader, original))
                wanted = wanted and (not to_others or (post.parent_author or 0) in answering)
            if wanted:
                found.append(id_)
        return sorted(found, reverse=True)

    def sever(self, one: int, other: int) -> None:
        if self.follows.pop((one, other), None) is not None and one in self.lists:
            self.lists[one].members.discard(other)


class Play:
    """Random acts on the real thing and on the model, the worker's part done as the worker does it."""

    def __init__(self, services: Services, seed: int) -> None:
        self.services = services
        self.random = random.Random(seed)
        self.model = Model()
        self.people: list[AccountId] = []
        self.seen_by_tag = 0
        self.seen_in_lists = 0

    async def open(self) -> None:
        async with self.services.db.transaction() as tx:
            for number in range(PEOPLE):
                new = NewAccount(handle=f"p{number}", email=f"p{number}@mail.example", confirmed=True)
                self.people.append(await accounts.create(tx, self.services.ids, new=new, now=utc_now()))

    async def step(self) -> None:
        acts = [self.publish] * 6 + [self.follow] * 4 + [self.repost] * 2
        acts += [self.unfollow, self.mute, self.unmute, self.block, self.unblock, self.remove] + [self.visit] * 3
        acts += [self.follow_tag] * 2 + [self.unfollow_tag, self.keep_list] + [self.fill_list] * 3 + [self.empty_list]
        await self.random.choice(acts)()

    def pair(self) -> tuple[AccountId, AccountId]:
        one, other = self.random.sample(self.people, 2)
        return one, other

    async def publish(self) -> None:
        author = self.random.choice(self.people)
        visibility = Visibility(self.random.choice([0, 0, 0, 1, 2, 2, 3]))
        named = self.random.sample(range(PEOPLE), self.random.choice([0, 0, 1, 2]))
        parent = self.random.choice(list(self.model.posts) or [None]) if self.random.random() < 0.4 else None
        if parent is not None and not self.model.may_see(author, self.model.posts[parent]):
            return
        if parent is not None and self.model.posts[parent].repost_of is not None:
            return
        tags = self.random.sample(TAGS, self.random.choice([0, 0, 1, 2]))
        text = "words " + " ".join(f"@p{n}" for n in named) + " " + " ".join(f"#{tag}" for tag in tags)
        async with self.services.db.transaction() as tx:
            post_id = await posts.publish(
                tx,
                self.services.ids,
                accounts.Viewer(account_id=author),
                draft=Draft(text=text, visibility=visibility, in_reply_to_id=PostId(parent) if parent else None),
                limits=posts.Limits(),
                domain="parvis.test",
                now=utc_now(),
            )
        self.model.posts[post_id] = Post(
            author,
            int(visibility),
            frozenset(self.people[n] for n in named),
            self.model.posts[parent].author if parent else None,
            parent is not None,
            tags=frozenset(tags),
        )
        await timelines.fan_out(self.services, author=author, post_id=post_id, now=utc_now())

    async def repost(self) -> None:
        by = self.random.choice(self.people)
        seen = [i for i, p in self.model.posts.items() if p.repost_of is None and self.model.may_see(by, p)]
        if not seen:
            return
        original = self.random.choice(seen)
        try:
            async with self.services.db.transaction() as tx:
                repost_id = await posts.repost(tx, self.services.ids, by, PostId(original), now=utc_now())
        except Problem:
            return
        if repost_id not in self.model.posts:
            visibility = self.model.posts[original].visibility
            self.model.posts[repost_id] = Post(by, visibility, frozenset(), repost_of=original)
            await timelines.fan_out(self.services, author=by, post_id=repost_id, now=utc_now())

    async def remove(self) -> None:
        mine = [i for i, p in self.model.posts.items() if not p.gone]
        if not mine:
            return
        post_id = self.random.choice(mine)
        author = AccountId(self.model.posts[post_id].author)
        async with self.services.db.transaction() as tx:
            await posts.remove(tx, author, PostId(post_id), now=utc_now())
        self.model.posts[post_id].gone = True
        if self.random.random() < 0.5:
            await timelines.forget_post(self.services, author=author, post_id=PostId(post_id))

    async def follow(self) -> None:
        one, other = self.pair()
        shows = self.random.random() < 0.8
        try:
            async with self.services.db.transaction() as tx:
                await relationships.follow(tx, self.services.ids, one, other, show_reposts=shows, now=utc_now())
        except Problem:
            return
        self.model.follows[(one, other)] = shows
        if self.random.random() < 0.8:  # sometimes the worker is late
            await timelines.backfill(self.services, reader=one, author=other)

    async def unfollow(self) -> None:
        one, other = self.pair()
        async with self.services.db.transaction() as tx:
            await relationships.unfollow(tx, one, other)
        if (one, other) in self.model.follows and self.random.random() < 0.5:
            await timelines.forget(self.services, reader=one, author=other)
        self.model.sever(one, other)

    async def mute(self) -> None:
        one, other = self.pair()
        async with self.services.db.transaction() as tx:
            await relationships.mute(tx, self.services.ids, one, other, now=utc_now())
        self.model.mutes.add((one, other))

    async def unmute(self) -> None:
        one, other = self.pair()
        async with self.services.db.transaction() as tx:
            await relationships.unmute(tx, one, other)
        self.model.mutes.discard((one, other))

    async def block(self) -> None:
        one, other = self.pair()
        async with self.services.db.transaction() as tx:
            await relationships.block(tx, self.services.ids, one, other, now=utc_now())
        self.model.blocks.add((one, other))
        self.model.sever(one, other)
        self.model.sever(other, one)

    async def unblock(self) -> None:
        one, other = self.pair()
        async with self.services.db.transaction() as tx:
            await relationships.unblock(tx, one, other)
        self.model.blocks.discard((one, other))

    async def follow_tag(self) -> None:
        who, tag = self.random.choice(self.people), self.random.choice(TAGS)
        async with self.services.db.transaction() as tx:
            await followed_tags.follow(tx, self.services.ids, who, tag.upper(), now=utc_now())
        self.model.tags.add((who, tag))

    async def unfollow_tag(self) -> None:
        who, tag = self.random.choice(self.people), self.random.choice(TAGS)
        async with self.services.db.transaction() as tx:
            await followed_tags.unfollow(tx, who, tag)
        self.model.tags.discard((who, tag))

    async def keep_list(self) -> None:
        """Somebody's one list is made, changed or thrown away."""
        who = self.random.choice(self.people)
        replies, exclusive = self.random.choice(lists.REPLIES), self.random.random() < 0.5
        wanted = lists.ListChange(title="theirs", replies=replies, exclusive=exclusive)
        known = self.model.lists.get(who)
        async with self.services.db.transaction() as tx:
            if known is None:
                made = await lists.create(tx, self.services.ids, who, wanted=wanted, now=utc_now())
                self.model.lists[who] = List(made.id, replies, exclusive)
            elif self.random.random() < 0.3:
                await lists.remove(tx, who, ListId(known.id))
                del self.model.lists[who]
            else:
                await lists.change(tx, who, ListId(known.id), wanted=wanted)
                known.replies, known.exclusive = replies, exclusive

    async def fill_list(self) -> None:
        if not self.model.lists:
            return
        who, known = self.random.choice(list(self.model.lists.items()))
        new = self.random.choice([*(whom for one, whom in self.model.follows if one == who), who])
        async with self.services.db.transaction() as tx:
            await lists.add(tx, AccountId(who), ListId(known.id), [AccountId(new)])
        known.members.add(new)

    async def empty_list(self) -> None:
        filled = [(who, one) for who, one in self.model.lists.items() if one.members]
        if not filled:
            return
        who, known = self.random.choice(filled)
        old = self.random.choice(list(known.members))
        async with self.services.db.transaction() as tx:
            await lists.drop(tx, AccountId(who), ListId(known.id), [AccountId(old)])
        known.members.discard(old)

    async def visit(self) -> None:
        reader = self.random.choice(self.people)
        now = utc_now() + timedelta(days=self.random.choice([0, 0, 20]))
        if now > utc_now() + timedelta(days=1):  # back after a long absence: the rows were not kept meanwhile
            async with self.services.db.connection() as db:
                await db.execute(
                    "UPDATE home_state SET active_at = now() - interval '20 days' WHERE account_id = $1", reader
                )
            return
        await timelines.visit(self.services, reader=reader, now=now)

    async def pages(self, reader: AccountId, *, use_rows: bool, limit: int, forwards: bool) -> list[int]:
        all_ids: list[int] = []
        async with self.services.db.connection() as db:
            cursor: int | None = 0 if forwards else None
            while True:
                request = (
                    PageRequest(limit=limit, min_id=cursor) if forwards else PageRequest(limit=limit, max_id=cursor)
                )
                found = await timelines.home(db, reader, request, now=utc_now(), use_rows=use_rows)
                got = found.page.items
                glanced = await timelines.home_glances(
                    db, reader, request, now=utc_now(), token=None, use_rows=use_rows
                )
                assert [one.id for one in glanced.page.items] == got
                if not got:
                    return all_ids
                all_ids = [*got, *all_ids] if forwards else [*all_ids, *got]
                cursor = got[0] if forwards else got[-1]

    async def compare(self) -> int:
        compared = 0
        for reader in self.people:
            expected = self.model.home(reader)
            authors = [self.model.posts[i].author for i in expected]
            self.seen_by_tag += sum(one != reader and (reader, one) not in self.model.follows for one in authors)
            for use_rows in (True, False):
                for forwards in (True, False):
                    limit = self.random.choice([1, 2, 3, 7])
                    got = await self.pages(reader, use_rows=use_rows, limit=limit, forwards=forwards)
                    assert got == expected, (use_rows, forwards, limit, reader)
                    compared += 1
            await self.compare_live(reader, expected)
            if reader in self.model.lists:
                await self.compare_list(reader, self.model.lists[reader])
        return compared

    async def compare_live(self, reader: AccountId, expected: list[int]) -> None:
        """An open connection is told of what home shows."""
        some = self.random.sample(list(self.model.posts), min(len(self.model.posts), 10))
        async with self.services.db.connection() as db:
            for post_id in some:
                row = await live_queries.audience(db, PostId(post_id), [reader], [])
                told = row is not None and reader in row["home"]
                assert told == (post_id in expected), (post_id, reader)

    async def compare_list(self, owner: AccountId, known: List) -> None:
        expected = self.model.in_list(owner, known)
        limit = self.random.choice([2, 3, 7])
        async with self.services.db.connection() as db:
            for forwards in (False, True):
                got: list[int] = []
                while True:
                    cursor = (got[0] if forwards else got[-1]) if got else (0 if forwards else None)
                    request = PageRequest(
                        limit=limit, min_id=cursor if forwards else None, max_id=None if forwards else cursor
                    )
                    page = await timelines.list_glances(db, owner, ListId(known.id), request, token=None)
                    ids = [one.id for one in page.page.items]
                    if not ids:
                        break
                    got = [*ids, *got] if forwards else [*got, *ids]
                assert got == expected, (forwards, limit, owner)
        self.seen_in_lists += len(expected)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_rows_merge_and_plain_query_give_the_same_home(
    services: Services, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "BIG_AUTHOR", 3)
    monkeypatch.setattr(rows_module, "MOST_ROWS", 12)
    play = Play(services, seed)
    await play.open()
    for number in range(STEPS):
        await play.step()
        if number % 20 == 19:
            await play.compare()
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM home_entry") > 0
        assert await db.fetchval("SELECT count(*) FROM follow WHERE in_rows") > 0
    assert play.seen_by_tag > 0
    assert play.seen_in_lists > 0


async def test_the_comparison_finds_a_fault(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {
        order: sql.replace("show_reposts", "in_rows IS NOT NULL") for order, sql in timeline_queries._HOME.items()
    }
    monkeypatch.setattr(timeline_queries, "_HOME", broken)
    play = Play(services, 1)
    await play.open()
    with pytest.raises(AssertionError):  # noqa: PT012 - the fault shows at some step
        for number in range(400):
            await play.step()
            if number % 20 == 19:
                await play.compare()
