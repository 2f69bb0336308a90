"""Pages of the interface cost the same statements however much is on them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.demo import seed
from parvis.domain import relationships, search
from parvis.domain.links import Card
from parvis.domain.notifications import rules
from parvis.domain.notifications.types import Kind
from parvis.domain.relationships import lists
from tests.rig.people import Person, decoded, token_of
from tests.rig.world import World

# Path → how many statements it may take, authorisation included.
PAGES = {
    "/api/v1/notifications?limit=40": 2,
    "/api/v2/notifications?limit=40": 2,
    "/api/v2/notifications?limit=40&expand_accounts=partial_avatars": 2,
    "/api/v2/search?q=bread": 6,
    "/api/v2/search?q=bread&type=statuses": 2,
    "/api/v1/lists": 2,
    "/api/v1/timelines/list/{list}?limit=40": 1,
    "/api/v1/lists/{list}/accounts": 3,
    "/api/v1/conversations?limit=40": 3,
    "/api/v1/trends/statuses?limit=40": 2,
    "/api/v1/trends/tags?limit=20": 3,
    "/api/v1/trends/links": 2,
}


async def much(world: World, alice: Person, people: list[Person], list_id: str) -> None:
    """Each of those does something that appears on every page; together they make trends."""
    group = people[0].handle
    words = f"@alice bread #bread{group} #rye{group} https://page.invalid/{group} https://page.invalid/{group}/more"
    for number, one in enumerate(people):
        await world.follows(alice, one)
        decoded(await alice.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": [str(one.id)]}))
        post = await one.says(f"{words} {number}")
        await one.whispers(f"@alice psst {number}")
        for other in people[:4]:
            await other.post(f"/api/v1/statuses/{post}/favourite")
            await other.post(f"/api/v1/statuses/{post}/reblog")
    own = await alice.says("bread of my own")
    for one in people:
        await one.post(f"/api/v1/statuses/{own}/favourite")
    await world.settle()
    await _pages_are_previewed(world)
    await search.trends.compute(world.services, now=utc_now() + timedelta(seconds=1))


async def _pages_are_previewed(world: World) -> None:
    """Every page that a post names was there and had a title: no test reaches the internet."""
    card = msgspec.json.encode(Card(url="https://page.invalid/", title="A page")).decode()
    async with world.services.db.transaction() as tx:
        await tx.execute(
            """
            WITH made AS (
                INSERT INTO card (id, link_id, content, created_at)
                SELECT id, id, $1::text::jsonb, created_at FROM link WHERE card_id IS NULL OR card_id <= 0
                RETURNING id)
            UPDATE link SET card_id = link.id FROM made WHERE made.id = link.id
            """,
            card,
        )


async def costs(world: World, alice: Person, list_id: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in PAGES:
        await alice.get(path.format(list=list_id))  # the first call of the hour is noted, and rows are made behind it
        await world.settle()
        with world.statements() as sent:
            page = decoded(await alice.get(path.format(list=list_id)))
        assert any(page.values()) if isinstance(page, dict) else page, (path, "nothing was asked for")
        found[path] = len(sent)
    return found


@pytest.mark.timeout(240)
async def test_however_much_is_on_a_page_it_costs_the_same_statements(world: World) -> None:
    world.app.inner.framework.state.answers.most_bytes = 0  # every answer is made anew
    alice = await world.person("alice")
    list_id = decoded(await alice.post("/api/v1/lists", {"title": "theirs"}))["id"]
    first = [await world.person(f"fan{number}") for number in range(3)]
    await much(world, alice, first, list_id)
    few = await costs(world, alice, list_id)
    await much(world, alice, [await world.person(f"fan{number}") for number in range(3, 9)], list_id)
    many = await costs(world, alice, list_id)
    print("\nstatements:", many)
    for path, most in PAGES.items():
        assert many[path] <= most, (path, many[path])
        assert many[path] <= few[path], (path, few[path], many[path])


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_famous_account_among_many_costs_the_same_statements(world: World) -> None:
    """Two thousand people, twenty thousand posts; fifty lists, ten thousand notifications, sixty conversations."""
    world.app.inner.framework.state.answers.most_bytes = 0
    famous, fans = await _famous(world)
    await _hears_of(world, famous, fans)
    made = await _lists(world, famous, fans)
    for fan in fans[:60]:
        writer = Person(world.services, world.client, "fan", fan, "")
        await writer.whispers(f"@{famous.handle} a word with you https://page.invalid/word")
        await writer.says("bread of mine: https://page.invalid/bread #bread")
    await world.settle()
    await _pages_are_previewed(world)
    await search.trends.compute(world.services, now=utc_now())
    found = await costs(world, famous, str(made))
    print("\nstatements:", found)
    assert len(decoded(await famous.get("/api/v1/notifications", limit=40))) == 40
    assert len(decoded(await famous.get("/api/v1/conversations", limit=40))) == 40
    assert len(decoded(await famous.get("/api/v1/lists"))) == 50
    for path, most in PAGES.items():
        assert found[path] <= most, (path, found[path])


async def _famous(world: World) -> tuple[Person, list[AccountId]]:
    """Whom most follow, and who they are."""
    seeded = await seed.seed(
        world.services, accounts=2_000, posts=20_000, seed=6, password_hash="", now=utc_now()
    )  # fmt: skip
    async with world.services.db.connection() as db:
        account_id = await db.fetchval("SELECT id FROM account WHERE handle = $1", seeded.handles[0])
        rows = await db.fetch("SELECT account_id FROM follow WHERE target_id = $1 ORDER BY account_id", account_id)
    token = await token_of(world.services, account_id)
    famous = Person(world.services, world.client, seeded.handles[0], account_id, token)
    return famous, [AccountId(row["account_id"]) for row in rows]


async def _hears_of(world: World, famous: Person, fans: list[AccountId]) -> None:
    """Ten thousand favourites, reposts and follows."""
    now, ids = utc_now(), world.services.ids
    async with world.services.db.transaction() as tx:
        own = await tx.fetch("SELECT id FROM post WHERE account_id = $1 AND visibility = 0", famous.id)
        kinds: list[Kind] = ["favourite", "repost", "follow"]
        rows = []
        for number in range(10_000):
            kind, fan = kinds[number % 3], fans[number % len(fans)]
            post = None if kind == "follow" else own[number // len(fans) % len(own)]["id"]
            one = ids.next_small()
            key = rules.group_key(kind, post, now, one)
            rows.append((famous.id, one, kind, fan, post, key, f"{number}", now))
        await tx.copy_records_to_table(
            "notification",
            records=rows,
            columns="account_id id kind from_id post_id group_key dedupe_key created_at".split(),
        )


async def _lists(world: World, famous: Person, fans: list[AccountId]) -> int:
    """Fifty lists; the last has everybody in it who may be."""
    now = utc_now()
    async with world.services.db.transaction() as tx:
        for fan in fans[:200]:
            await relationships.follow(tx, world.services.ids, famous.id, fan, now=now)
        for number in range(50):
            wanted = lists.ListChange(title=f"List {number}")
            made = await lists.create(tx, world.services.ids, famous.id, wanted=wanted, now=now)
        await lists.add(tx, famous.id, made.id, fans[:200])
    return made.id
