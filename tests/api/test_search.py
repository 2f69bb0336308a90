"""Search through the JSON door: words of posts, operators, and nothing that one may not see (cases C8 and C9)."""

from __future__ import annotations

import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts, relationships
from parvis.domain.accounts.types import ProfileChange
from parvis.domain.posts.types import PollDraft, Visibility
from parvis.domain.search import find_queries
from tests.rig.people import Person, decoded
from tests.rig.world import World


async def found(viewer: Person | None, world: World, q: str, **more: object) -> list[str]:
    answer = await world.client.get("/api/v2/search", params={"q": q, **more}, headers=viewer.headers if viewer else {})
    return [one["id"] for one in decoded(answer)["statuses"]]


async def test_words_of_public_posts_are_found_by_everybody_the_newest_first(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    first = await alice.says("Fresh bread in the morning")
    second = await bob.says("Bread again")
    await bob.says("Nothing of the kind")
    await world.settle()
    for viewer in (alice, bob, None):
        assert await found(viewer, world, "bread") == [str(second), str(first)]
        assert await found(viewer, world, "bread morning") == [str(first)]
    assert await found(alice, world, "bread", limit=1) == [str(second)]
    assert await found(alice, world, "bread", limit=1, offset=1) == [str(first)]
    assert await found(alice, world, "bread", max_id=second) == [str(first)]
    assert await found(alice, world, "bread", min_id=first) == [str(second)]
    assert await found(alice, world, "bread", type="accounts") == []


async def test_an_answer_has_four_lists_and_the_old_one_three(world: World) -> None:
    alice = await world.person("alice")
    await alice.says("#bread")
    await world.settle()
    new = decoded(await alice.get("/api/v2/search", q="bread"))
    assert set(new) == {"accounts", "statuses", "hashtags", "collections"}
    old = decoded(await alice.get("/api/v1/search", q="bread"))
    assert old["hashtags"] == ["bread"]
    assert [one["id"] for one in old["statuses"]] == [one["id"] for one in new["statuses"]]


async def test_an_edit_changes_what_is_found_and_a_removal_leaves_no_word(world: World) -> None:
    alice = await world.person("alice")
    post_id = await alice.says("A first attempt")
    await world.settle()
    assert (await alice.client.put(
        f"/api/v1/statuses/{post_id}", json={"status": "A second attempt"}, headers=alice.headers
    )).status_code == 200  # fmt: skip
    await world.settle()
    assert await found(alice, world, "first") == []
    assert await found(alice, world, "second") == [str(post_id)]
    assert await found(alice, world, "second is:edited") == [str(post_id)]
    await alice.delete(f"/api/v1/statuses/{post_id}")
    assert await found(alice, world, "second") == []  # before the worker has heard of it
    await world.settle()
    async with world.services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM search_post") == 0


async def test_operators_narrow_what_is_found(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    plain = await alice.says("bread")
    poll = await alice.says("bread?", poll=PollDraft(("rye", "wheat"), 3600))
    link = await bob.says("bread at https://bakery.example/menu", language="fr")
    reply = await bob.says("more bread", in_reply_to_id=plain)
    await world.settle()

    async def ids(q: str) -> set[str]:
        return set(await found(alice, world, q))

    assert await ids("bread from:alice") == {str(plain), str(poll)}
    assert await ids("bread from:me") == {str(plain), str(poll)}
    assert await ids("bread from:@bob@parvis.test") == {str(link), str(reply)}
    assert await ids("bread -from:me") == {str(link), str(reply)}
    assert await ids("from:nobody bread") == set()
    assert await ids("from:bob") == {str(link), str(reply)}
    assert await ids("bread has:poll") == {str(poll)}
    assert await ids("rye") == {str(poll)}
    assert await ids("bread has:link") == await ids("bakery") == {str(link)}
    assert await ids("bread is:reply") == {str(reply)}
    assert await ids("bread language:fr") == {str(link)}
    today = utc_now().date().isoformat()
    assert len(await ids(f"bread during:{today}")) == 4
    assert await ids(f"bread before:{today}") == await ids(f"bread after:{today}") == set()
    assert set(await found(alice, world, "bread", account_id=bob.id)) == {str(link), str(reply)}


@pytest.mark.parametrize(("recent", "few"), [(600, 3000), (1, 3000), (1, 1)])
async def test_case_c9_a_word_is_found_only_in_posts_that_one_may_see(
    world: World, recent: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rare and common words are looked for in three ways, and all must ask.
    assert (find_queries.RECENT, find_queries.FEW) == (600, 3000)
    statement = find_queries._FIND.replace("LIMIT 600", f"LIMIT {recent}")
    statement = statement.replace("<= 3000", f"<= {few}").replace("LIMIT 3001", f"LIMIT {few + 1}")
    monkeypatch.setattr(find_queries, "_FIND", statement)
    alice, bob, carol, dave = [await world.person(n) for n in ("alice", "bob", "carol", "dave")]
    await world.follows(bob, alice)
    public = await alice.says("secret for all")
    quiet = await alice.says("secret in a low voice", visibility=Visibility.QUIET)
    closed = await alice.says("secret for followers", visibility=Visibility.FOLLOWERS)
    told = await alice.says("@carol secret", visibility=Visibility.MENTIONED)
    await world.settle()
    all_ids = [str(one) for one in (told, closed, quiet, public)]
    assert await found(alice, world, "secret") == all_ids
    assert await found(bob, world, "secret") == [str(public)]
    assert await found(carol, world, "secret") == [str(told), str(public)]
    for viewer in (dave, None):
        for q in ("secret", "secret from:alice", "from:alice", "in:library secret", "secret -nothing"):
            assert set(await found(viewer, world, q)) <= {str(public)}, q
    # Paging and bounds tell nothing of what is between.
    assert await found(dave, world, "secret", limit=1) == [str(public)]
    assert await found(dave, world, "secret", limit=1, offset=1) == []
    assert await found(dave, world, "secret", min_id=public) == []
    async with world.services.db.transaction() as tx:
        await relationships.block(tx, world.services.ids, alice.id, dave.id, now=utc_now())
        await relationships.block(tx, world.services.ids, carol.id, alice.id, now=utc_now())
    assert await found(dave, world, "secret") == []
    assert await found(carol, world, "secret") == []
    await world.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", alice.id)
    assert await found(bob, world, "secret") == await found(None, world, "secret") == []


async def test_ones_library_is_what_one_wrote_marked_and_is_mentioned_in(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    own = await bob.says("bread of mine", visibility=Visibility.FOLLOWERS)
    marked, liked = await alice.says("bread, remembered"), await alice.says("bread, liked", visibility=Visibility.QUIET)
    named = await alice.says("bread for @bob", visibility=Visibility.MENTIONED)
    await alice.says("bread")
    decoded(await bob.post(f"/api/v1/statuses/{marked}/bookmark"))
    decoded(await bob.post(f"/api/v1/statuses/{liked}/favourite"))
    await world.settle()
    assert await found(bob, world, "in:library bread") == [str(one) for one in (named, liked, marked, own)]
    assert await found(bob, world, "in:library") == [str(named), str(own)]
    assert await found(None, world, "in:library bread") == []


async def test_who_does_not_want_to_be_found_is_not(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post_id = await alice.says("bread")
    await world.settle()
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, alice.id, change=ProfileChange(indexable=False), now=utc_now())
    assert await found(bob, world, "bread") == []
    assert await found(alice, world, "bread") == [str(post_id)]


async def test_one_does_not_find_whom_one_has_silenced(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await alice.says("bread")
    await world.settle()
    async with world.services.db.transaction() as tx:
        await relationships.mute(tx, world.services.ids, bob.id, alice.id, now=utc_now())
    assert await found(bob, world, "bread") == []


async def test_a_search_costs_a_fixed_number_of_statements(world: World) -> None:
    alice = await world.person("alice")
    counts = []
    for number in (1, 12):
        for _ in range(number):
            await alice.says(f"bread #bread{number}")
        await world.settle()
        await found(alice, world, "bread from:alice")
        with world.statements() as sent:
            assert await found(alice, world, "bread from:alice")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 9, sent


async def test_case_i7_a_question_is_no_part_of_a_statement(world: World) -> None:
    alice = await world.person("alice")
    await alice.says("bread")
    await world.settle()
    for q in (
        "'",
        "''",
        "\\",
        "' | '=v0",
        "bread' | 'x",
        ":*",
        "a:*",
        "!",
        "&",
        "()",
        "<->",
        "'=v0'",
        "=v0",
        "from:' OR 1=1",
    ):
        answer = await alice.get("/api/v2/search", q=q)
        assert answer.status_code == 200, q
        assert decoded(answer)["statuses"] == [], q


async def test_posts_from_before_the_index_are_found_once_it_has_caught_up(world: World) -> None:
    from parvis.domain import search

    alice = await world.person("alice")
    post_ids = [await alice.says(f"bread {number}") for number in range(3)]
    await world.settle()
    async with world.services.db.transaction() as tx:
        await tx.execute("DELETE FROM search_post")
        await search.index_everything(tx)
    assert await found(alice, world, "bread") == []
    assert await search.work_off(world.services) == 4
    assert await found(alice, world, "bread") == [str(one) for one in reversed(post_ids)]
    assert await search.work_off(world.services) == 0
