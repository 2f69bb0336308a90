"""Passkeys: made at sign-up or in the settings, signed in with, and what does not work with them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Conflict, Invalid, InvalidFields, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts, admission
from parvis.domain.accounts import passkeys
from tests.domain.admission.line import PASSWORD, application, let_in, line_of
from tests.rig.authenticators import PRESENT, Device
from tests.rig.world import World

HERE = "https://parvis.test"


@pytest.fixture
def place(world: World) -> World:
    """A place for which browsers make passkeys."""
    world.services.settings = msgspec.structs.replace(world.services.settings, origin=HERE)
    return world


def made(world: World, device: Device) -> accounts.NewPasskey:
    options = accounts.passkey_creation(world.services, handle="alice", now=utc_now())
    return accounts.passkey_made(world.services, device.make(options), now=utc_now())


async def signed_up(world: World, device: Device, name: str = "alice") -> AccountId:
    done = await admission.sign_up(
        world.services, wanted=application(name), password=None, passkey=made(world, device), now=utc_now()
    )
    assert done.account_id is not None
    return done.account_id


def signed(world: World, device: Device) -> str:
    return device.sign(accounts.passkey_request(world.services, now=utc_now()))


async def signs_in(world: World, answer: str) -> AccountId:
    return (await accounts.sign_in_by_passkey(world.services, answer, now=utc_now())).account_id


async def test_who_signed_up_with_a_passkey_comes_in_by_it_and_by_no_password(place: World) -> None:
    device = Device(HERE)
    alice = await signed_up(place, device)
    assert await signs_in(place, signed(place, device)) == alice
    for password in ("", PASSWORD):
        with pytest.raises(Invalid):
            await accounts.sign_in(place.services, login="alice", password=password, now=utc_now())
    async with place.services.db.connection() as db:
        [one] = await accounts.passkeys_of(db, alice)
    assert one.last_used_at is not None


async def test_an_answer_counts_once_and_only_for_what_was_asked_here_and_lately(place: World) -> None:
    device, now = Device(HERE), utc_now()
    await signed_up(place, device)
    answer = signed(place, device)
    await signs_in(place, answer)
    options = accounts.passkey_request(place.services, now=now)
    old = accounts.passkey_request(place.services, now=now - timedelta(hours=2))
    forged = msgspec.json.encode(msgspec.json.decode(options) | {"challenge": "A" * 64}).decode()
    making = accounts.passkey_creation(place.services, now=now)
    other = msgspec.json.encode(
        msgspec.json.decode(options) | {"challenge": msgspec.json.decode(making)["challenge"]}
    ).decode()
    for wrong in (
        answer,
        device.sign(old),
        device.sign(forged),
        device.sign(other),
        Device("https://parvis.example", device.key, device.credential_id).sign(options),
        Device(HERE, credential_id=device.credential_id).sign(options),
        Device(HERE, device.key, device.credential_id, flags=PRESENT).sign(options),
        Device(HERE).sign(options),
        "", "{}", "[]", "null", '{"response": 7}', "[" * 9000, '{"rawId": "*", "response": {"clientDataJSON": "e30"}}',
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            await signs_in(place, wrong)
        assert refusal.value.code == "wrong_passkey"


async def test_a_device_that_counts_cannot_be_copied_unseen(place: World) -> None:
    device = Device(HERE, counts=True)
    alice = await signed_up(place, device)
    copy = Device(HERE, device.key, device.credential_id, counts=True)
    assert await signs_in(place, signed(place, device)) == alice
    assert await signs_in(place, signed(place, device)) == alice
    with pytest.raises(Invalid):
        await signs_in(place, signed(place, copy))


async def test_a_passkey_is_made_once_and_with_its_owner_recognised(place: World) -> None:
    device = Device(HERE)
    new = made(place, device)
    await admission.sign_up(place.services, wanted=application("alice"), password=None, passkey=new, now=utc_now())
    for again in (new, made(place, device)):  # the same answer, and the same credential for another account
        with pytest.raises(Invalid):
            await admission.sign_up(
                place.services, wanted=application("bob"), password=None, passkey=again, now=utc_now()
            )
    with pytest.raises(Invalid):
        made(place, Device(HERE, flags=PRESENT))


async def test_a_refused_sign_up_leaves_the_passkey_good_for_another_try(place: World) -> None:
    await signed_up(place, Device(HERE), "alice")
    new = made(place, Device(HERE))
    with pytest.raises(InvalidFields):
        await admission.sign_up(place.services, wanted=application("alice"), password=None, passkey=new, now=utc_now())
    done = await admission.sign_up(place.services, wanted=application("bob"), password=None, passkey=new, now=utc_now())
    assert done.account_id is not None


async def test_the_suspended_come_in_barred_and_the_last_way_in_stays(place: World) -> None:
    device = Device(HERE)
    alice = await signed_up(place, device)
    async with place.services.db.connection() as db:
        [one] = await accounts.passkeys_of(db, alice)
    with pytest.raises(Conflict):
        async with place.services.db.transaction() as tx:
            await accounts.remove_passkey(tx, alice, one.id, keep_session_id=None)
    second = Device(HERE)
    async with place.services.db.transaction() as tx:
        await accounts.add_passkey(tx, place.services.ids, alice, made(place, second), name="x", now=utc_now())
    ticket = await accounts.sign_in_by_passkey(place.services, signed(place, second), now=utc_now())
    async with place.services.db.transaction() as tx:
        await accounts.remove_passkey(tx, alice, one.id, keep_session_id=None)
        assert await accounts.viewer_of_session(tx, ticket.token, now=utc_now()) is None
    with pytest.raises(Invalid):
        await signs_in(place, signed(place, device))
    with pytest.raises(NotFound):
        async with place.services.db.transaction() as tx:
            await accounts.remove_passkey(tx, AccountId(1), one.id, keep_session_id=None)
    await place.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", alice)
    barred = await accounts.sign_in_by_passkey(place.services, signed(place, second), now=utc_now())
    async with place.services.db.connection() as db:
        viewer = await accounts.viewer_of_session(db, barred.token, now=utc_now())
    assert viewer is not None
    assert viewer.barred


async def test_a_proof_takes_ones_own_passkey(place: World) -> None:
    device, bobs = Device(HERE), Device(HERE)
    alice = await signed_up(place, device)
    await signed_up(place, bobs, "bob")
    ticket = await accounts.sign_in_by_passkey(place.services, signed(place, device), now=utc_now())
    with pytest.raises(Invalid):
        await accounts.prove_by_passkey(place.services, alice, ticket.token, signed(place, bobs), now=utc_now())
    fresh = await accounts.prove_by_passkey(place.services, alice, ticket.token, signed(place, device), now=utc_now())
    async with place.services.db.connection() as db:
        assert await accounts.viewer_of_session(db, ticket.token, now=utc_now()) is None
        assert await accounts.is_fresh(db, fresh.session_id, now=utc_now())


async def test_a_ticket_is_entered_by_a_passkey_and_opens_nothing_afterwards(place: World) -> None:
    [ticket] = await line_of(place.services, "alice")
    await let_in(place.services, 1)
    device = Device(HERE)
    alice = await admission.enter(place.services, ticket, password=None, passkey=made(place, device), now=utc_now())
    with pytest.raises(Conflict):
        await admission.choose_password(place.services, ticket, password=PASSWORD, now=utc_now())
    assert await signs_in(place, signed(place, device)) == alice


@pytest.mark.parametrize(
    ("origin", "possible"),
    [
        ("https://parvis.test", True),
        ("http://localhost:8000", True),
        ("http://parvis.test", False),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]", False),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(world: World, origin: str, possible: bool) -> None:
    world.services.settings = msgspec.structs.replace(world.services.settings, origin=origin)
    assert passkeys.are_possible(world.services.settings) == possible
    assert bool(accounts.passkey_creation(world.services, now=utc_now())) == possible
    assert bool(accounts.passkey_request(world.services, now=utc_now())) == possible
