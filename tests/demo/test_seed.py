"""Bulk data: the shape of the network, and every promise that the tables make to each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Conflict
from parvis.base.ids import time_of
from parvis.base.pages import PageRequest
from parvis.demo import graph, seed
from parvis.demo.bulk import Network, post_rows
from parvis.domain import accounts, posts, timelines
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from tests.rig.world import settings_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

# ── the shape ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def following() -> list[list[int]]:
    return graph.follow_graph(8000, Random(1))


def test_most_follow_few_and_some_follow_nobody(following: list[list[int]]) -> None:
    counts = sorted(map(len, following))
    assert 0.04 < sum(1 for count in counts if count == 0) / len(counts) < 0.06
    assert 17 <= counts[len(counts) // 2] <= 28
    assert 35 <= sum(counts) / len(counts) <= 55
    assert counts[-1] <= 7500


def test_few_are_followed_by_many(following: list[list[int]]) -> None:
    followers = graph.followers_of(following)
    counts = sorted(map(len, followers))
    assert 9 <= counts[len(counts) // 2] <= 25
    assert 60 <= counts[int(len(counts) * 0.95)] <= 160
    assert 400 <= counts[int(len(counts) * 0.995)] <= 1200
    for celebrity, share in enumerate(graph.CELEBRITIES):
        assert len(followers[celebrity]) / len(followers) > share - 0.02


def test_nobody_follows_themself_or_anybody_twice_and_a_fifth_is_mutual(following: list[list[int]]) -> None:
    sets = [set(found) for found in following]
    for one, found in enumerate(following):
        assert one not in sets[one]
        assert len(sets[one]) == len(found)
    edges = sum(map(len, following))
    mutual = sum(1 for one, found in enumerate(following) for other in found if one in sets[other])
    assert 0.15 < mutual / edges < 0.3


def test_a_tenth_writes_most() -> None:
    random = Random(2)
    followers = graph.followers_of(graph.follow_graph(4000, random))
    summed = graph.activity(followers, random)
    shares = sorted((b - a for a, b in zip([0.0, *summed], summed, strict=False)), reverse=True)
    assert 0.65 < sum(shares[:400]) / sum(shares) < 0.97


def test_the_same_seed_gives_the_same_network_and_another_another() -> None:
    def made(number: int) -> list[object]:
        network = Network(accounts=60, posts=300, seed=number, now=NOW)
        return [*network.follows(), *post_rows(network), *network.favourites]

    assert made(7) == made(7)
    assert made(7) != made(8)


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def services(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(settings_for(tmp_path, fresh_database_url, nats_url), application="test seed") as opened:
        yield opened


PROMISES = {
    "mirrors agree": """
        SELECT * FROM (SELECT account_id, target_id, id, notify, in_rows, created_at FROM follow) a
        FULL JOIN (SELECT follower_id AS account_id, account_id AS target_id, id, notify, in_rows, created_at
                     FROM follower) b USING (account_id, target_id, id, notify, in_rows, created_at)
         WHERE a.id IS NULL OR b.id IS NULL""",
    "nobody follows themself": "SELECT * FROM follow WHERE account_id = target_id",
    "people are counted": """
        SELECT c.* FROM account_counter c
         WHERE c.following <> (SELECT count(*) FROM follow f WHERE f.account_id = c.account_id)
            OR c.followers <> (SELECT count(*) FROM follower f WHERE f.account_id = c.account_id)
            OR c.posts <> (SELECT count(*) FROM post p WHERE p.account_id = c.account_id)
            OR c.last_post_on IS DISTINCT FROM
               (SELECT max((p.created_at AT TIME ZONE 'UTC')::date) FROM post p WHERE p.account_id = c.account_id)""",
    "posts are counted": """
        SELECT c.* FROM post_counter c
         WHERE c.replies <> (SELECT count(*) FROM post p WHERE p.in_reply_to_id = c.post_id)
            OR c.reposts <> (SELECT count(*) FROM post p WHERE p.repost_of_id = c.post_id)
            OR c.favourites <> (SELECT count(*) FROM favourite f WHERE f.post_id = c.post_id)""",
    "every post but reposts has a counter": """
        SELECT p.id FROM post p LEFT JOIN post_counter c ON (c.account_id, c.post_id) = (p.account_id, p.id)
         WHERE (p.repost_of_id IS NULL) <> (c.post_id IS NOT NULL)""",
    "every post is in the directory": """
        SELECT * FROM post p FULL JOIN post_directory d ON (d.id, d.account_id) = (p.id, p.account_id)
         WHERE p.id IS NULL OR d.id IS NULL""",
    "answers belong to their thread and come later": """
        SELECT p.id FROM post p JOIN post parent ON parent.id = p.in_reply_to_id
         WHERE p.thread_id <> parent.thread_id OR p.created_at < parent.created_at
            OR p.in_reply_to_account_id <> parent.account_id OR parent.visibility > 1
            OR parent.repost_of_id IS NOT NULL OR p.visibility < parent.visibility""",
    "every parent exists": """
        SELECT p.id FROM post p LEFT JOIN post parent ON parent.id = p.in_reply_to_id
         WHERE p.in_reply_to_id IS NOT NULL AND parent.id IS NULL""",
    "reposts agree with their table": """
        SELECT * FROM (SELECT account_id, repost_of_id AS post_id, id AS repost_id FROM post
                        WHERE repost_of_id IS NOT NULL) a
        FULL JOIN repost r USING (account_id, post_id, repost_id)
         WHERE a.account_id IS NULL OR r.account_id IS NULL""",
    "only what may be passed on is": """
        SELECT p.id FROM post p JOIN post o ON o.id = p.repost_of_id
         WHERE o.visibility > 1 OR o.repost_of_id IS NOT NULL OR o.account_id <> p.repost_of_account_id
            OR o.account_id = p.account_id""",
    "tags agree": """
        SELECT * FROM (SELECT id AS post_id, account_id, lower(unnest(tags)) AS tag FROM post) p
        FULL JOIN post_tag t USING (post_id, account_id, tag)
         WHERE p.tag IS NULL OR t.tag IS NULL""",
    "every tag is known": "SELECT * FROM post_tag p LEFT JOIN tag t ON t.name = p.tag WHERE t.name IS NULL",
    "fans follow": """
        SELECT f.post_id FROM favourite f JOIN post p ON p.id = f.post_id
         WHERE NOT EXISTS (SELECT FROM follow w WHERE (w.account_id, w.target_id) = (f.account_id, p.account_id))""",
    "nobody writes before they came": """
        SELECT p.id FROM post p JOIN account a ON a.id = p.account_id WHERE p.created_at < a.created_at""",
    "mentions are those of answers": """
        SELECT p.id FROM post p JOIN account a ON a.id = p.in_reply_to_account_id
         WHERE p.mentioned_ids <> CASE WHEN a.id = p.account_id THEN '{}' ELSE ARRAY[a.id] END
            OR (a.id <> p.account_id AND (p.text NOT LIKE '@' || a.handle || ' %'
                OR p.html NOT LIKE '%/@' || a.handle || '"%' OR p.mentions->0->>'handle' <> a.handle))""",
    "every account can be found and has a login": """
        SELECT a.id FROM account a
          LEFT JOIN account_handle h ON (h.handle, h.domain, h.account_id) = (a.handle, '', a.id)
          LEFT JOIN login l ON l.account_id = a.id
          LEFT JOIN login_email e ON (e.email_hash, e.account_id) = (l.email_hash, a.id)
         WHERE h.handle IS NULL OR e.email_hash IS NULL OR l.confirmed_at IS NULL""",
}


async def test_a_seeded_network_keeps_every_promise_and_people_can_use_it(services: Services) -> None:
    said: list[str] = []
    password_hash = await services.hasher.hash("correct horse")

    async def fill(number: int) -> seed.Seeded:
        return await seed.seed(
            services, accounts=200, posts=1200, seed=number, password_hash=password_hash, now=NOW, progress=said.append
        )

    made = await fill(1)
    assert (made.accounts, made.posts, len(made.handles)) == (200, 1200, 20)
    assert any(line.startswith("follow ") for line in said)
    with pytest.raises(Conflict):
        await fill(1)
    await fill(2)
    async with services.db.connection() as db:
        for promise, exception in PROMISES.items():
            assert await db.fetch(exception) == [], promise
        assert await db.fetchval("SELECT count(*) FROM account") == 400
        assert await db.fetchval("SELECT count(*) FROM post") == 2400
        assert await db.fetchval("SELECT count(*) FROM home_state") == 0
    await _people_can_use_it(services, made)


async def _people_can_use_it(services: Services, made: seed.Seeded) -> None:
    ticket = await accounts.sign_in(services, login=made.handles[7], password="correct horse", now=utc_now())
    async with services.db.connection() as db:
        reader = await db.fetchval("SELECT account_id FROM account_counter ORDER BY following DESC LIMIT 1")
        home = await timelines.home(db, reader, PageRequest(limit=20), now=utc_now())
        seen = await posts.views(db, home.page.items, viewer_id=reader)
        assert ticket.account_id == (await accounts.by_handle(db, made.handles[7], domain="parvis.test")).id
    assert len(seen) == 20
    for one in seen:
        assert abs((time_of(one.id) - one.created_at).total_seconds()) < 1
        assert one.shown.html.startswith("<p>")
