"""Following, asking, blocking, muting. Cases C7 and C10 of the security list."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Forbidden, Invalid, NotFound, Problem
from parvis.base.ids import AccountId, IdSource
from parvis.base.pages import PageRequest
from parvis.domain import accounts, relationships
from parvis.domain.accounts.types import NewAccount, ProfileChange
from parvis.infra.postgres import Connection, Database

IDS = IdSource(8)
PAGE = PageRequest(limit=40)


async def made(tx: Connection, *handles: str, locked: bool = False) -> list[AccountId]:
    found = []
    for handle in handles:
        new = NewAccount(handle=handle, email=f"{handle}@mail.example")
        found.append(await accounts.create(tx, IDS, new=new, now=utc_now()))
        if locked:
            await accounts.update_profile(tx, found[-1], change=ProfileChange(locked=True), now=utc_now())
    return found


async def follow(tx: Connection, one: AccountId, other: AccountId, **more: object) -> None:
    await relationships.follow(tx, IDS, one, other, now=utc_now(), **more)  # type: ignore[arg-type]


async def tie(tx: Connection, one: AccountId, other: AccountId) -> relationships.Relationship:
    [found] = await relationships.between(tx, one, [other])
    return found


async def counts(tx: Connection, account_id: AccountId) -> tuple[int, int]:
    person = await accounts.by_id(tx, account_id)
    return person.followers_count, person.following_count


async def events(tx: Connection, name: str) -> int:
    return await tx.fetchval("SELECT count(*) FROM job WHERE kind = 'event' AND payload->>'event' = $1", name)


async def test_a_follow_counts_once_however_often_it_is_asked_for(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    for _ in range(3):
        await follow(tx, alice, bob)
    assert (await counts(tx, alice), await counts(tx, bob)) == ((0, 1), (1, 0))
    seen, back = await tie(tx, alice, bob), await tie(tx, bob, alice)
    assert (seen.following, seen.shows_reposts, seen.notifies, seen.followed_by) == (True, True, False, False)
    assert (back.following, back.followed_by) == (False, True)
    assert await events(tx, "Followed") == 1
    for _ in range(3):
        await relationships.unfollow(tx, alice, bob)
    assert (await counts(tx, alice), await counts(tx, bob)) == ((0, 0), (0, 0))
    assert await events(tx, "Unfollowed") == 1
    assert await tx.fetchval("SELECT count(*) FROM follower") == 0


async def test_following_again_changes_only_the_options_that_are_given(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    await follow(tx, alice, bob, show_reposts=False, languages=["en", "en", "fr"])
    await follow(tx, alice, bob, notify=True)
    seen = await tie(tx, alice, bob)
    assert (seen.shows_reposts, seen.notifies, seen.languages) == (False, True, ["en", "fr"])
    assert await tx.fetchval("SELECT notify FROM follower WHERE account_id = $1", bob)
    await follow(tx, alice, bob, languages=None)
    assert (await tie(tx, alice, bob)).languages is None
    with pytest.raises(Invalid):
        await follow(tx, alice, bob, languages=["<b>"])


async def test_a_locked_account_is_asked_and_answers(tx: Connection) -> None:
    [bob] = await made(tx, "bob", locked=True)
    alice, carol = await made(tx, "alice", "carol")
    await follow(tx, alice, bob, notify=True)
    await follow(tx, carol, bob)
    await follow(tx, alice, bob, show_reposts=False)
    seen = await tie(tx, alice, bob)
    assert (seen.following, seen.requested, seen.notifies, seen.shows_reposts) == (False, True, True, False)
    assert (await tie(tx, bob, alice)).requested_by
    assert await events(tx, "FollowRequested") == 2
    assert (await relationships.requests(tx, bob, PAGE)).items == [carol, alice]
    assert await relationships.requests_count(tx, bob) == 2
    await relationships.accept_request(tx, IDS, bob, alice, now=utc_now())
    await relationships.reject_request(tx, bob, carol)
    seen = await tie(tx, alice, bob)
    assert (seen.following, seen.requested, seen.notifies, seen.shows_reposts) == (True, False, True, False)
    assert await counts(tx, bob) == (1, 0)
    assert not (await tie(tx, carol, bob)).requested
    for answer in (
        relationships.accept_request(tx, IDS, bob, alice, now=utc_now()),
        relationships.reject_request(tx, bob, carol),
    ):
        with pytest.raises(NotFound):
            await answer


async def test_whoever_follows_as_many_as_can_be_follows_no_more_also_by_asking_twice(
    tx: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    [bob] = await made(tx, "bob", locked=True)
    alice, carol, dave = await made(tx, "alice", "carol", "dave")
    await follow(tx, alice, bob)
    await follow(tx, alice, carol)
    monkeypatch.setattr(relationships.rules, "MOST_FOLLOWED", 1)
    await follow(tx, alice, bob, notify=True)
    await follow(tx, alice, carol, notify=True)
    await accounts.update_profile(tx, bob, change=ProfileChange(locked=False), now=utc_now())
    for other in (bob, dave):
        with pytest.raises(Invalid, match="more than 1 accounts"):
            await follow(tx, alice, other)
    assert not (await tie(tx, alice, bob)).following


async def test_a_request_is_withdrawn_by_unfollowing(tx: Connection) -> None:
    [bob] = await made(tx, "bob", locked=True)
    [alice] = await made(tx, "alice")
    await follow(tx, alice, bob)
    await relationships.unfollow(tx, alice, bob)
    assert not (await tie(tx, alice, bob)).requested
    assert await counts(tx, bob) == (0, 0)


async def test_one_can_follow_neither_oneself_nor_nobody(tx: Connection) -> None:
    alice, gone = await made(tx, "alice", "gone")
    with pytest.raises(Forbidden):
        await follow(tx, alice, alice)
    await tx.execute("UPDATE account SET state = 3 WHERE id = $1", gone)
    for nobody in (AccountId(1), gone):
        with pytest.raises(NotFound):
            await follow(tx, alice, nobody)
        with pytest.raises(NotFound):
            await relationships.unfollow(tx, alice, nobody)


async def test_there_is_a_largest_number_of_followed_accounts(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    await tx.execute("UPDATE account_counter SET following = 7500 WHERE account_id = $1", alice)
    with pytest.raises(Invalid):
        await follow(tx, alice, bob)


async def test_a_block_ends_every_tie_and_prevents_new_ones(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    await follow(tx, alice, bob)
    await follow(tx, bob, alice)
    await relationships.block(tx, IDS, alice, bob, now=utc_now())
    await relationships.block(tx, IDS, alice, bob, now=utc_now())
    assert (await counts(tx, alice), await counts(tx, bob)) == ((0, 0), (0, 0))
    assert (await events(tx, "Blocked"), await events(tx, "Unfollowed")) == (1, 2)
    assert (await tie(tx, alice, bob)).blocking
    assert (await tie(tx, bob, alice)).blocked_by
    for one, other in ((alice, bob), (bob, alice)):
        with pytest.raises(Forbidden):
            await follow(tx, one, other)
    assert (await relationships.blocks(tx, alice, PAGE)).items == [bob]
    await relationships.unblock(tx, alice, bob)
    await relationships.unblock(tx, alice, bob)
    await follow(tx, bob, alice)
    assert await counts(tx, alice) == (1, 0)


async def test_a_mute_ends_by_itself(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    await follow(tx, alice, bob)
    await relationships.mute(tx, IDS, alice, bob, hide_notifications=False, duration_s=3600, now=utc_now())
    seen = await tie(tx, alice, bob)
    assert (seen.muting, seen.muting_notifications, seen.following) == (True, False, True)
    [muted] = (await relationships.mutes(tx, alice, PAGE)).items
    assert muted.account_id == bob
    assert muted.expires_at == seen.muted_until
    await relationships.mute(tx, IDS, alice, bob, now=utc_now())
    seen = await tie(tx, alice, bob)
    assert (seen.muting_notifications, seen.muted_until) == (True, None)
    past = utc_now() - timedelta(hours=2)
    await relationships.mute(tx, IDS, alice, bob, duration_s=60, now=past)
    assert not (await tie(tx, alice, bob)).muting
    assert (await relationships.mutes(tx, alice, PAGE)).items == []
    await relationships.unmute(tx, alice, bob)
    with pytest.raises(Forbidden):
        await relationships.mute(tx, IDS, alice, alice, now=utc_now())


async def test_a_note_is_private_and_goes_when_it_is_empty(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    await relationships.set_note(tx, alice, bob, comment=" met at the fair ")
    assert (await tie(tx, alice, bob)).note == "met at the fair"
    assert (await tie(tx, bob, alice)).note == ""
    await relationships.set_note(tx, alice, bob, comment="")
    assert (await tie(tx, alice, bob)).note == ""
    with pytest.raises(Invalid):
        await relationships.set_note(tx, alice, bob, comment="x" * 2001)


async def test_lists_are_paged_by_rows_in_both_directions(tx: Connection) -> None:
    people = await made(tx, *(f"fan{n}" for n in range(5)))
    [star] = await made(tx, "star")
    for one in people:
        await follow(tx, one, star)
    newest_first = people[::-1]

    async def page(**cursors: int) -> relationships.listings.Page[AccountId]:
        return await relationships.followers(tx, star, viewer_id=None, page=PageRequest(limit=2, **cursors))

    first = await page()
    assert first.items == newest_first[:2]
    assert first.more
    second = await page(max_id=first.last_cursor or 0)
    third = await page(max_id=second.last_cursor or 0)
    assert second.items + third.items == newest_first[2:]
    assert not third.more
    assert (await page(min_id=third.last_cursor or 0)).items == newest_first[2:4]
    assert (await page(since_id=third.last_cursor or 0)).items == newest_first[:2]
    with pytest.raises(NotFound):
        await relationships.followers(tx, AccountId(1), viewer_id=None, page=PAGE)


async def test_hidden_and_blocked_lists_are_empty_for_others(tx: Connection) -> None:
    alice, bob, mallory = await made(tx, "alice", "bob", "mallory")
    await follow(tx, bob, alice)
    await follow(tx, alice, bob)

    async def seen(viewer: AccountId | None) -> tuple[int, int]:
        followers = await relationships.followers(tx, alice, viewer_id=viewer, page=PAGE)
        following = await relationships.following(tx, alice, viewer_id=viewer, page=PAGE)
        return len(followers.items), len(following.items)

    assert await seen(None) == await seen(mallory) == (1, 1)
    await relationships.block(tx, IDS, alice, mallory, now=utc_now())
    assert await seen(mallory) == (0, 0)
    await accounts.update_profile(tx, alice, change=ProfileChange(hide_collections=True), now=utc_now())
    assert await seen(None) == await seen(bob) == (0, 0)
    assert await seen(alice) == (1, 1)


async def test_familiar_followers_are_those_one_follows(tx: Connection) -> None:
    alice, bob, carol, star = await made(tx, "alice", "bob", "carol", "star")
    await follow(tx, alice, bob)
    for fan in (bob, carol):
        await follow(tx, fan, star)
    assert await relationships.familiar_followers(tx, alice, [star, carol]) == {star: [bob], carol: []}
    await accounts.update_profile(tx, star, change=ProfileChange(hide_collections=True), now=utc_now())
    assert await relationships.familiar_followers(tx, alice, [star]) == {star: []}


async def test_a_hundred_follows_at_once_count_as_one(fresh_database: Database) -> None:
    async with fresh_database.transaction() as tx:
        alice, bob = await made(tx, "alice", "bob")

    async def act(number: int) -> None:
        async with fresh_database.transaction() as tx:
            await follow(tx, alice, bob)

    await asyncio.gather(*(act(n) for n in range(100)))
    async with fresh_database.connection() as db:
        assert (await counts(db, alice), await counts(db, bob)) == ((0, 1), (1, 0))
        assert await events(db, "Followed") == 1


async def test_a_storm_of_follows_and_blocks_leaves_counts_that_are_true(fresh_database: Database) -> None:
    async with fresh_database.transaction() as tx:
        people = await made(tx, "a", "b", "c", "d")
    chance = random.Random(4)

    async def act() -> None:
        one, other = chance.sample(people, 2)
        verb = chance.randrange(6)
        async with fresh_database.transaction() as tx:
            if verb < 2:
                await follow(tx, one, other)
            elif verb == 2:
                await relationships.unfollow(tx, one, other)
            elif verb == 3:
                await relationships.remove_follower(tx, one, other)
            elif verb == 4:
                await relationships.block(tx, IDS, one, other, now=utc_now())
            else:
                await relationships.unblock(tx, one, other)

    done = await asyncio.gather(*(act() for _ in range(300)), return_exceptions=True)
    assert [one for one in done if isinstance(one, BaseException) and not isinstance(one, Problem)] == []
    async with fresh_database.connection() as db:
        for one in people:
            followers = await db.fetchval("SELECT count(*) FROM follow WHERE target_id = $1", one)
            following = await db.fetchval("SELECT count(*) FROM follow WHERE account_id = $1", one)
            mirrored = await db.fetchval("SELECT count(*) FROM follower WHERE account_id = $1", one)
            assert await counts(db, one) == (followers, following)
            assert mirrored == followers
        slipped = (
            "SELECT count(*) FROM follow f JOIN block b ON b.account_id = f.target_id AND b.target_id = f.account_id"
        )
        assert await db.fetchval(slipped) == 0
