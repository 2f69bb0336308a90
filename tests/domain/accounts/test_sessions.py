"""Signing in and out, and what ends sessions. Cases A2, A6, A7, A8 of the security list."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, AppId
from parvis.domain import accounts
from parvis.domain.accounts import one_time
from parvis.domain.accounts.one_time import Purpose
from parvis.domain.accounts.types import NewAccount, SessionTicket
from tests.rig.world import World

PASSWORD = "correct horse"


async def member(world: World, handle: str = "alice", *, confirmed: bool = True) -> AccountId:
    async with world.services.db.transaction() as tx:
        new = NewAccount(
            handle=handle,
            email=f"{handle}@mail.example",
            password_hash=await world.services.hasher.hash(PASSWORD),
            confirmed=confirmed,
        )
        return await accounts.create(tx, world.services.ids, new=new, now=utc_now())


async def signed_in(world: World, login: str = "alice", **more: str) -> SessionTicket:
    return await accounts.sign_in(world.services, login=login, password=PASSWORD, now=utc_now(), **more)  # type: ignore[arg-type]


async def viewer(world: World, token: str) -> accounts.Viewer | None:
    async with world.services.db.connection() as db:
        return await accounts.viewer_of_session(db, token, now=utc_now())


async def events(world: World, name: str) -> int:
    return await world.services.db.pool.fetchval(
        "SELECT count(*) FROM job WHERE kind = 'event' AND payload->>'event' = $1", name
    )


async def test_one_signs_in_by_address_or_handle(world: World) -> None:
    alice = await member(world)
    for login in ("alice", "@Alice", "alice@mail.example", " ALICE@Mail.example "):
        ticket = await signed_in(world, login)
        seen = await viewer(world, ticket.token)
        assert seen is not None
        assert (seen.account_id, seen.session_id, seen.handle) == (alice, ticket.session_id, "alice")


async def test_no_usable_key_is_stored(world: World) -> None:
    await member(world)
    ticket = await signed_in(world)
    row = await world.services.db.pool.fetchrow("SELECT * FROM session")
    assert ticket.token not in repr(dict(row))
    assert ticket.token.encode() not in row["token_hash"]


async def test_an_unknown_login_costs_and_tells_the_same_as_a_wrong_password(world: World) -> None:
    await member(world)
    told = set()
    for login in ("alice", "alice@mail.example", "nobody", "nobody@mail.example", "not a login", ""):
        before = world.services.hasher.count
        with pytest.raises(Invalid) as refused:
            await accounts.sign_in(world.services, login=login, password="wrong", now=utc_now())
        assert world.services.hasher.count == before + 1
        told.add((refused.value.message, refused.value.code))
    assert len(told) == 1


async def test_an_account_without_a_password_cannot_be_signed_in_to(world: World) -> None:
    async with world.services.db.transaction() as tx:
        await accounts.create(
            tx, world.services.ids, new=NewAccount(handle="robot", email="b@mail.example"), now=utc_now()
        )
    for password in ("", "no password is this one"):
        with pytest.raises(Invalid):
            await accounts.sign_in(world.services, login="robot", password=password, now=utc_now())


async def test_a_suspended_account_comes_in_barred_and_only_with_its_password(world: World) -> None:
    alice = await member(world)
    await world.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", alice)
    with pytest.raises(Invalid):
        await accounts.sign_in(world.services, login="alice", password="wrong", now=utc_now())
    ticket = await signed_in(world)
    seen = await viewer(world, ticket.token)
    assert seen is not None
    assert seen.barred


async def test_signing_in_ends_the_session_the_browser_came_with(world: World) -> None:
    await member(world)
    planted = await signed_in(world)
    fresh = await signed_in(world, replaces=planted.token)
    assert fresh.token != planted.token
    assert await viewer(world, planted.token) is None
    assert await viewer(world, fresh.token) is not None


async def test_a_renewed_session_has_a_new_key_and_the_old_one_is_dead(world: World) -> None:
    alice = await member(world)
    old = await signed_in(world)
    async with world.services.db.transaction() as tx:
        new = await accounts.renew_session(tx, world.services.ids, old.token, now=utc_now())
    assert await viewer(world, old.token) is None
    seen = await viewer(world, new.token)
    assert seen is not None
    assert seen.account_id == alice
    assert seen.session_id != old.session_id
    async with world.services.db.transaction() as tx:
        with pytest.raises(NotFound):
            await accounts.renew_session(tx, world.services.ids, old.token, now=utc_now())


async def test_sessions_are_listed_and_ended_by_their_owner_only(world: World) -> None:
    alice = await member(world)
    mallory = await member(world, "mallory")
    first = await signed_in(world, user_agent="Fire\x00fox\n", address="::1")
    second = await signed_in(world)
    async with world.services.db.transaction() as tx:
        listed = await accounts.sessions_of(tx, alice, now=utc_now())
        assert {one.id for one in listed} == {first.session_id, second.session_id}
        assert {one.user_agent for one in listed} == {"Firefox", ""}
        with pytest.raises(NotFound):
            await accounts.end_session(tx, mallory, first.session_id)
        await accounts.end_session(tx, alice, first.session_id)
    assert await viewer(world, first.token) is None
    assert await viewer(world, second.token) is not None
    assert await events(world, "SessionEnded") == 1


async def test_a_session_lasts_sixty_days_from_its_last_use_and_is_noted_once_an_hour(world: World) -> None:
    alice = await member(world)
    start = utc_now()
    async with world.services.db.transaction() as tx:
        ticket = await accounts.open_session(tx, world.services.ids, alice, now=start)
    async with world.services.db.connection() as db:
        await accounts.viewer_of_session(db, ticket.token, now=start + timedelta(minutes=59))
        assert await db.fetchval("SELECT last_seen_at FROM session") == start
        later = start + timedelta(days=59)
        assert await accounts.viewer_of_session(db, ticket.token, now=later) is not None
        assert await db.fetchval("SELECT last_seen_at FROM session") == later
        assert await accounts.viewer_of_session(db, ticket.token, now=start + timedelta(days=118)) is not None
        assert await accounts.viewer_of_session(db, ticket.token, now=start + timedelta(days=179)) is None


async def test_a_new_password_ends_every_other_session_and_every_token(world: World) -> None:
    alice = await world.person("alice")
    hashed = await world.services.hasher.hash(PASSWORD)
    await world.services.db.pool.execute("UPDATE login SET password_hash = $1", hashed)
    here, elsewhere = await signed_in(world), await signed_in(world)
    with pytest.raises(Invalid) as refused:
        await accounts.change_password(
            world.services, alice.id, current="wrong", password="another horse", now=utc_now()
        )
    assert refused.value.field == "current_password"
    await accounts.change_password(
        world.services,
        alice.id,
        current=PASSWORD,
        password="another horse",
        keep_session_id=here.session_id,
        now=utc_now(),
    )
    assert await viewer(world, here.token) is not None
    assert await viewer(world, elsewhere.token) is None
    async with world.services.db.connection() as db:
        assert await accounts.viewer_of_token(db, alice.token, now=utc_now()) is None
    assert await events(world, "SessionEnded") == 1
    assert await events(world, "TokenRevoked") == 1
    with pytest.raises(Invalid):
        await signed_in(world)
    await accounts.sign_in(world.services, login="alice", password="another horse", now=utc_now())


async def issued(world: World, purpose: Purpose, account_id: AccountId | None, email: str | None = None) -> str:
    async with world.services.db.transaction() as tx:
        return await one_time.issue(tx, purpose, account_id=account_id, email=email, now=utc_now())


async def test_a_reset_link_works_once_and_ends_everything(world: World) -> None:
    alice = await member(world)
    ticket = await signed_in(world)
    token = await issued(world, Purpose.RESET_PASSWORD, alice, "alice@mail.example")
    other = await issued(world, Purpose.RESET_PASSWORD, alice, "alice@mail.example")
    assert await accounts.reset_password(world.services, token=token, password="another horse", now=utc_now()) == alice
    assert await viewer(world, ticket.token) is None
    for used in (token, other, "never was one"):
        with pytest.raises(Invalid) as refused:
            await accounts.reset_password(world.services, token=used, password="third horse!", now=utc_now())
        assert (refused.value.field, refused.value.code) == ("token", "expired")
    await accounts.sign_in(world.services, login="alice", password="another horse", now=utc_now())


async def test_a_changed_password_voids_reset_links(world: World) -> None:
    alice = await member(world)
    token = await issued(world, Purpose.RESET_PASSWORD, alice, "alice@mail.example")
    await accounts.set_password(world.services, alice, password="another horse", now=utc_now())
    with pytest.raises(Invalid):
        await accounts.reset_password(world.services, token=token, password="third horse!", now=utc_now())


async def test_a_link_works_for_its_purpose_only_and_for_an_hour(world: World) -> None:
    alice = await member(world, confirmed=False)
    token = await issued(world, Purpose.CONFIRM_EMAIL, alice, "alice@mail.example")
    with pytest.raises(Invalid):
        await accounts.reset_password(world.services, token=token, password="another horse", now=utc_now())
    async with world.services.db.transaction() as tx:
        with pytest.raises(Invalid):
            await accounts.become_owner(tx, alice, token=token, now=utc_now())
    with pytest.raises(Invalid):
        async with world.services.db.transaction() as tx:
            await accounts.confirm_email(tx, token, now=utc_now() + timedelta(minutes=61))
    async with world.services.db.transaction() as tx:
        assert await accounts.confirm_email(tx, token, now=utc_now()) == alice


async def test_of_many_uses_at_once_exactly_one_succeeds(world: World) -> None:
    alice = await member(world, confirmed=False)
    token = await issued(world, Purpose.CONFIRM_EMAIL, alice, "alice@mail.example")

    async def use() -> bool:
        try:
            async with world.services.db.transaction() as tx:
                await accounts.confirm_email(tx, token, now=utc_now())
        except Invalid:
            return False
        return True

    assert sum(await asyncio.gather(*(use() for _ in range(12)))) == 1


async def test_the_owner_link_makes_one_owner_once(world: World) -> None:
    alice, bob = await member(world), await member(world, "bob")
    async with world.services.db.transaction() as tx:
        first = await accounts.owner_token(tx, now=utc_now())
        second = await accounts.owner_token(tx, now=utc_now())
    for account_id, token, works in ((alice, first, False), (alice, second, True), (bob, second, False)):
        try:
            async with world.services.db.transaction() as tx:
                await accounts.become_owner(tx, account_id, token=token, now=utc_now())
        except Invalid:
            assert not works
        else:
            assert works
    async with world.services.db.connection() as db:
        assert await accounts.has_owner(db)
        assert await accounts.contact(db) == alice
        assert (await accounts.login_of(db, bob)).role == accounts.Role.MEMBER


async def test_what_has_run_out_is_deleted(world: World) -> None:
    alice = await member(world)
    now = utc_now()
    async with world.services.db.transaction() as tx:
        await accounts.open_session(tx, world.services.ids, alice, now=now - timedelta(days=61))
        kept = await accounts.open_session(tx, world.services.ids, alice, now=now)
        await one_time.issue(tx, Purpose.CONFIRM_EMAIL, account_id=alice, now=now - timedelta(days=8))
        await accounts.delete_expired(tx, now=now)
        assert await tx.fetch("SELECT id FROM session") == [(kept.session_id,)]
        assert await tx.fetchval("SELECT count(*) FROM one_time_token") == 0


async def test_a_token_is_noted_as_used_once_an_hour(world: World) -> None:
    alice = await world.person("alice")
    now = utc_now()
    async with world.services.db.connection() as db:
        for moment, noted in ((now, now), (now + timedelta(minutes=50), now)):
            found = await accounts.viewer_of_token(db, alice.token, now=moment)
            assert found is not None
            assert found.account_id == alice.id
            assert await db.fetchval("SELECT last_used_at FROM oauth_token") == noted
        [app] = await accounts.authorized_apps(db, alice.id)
    async with world.services.db.transaction() as tx:
        assert (await accounts.app_by_id(tx, AppId(found.app_id or 0))).name == app.name
        await accounts.end_token(tx, alice.id, app.token_id)
        assert await accounts.viewer_of_token(tx, alice.token, now=now) is None


async def test_the_owner_link_opens_an_account_and_a_dead_one_tells_nothing(world: World) -> None:
    await member(world)
    async with world.services.db.transaction() as tx:
        token = await accounts.owner_token(tx, now=utc_now())

    async def open_account(key: str, email: str = "owner@mail.example") -> AccountId:
        return await accounts.create_owner(
            world.services, token=key, handle="admin", email=email, password=PASSWORD, now=utc_now()
        )

    before = world.services.hasher.count
    with pytest.raises(Invalid) as refused:
        await open_account("nonsense", "alice@mail.example")
    assert (refused.value.code, world.services.hasher.count) == ("expired", before)
    with pytest.raises(Invalid) as refused:
        await open_account(token, "alice@mail.example")
    assert refused.value.code == "taken"
    owner = await open_account(token)
    async with world.services.db.connection() as db:
        login = await accounts.login_of(db, owner)
    assert (login.role, login.confirmed_at is not None) == (accounts.Role.OWNER, True)
    with pytest.raises(Invalid):
        await open_account(token, "second@mail.example")


async def test_d5_after_a_restore_nobody_comes_in_by_what_the_copy_knew(world: World) -> None:
    alice = await world.person("alice")
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 200
    async with world.services.db.transaction() as tx:
        ticket = await accounts.open_session(tx, world.services.ids, alice.id, now=utc_now())
    assert await viewer(world, ticket.token) is not None
    async with world.services.db.transaction() as tx:
        assert await accounts.end_all_access(tx) >= 2
    assert await viewer(world, ticket.token) is None
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 401
