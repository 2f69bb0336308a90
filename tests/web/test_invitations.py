"""Members invite; those who run the place see the tree, and nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from itertools import pairwise

import msgspec

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.console import invitations
from parvis.domain import accounts, admission
from parvis.domain.admission import Application, Brought
from parvis.domain.admission.invitations import MOST_A_WEEK
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser

TREE = "/console/invitations"
MINE = "/settings/invitations"


async def came(world: World, name: str, code: str) -> None:
    """That person has signed up with the invitation."""
    wanted = Application(handle=name, email=f"{name}@mail.example", invitation=code)
    done = await admission.sign_up(world.services, wanted=wanted, password="a long password", now=utc_now())
    assert done.account_id is not None


async def test_an_invitation_brings_somebody_in_and_stands_in_the_tree(
    world: World, alices: Browser, open_browser: Callable[[], Browser]
) -> None:
    monas = await open_browser().sign_in(await world.person("mona", role=accounts.Role.MODERATOR))
    assert "Nobody came by an invitation" in (await monas.get(TREE)).text
    shown = unescape((await alices.post(MINE, {})).text)
    found = re.search(re.escape(ORIGIN) + r"/invite/([\w-]+)", shown)
    assert found is not None
    assert found[1] not in unescape((await alices.get(MINE)).text), "it is shown once"
    await came(world, "nina", found[1])
    async with world.services.db.transaction() as tx:
        nina = await accounts.by_handle(tx, "nina", domain=world.services.settings.domain)
        code = await admission.invite(tx, world.services.ids, nina.id, now=utc_now())
    await came(world, "nora", code)

    tree = (await monas.get(TREE)).text
    assert [tree.index(f"@{name}<") for name in ("alice", "nina", "nora")] == sorted(
        tree.index(f"@{name}<") for name in ("alice", "nina", "nora")
    )
    below_alice = tree[tree.index("@alice<") :]
    assert below_alice.index("<ul") < below_alice.index("@nina<") < below_alice.index("@nora<")
    assert (await alices.get(TREE)).status_code == 404


async def test_a_long_line_of_invitations_is_cut_into_trees_and_loses_nobody(world: World) -> None:
    alice = await world.person("alice")
    async with world.services.db.connection() as db:
        account = await accounts.by_id(db, alice.id)
    ids = [AccountId(number) for number in range(1, 1001)]
    people = {one: msgspec.structs.replace(account, id=one, handle=f"p{one}") for one in ids}
    found = [Brought(inviter, invited, utc_now()) for inviter, invited in pairwise(ids)]
    roots = invitations.grown(found, people)
    assert len(roots) == 1000 / invitations.DEEPEST
    seen: list[int] = []
    generation, depth = roots, 0
    while generation:
        seen += [one.account.id for one in generation]
        generation, depth = [one for branch in generation for one in branch.below], depth + 1
    assert (sorted(seen), depth) == (ids, invitations.DEEPEST)


async def test_a_member_makes_a_few_invitations_a_week(alices: Browser) -> None:
    for _ in range(MOST_A_WEEK):
        assert "/invite/" in unescape((await alices.post(MINE, {})).text)
    refused = await alices.post(MINE, {})
    assert refused.status_code == 429
    assert "/invite/" not in unescape(refused.text)
