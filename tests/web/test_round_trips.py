"""What pages cost the database."""

from __future__ import annotations

from parvis.infra.background import settled
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser

MOST = 3


async def cost(world: World, browser: Browser, path: str) -> int:
    await browser.get(path)  # the first visit of the hour is noted, and rows are made behind it
    await settled()
    with world.statements() as sent:
        answer = await browser.get(path)
    assert answer.status_code == 200
    return len(sent)


async def test_hot_pages_take_three_round_trips(
    world: World, alices: Browser, bobs: Browser, alice: Person, bob: Person
) -> None:
    await world.follows(alice, bob)
    first = await bob.says("A beginning")
    for number in range(30):
        await bob.says(f"@alice reply {number}", in_reply_to_id=first)
    await world.settle()
    for path in ("/home", f"/@bob/{first}", "/notifications", "/public"):
        assert await cost(world, alices, path) <= MOST, path


async def test_strangers_cost_two(world: World, stranger: Browser, alice: Person) -> None:
    post_id = await alice.says("For everybody")
    for path in ("/", "/public", f"/@alice/{post_id}"):
        assert await cost(world, stranger, path) <= 2, path
