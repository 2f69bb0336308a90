"""Rows of a whole network, made in memory: accounts, follows, posts, answers, reposts, favourites and every counter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from parvis.base.ids import id_at
from parvis.demo import graph, words
from parvis.infra import text

POSTS_OVER = timedelta(days=90)
OLDEST_ACCOUNT = timedelta(days=800)
YOUNGEST_ACCOUNT = timedelta(days=100)
ANSWERS = 0.3
REPOSTS = 0.12
FAVOURITES_EACH = 3.0
_TEXTS = 3000
_SEQUENCES = 1 << 22
_PUBLIC, _QUIET, _FOLLOWERS = 0, 1, 2

Rows = list[tuple[Any, ...]]


class Somebody(msgspec.Struct):
    """An account in the making."""

    id: int
    handle: str
    name: str
    created_at: datetime
    posts: int = 0
    last_post_on: date | None = None


class Post(msgspec.Struct):
    """A post in the making; authors are places in the list of accounts."""

    id: int
    author: int
    created_at: datetime
    visibility: int
    body: words.Body
    parent: Post | None = None
    original: Post | None = None
    thread_id: int = 0
    replies: int = 0
    reposts: int = 0
    favourites: int = 0


class Network:
    """Everything, from one seed and one moment that counts as the present."""

    def __init__(self, *, accounts: int, posts: int, seed: int, now: datetime) -> None:
        self._random = Random(f"parvis {seed}")  # noqa: S311 - plausible, not secret
        self._sequence = self._random.randrange(_SEQUENCES)
        self._now = now
        self._series = seed
        self.people = [self._somebody(number) for number in range(accounts)]
        self.following = graph.follow_graph(accounts, self._random)
        self.followers = graph.followers_of(self.following)
        self.favourites: Rows = []
        self.reposted: Rows = []
        self._passed_on: set[tuple[int, int]] = set()
        self.posts = self._talk(posts) if accounts else []

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _somebody(self, number: int) -> Somebody:
        since = self._now - YOUNGEST_ACCOUNT - self._random.random() * (OLDEST_ACCOUNT - YOUNGEST_ACCOUNT)
        handle = words.handle(self._random, self._series, number)
        return Somebody(self._id(since), handle, words.display_name(self._random), since)

    def follows(self) -> Iterator[tuple[int, int, int, datetime]]:
        """(follower, followed, id, since) for every follow."""
        for one, followed in enumerate(self.following):
            me = self.people[one]
            for other in followed:
                them = self.people[other]
                since = max(me.created_at, them.created_at)
                since += self._random.random() * (self._now - since)
                yield me.id, them.id, self._id(since), since

    # ── posts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _talk(self, count: int) -> list[Post]:
        bodies = words.bodies(self._random, _TEXTS)
        authors = self._random.choices(
            range(len(self.people)), cum_weights=graph.activity(self.followers, self._random), k=count
        )
        made: list[Post] = []
        for author, then in zip(authors, self._moments(count), strict=True):
            post = self._post(author, then, self._random.choice(bodies), made)
            made.append(post)
            self._count(post)
            self._favour(post)
        return made

    def _moments(self, count: int) -> list[datetime]:
        """More by day than by night, more lately than long ago."""
        random, span_s = self._random, POSTS_OVER.total_seconds()
        moments: list[datetime] = []
        while len(moments) < count:
            ago_s = span_s * (1 - random.random() ** 0.8)
            then = self._now - timedelta(seconds=ago_s)
            hour = then.hour + then.minute / 60
            if random.random() < (1 + 0.6 * math.sin(math.tau * (hour - 15) / 24)) / 1.6:
                moments.append(then)
        return sorted(moments)

    def _post(self, author: int, then: datetime, body: words.Body, earlier: list[Post]) -> Post:
        random = self._random
        chance = random.random()
        target = self._recent(earlier) if chance < ANSWERS + REPOSTS else None
        if target is not None and chance < ANSWERS:
            return self._answer(author, then, body, target)
        if target is not None and self._may_pass_on(author, target):
            target.reposts += 1
            post = Post(self._id(then), author, then, target.visibility, target.body, original=target)
            post.thread_id = post.id
            self.reposted.append((self.people[author].id, target.id, post.id))
            self._passed_on.add((author, target.id))
            return post
        visibility = random.choices((_PUBLIC, _QUIET, _FOLLOWERS), (86, 8, 6))[0]
        post = Post(self._id(then), author, then, visibility, body)
        post.thread_id = post.id
        return post

    def _answer(self, author: int, then: datetime, body: words.Body, parent: Post) -> Post:
        parent.replies += 1
        visibility = parent.visibility if self._random.random() < 0.7 else _QUIET
        return Post(self._id(then), author, then, visibility, body, parent=parent, thread_id=parent.thread_id)

    def _recent(self, earlier: list[Post]) -> Post | None:
        """A post of the last while that everybody may see and that is no repost."""
        for _ in range(4):
            back = 1 + int(self._random.expovariate(1 / 250))
            if back <= len(earlier):
                post = earlier[-back]
                if post.original is None and post.visibility <= _QUIET:
                    return post
        return None

    def _may_pass_on(self, author: int, post: Post) -> bool:
        return author != post.author and (author, post.id) not in self._passed_on

    def _count(self, post: Post) -> None:
        author = self.people[post.author]
        author.posts += 1
        author.last_post_on = post.created_at.date()

    def _favour(self, post: Post) -> None:
        fans = self.followers[post.author]
        if post.original is not None or not fans:
            return
        wanted = min(int(self._random.expovariate(1 / FAVOURITES_EACH)), len(fans))
        for fan in self._random.sample(fans, wanted):
            then = min(post.created_at + timedelta(hours=self._random.expovariate(0.5)), self._now)
            self.favourites.append((self.people[fan].id, post.id, self._id(then), then))
        post.favourites = wanted

    def _id(self, moment: datetime) -> int:
        self._sequence = (self._sequence + 1) % _SEQUENCES
        return id_at(moment, self._sequence)


def post_rows(network: Network) -> Iterator[tuple[Any, ...]]:
    """Rows of `post`, in the order of POST_COLUMNS."""
    for post in network.posts:
        author, body, parent, original = network.people[post.author].id, post.body, post.parent, post.original
        start = (author, post.id, post.created_at, post.visibility, body.language)
        if original is not None:
            them = network.people[original.author]
            yield (*start, "", "", None, None, post.thread_id, original.id, them.id, "[]", [], [], None)
        elif parent is None:
            yield (
                *start,
                body.text,
                body.html,
                None,
                None,
                post.thread_id,
                None,
                None,
                "[]",
                [],
                list(body.tags),
                None,
            )
        else:
            them = network.people[parent.author]
            said, shown, mentions, mentioned = _answer(body, them, alone=them.id == author)
            tags = list(body.tags)
            seen_by = int(parent.visibility)
            yield (
                *start,
                said,
                shown,
                parent.id,
                them.id,
                post.thread_id,
                None,
                None,
                mentions,
                mentioned,
                tags,
                seen_by,
            )


def _answer(body: words.Body, them: Somebody, *, alone: bool) -> tuple[str, str, str, list[int]]:
    """Text, markup, mentions and mentioned ids of an answer; nobody mentions themself."""
    if alone:
        return body.text, body.html, "[]", []
    said = body.answer.replace(words.SOMEBODY, them.handle)
    shown = body.answer_html.replace(words.SOMEBODY, them.handle)
    return said, shown, f'[{{"id":{them.id},"handle":"{them.handle}","domain":null}}]', [them.id]


POST_COLUMNS = (
    "account_id", "id", "created_at", "visibility", "language", "text", "html", "in_reply_to_id",
    "in_reply_to_account_id", "thread_id", "repost_of_id", "repost_of_account_id", "mentions", "mentioned_ids", "tags",
    "parent_visibility",
)  # fmt: skip


def tag_rows(network: Network) -> Rows:
    """(folded tag, post, author) for every hashtag of every post."""
    return [
        (text.fold_tag(tag), post.id, network.people[post.author].id)
        for post in network.posts
        if post.original is None
        for tag in post.body.tags
    ]
