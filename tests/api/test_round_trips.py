"""Pages of the interface cost the same statements however much is on them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.domain import search
from tests.rig.people import Person, decoded
from tests.rig.world import World

# Path → how many statements it may take, authorisation included.
PAGES = {
    "/api/v1/notifications?limit=40": 4,
    "/api/v2/notifications?limit=40": 6,
    "/api/v2/notifications?limit=40&expand_accounts=partial_avatars": 6,
    "/api/v2/search?q=bread": 9,
    "/api/v2/search?q=bread&type=statuses": 5,
    "/api/v1/lists": 2,
    "/api/v1/timelines/list/{list}?limit=40": 4,
    "/api/v1/lists/{list}/accounts": 3,
    "/api/v1/conversations?limit=40": 4,
    "/api/v1/trends/statuses?limit=40": 3,
    "/api/v1/trends/tags?limit=20": 4,
    "/api/v1/trends/links": 3,
}


async def much(world: World, alice: Person, people: list[Person], list_id: str) -> None:
    """Each of those does something that appears on every page."""
    for number, one in enumerate(people):
        await world.follows(alice, one)
        decoded(await alice.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": [str(one.id)]}))
        post = await one.says(f"@alice bread {number} #bread{number} https://page.invalid/{number}")
        await one.whispers(f"@alice psst {number}")
        for other in people[:4]:
            await other.post(f"/api/v1/statuses/{post}/favourite")
            await other.post(f"/api/v1/statuses/{post}/reblog")
    own = await alice.says("bread of my own")
    for one in people:
        await one.post(f"/api/v1/statuses/{own}/favourite")
    await world.settle()
    await search.trends.compute(world.services, now=utc_now() + timedelta(seconds=1))


async def costs(world: World, alice: Person, list_id: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in PAGES:
        await alice.get(path.format(list=list_id))  # the first call of the hour is noted, and rows are made behind it
        await world.settle()
        with world.statements() as sent:
            decoded(await alice.get(path.format(list=list_id)))
        found[path] = len(sent)
    return found


@pytest.mark.timeout(240)
async def test_however_much_is_on_a_page_it_costs_the_same_statements(world: World) -> None:
    world.app.inner.framework.state.answers.most_bytes = 0  # every answer is made anew
    alice = await world.person("alice")
    list_id = decoded(await alice.post("/api/v1/lists", {"title": "theirs"}))["id"]
    first = [await world.person(f"fan{number}") for number in range(2)]
    await much(world, alice, first, list_id)
    few = await costs(world, alice, list_id)
    await much(world, alice, [await world.person(f"fan{number}") for number in range(2, 6)], list_id)
    many = await costs(world, alice, list_id)
    print("\nstatements:", many)
    for path, most in PAGES.items():
        assert many[path] <= most, (path, many[path])
        assert many[path] <= few[path], (path, few[path], many[path])
