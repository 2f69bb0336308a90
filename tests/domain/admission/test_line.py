"""First come, first served: receipts, numbers, places, admission and entry."""

from __future__ import annotations

import asyncio
import time

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Conflict, Forbidden, InvalidFields, NotFound
from parvis.domain import accounts, admission
from parvis.domain.accounts.types import NewAccount
from parvis.domain.admission.receive import GATHERED_S
from parvis.domain.admission.types import Kind, State
from parvis.infra.services import Services
from tests.domain.admission.line import PASSWORD, application, in_days, let_in, line_of, place_of


async def kinds(services: Services) -> list[tuple[str, int]]:
    async with services.db.connection() as db:
        rows = await db.fetch("SELECT kind, number FROM admission_log ORDER BY index")
    return [(Kind(row["kind"]).name.lower(), row["number"]) for row in rows]


async def test_people_are_numbered_in_the_order_in_which_they_came(services: Services) -> None:
    tickets = await line_of(services, "alice", "bob", "carol")
    places = [await place_of(services, ticket) for ticket in tickets]
    assert [one.number for one in places] == [1, 2, 3]
    assert [one.ahead for one in places] == [0, 1, 2]
    assert {one.state for one in places} == {State.RECEIVED}
    assert await kinds(services) == [("received", 1), ("received", 2), ("received", 3)]


async def test_a_place_has_no_number_before_the_sequencer_ran(services: Services) -> None:
    ticket = await admission.receive(services, wanted=application("alice"), now=utc_now())
    place = await place_of(services, ticket)
    assert place.number is None
    assert place.ahead is None


async def test_the_oldest_get_in_and_the_others_move_up(services: Services) -> None:
    tickets = await line_of(services, "alice", "bob", "carol")
    assert [one.number for one in await let_in(services, 2)] == [1, 2]
    assert [(await place_of(services, ticket)).ahead for ticket in tickets] == [0, 0, 0]
    async with services.db.connection() as db:
        serving = await admission.serving(db)
    assert (serving.serving, serving.last_number, serving.waiting, serving.open) == (2, 3, 1, False)
    assert [one.number for one in await let_in(services, 5)] == [3]
    async with services.db.connection() as db:
        assert await admission.has_room(db)


async def test_whoever_is_admitted_enters_once(services: Services) -> None:
    [ticket] = await line_of(services, "alice")
    with pytest.raises(Forbidden):
        await admission.enter(services, ticket, password=PASSWORD, now=utc_now())
    await let_in(services, 1)
    account_id = await admission.enter(services, ticket, password=PASSWORD, now=utc_now())
    async with services.db.connection() as db:
        person = await accounts.by_handle(db, "alice", domain="parvis.test")
        login = await accounts.login_of(db, account_id)
        kept = await db.fetchrow("SELECT handle, email, email_hash FROM receipt")
    assert person.id == account_id
    assert login.email == "alice@mail.example"
    assert login.confirmed_at is None
    assert tuple(kept) == (None, None, None)
    with pytest.raises(Conflict):
        await admission.enter(services, ticket, password=PASSWORD, now=utc_now())


async def test_of_two_who_enter_with_one_ticket_at_the_same_time_one_does(services: Services) -> None:
    [ticket] = await line_of(services, "alice")
    await let_in(services, 1)
    both = await asyncio.gather(
        *(admission.enter(services, ticket, password=PASSWORD, now=utc_now()) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "int"]


async def test_a_handle_is_reserved_from_the_receipt_on(services: Services) -> None:
    await line_of(services, "alice")
    with pytest.raises(InvalidFields) as refused:
        await admission.receive(services, wanted=application("alice", email="other@mail.example"), now=utc_now())
    assert [(one.field, one.code) for one in refused.value.problems] == [("username", "taken")]
    async with services.db.transaction() as tx:
        new = NewAccount(handle="alice", email="third@mail.example")
        with pytest.raises(accounts.rules.Invalid):
            await accounts.create(tx, services.ids, new=new, now=utc_now())


async def test_of_many_who_want_one_handle_at_once_one_gets_it(services: Services) -> None:
    wanted = [application("alice", email=f"a{n}@mail.example") for n in range(60)]
    outcomes = await asyncio.gather(
        *(admission.receive(services, wanted=one, now=utc_now()) for one in wanted), return_exceptions=True
    )
    assert sum(isinstance(one, admission.Ticket) for one in outcomes) == 1
    assert sum(isinstance(one, InvalidFields) for one in outcomes) == 59


async def test_who_withdraws_is_forgotten_and_counts_in_nobodys_place(services: Services) -> None:
    alice, bob = await line_of(services, "alice", "bob")
    for _ in range(2):
        await admission.withdraw(services, alice, now=utc_now())
    assert (await place_of(services, bob)).ahead == 0
    assert (await place_of(services, alice)).email is None
    assert await kinds(services) == [("received", 1), ("received", 2), ("withdrawn", 1)]
    await line_of(services, "alice")
    with pytest.raises(NotFound):
        await admission.enter(services, alice, password=PASSWORD, now=utc_now())


async def test_who_withdraws_before_having_a_number_is_numbered_first(services: Services) -> None:
    ticket = await admission.receive(services, wanted=application("alice"), now=utc_now())
    await admission.withdraw(services, ticket, now=utc_now())
    assert await kinds(services) == [("received", 1), ("withdrawn", 1)]


async def test_an_admission_lapses_after_seven_days_and_comes_back_beside_the_line(services: Services) -> None:
    [alice] = await line_of(services, "alice")
    await let_in(services, 1)
    async with services.db.transaction() as tx:
        assert await admission.lapse(tx, now=in_days(6.9)) == 0
        assert await admission.lapse(tx, now=in_days(7.1)) == 1
    assert (await place_of(services, alice)).state is State.EXPIRED
    [bob] = await line_of(services, "bob")
    async with services.db.transaction() as tx:
        await admission.come_back(tx, alice, now=utc_now())
    assert (await place_of(services, bob)).ahead == 0
    assert [one.number for one in await let_in(services, 20)] == [1, 2]
    assert (await kinds(services))[-2:] == [("returning", 1), ("admitted", 2)]
    await admission.enter(services, alice, password=PASSWORD, now=utc_now())


async def test_a_lapsed_receipt_is_forgotten_in_the_end(services: Services) -> None:
    [alice] = await line_of(services, "alice")
    await let_in(services, 1)
    async with services.db.transaction() as tx:
        await admission.lapse(tx, now=in_days(8))
        assert await admission.forget(tx, now=in_days(90)) == 0
        assert await admission.forget(tx, now=in_days(99)) == 1
        with pytest.raises(Forbidden):
            await admission.come_back(tx, alice, now=utc_now())
    await line_of(services, "alice")


async def test_an_address_and_a_handle_can_be_corrected_without_losing_the_place(services: Services) -> None:
    _, bob = await line_of(services, "alice", "bob")
    async with services.db.transaction() as tx:
        await admission.correct(tx, bob, email="Robert@Mail.example", handle="robert", now=utc_now())
    place = await place_of(services, bob)
    assert (place.email, place.handle, place.number) == ("Robert@mail.example", "robert", 2)
    with pytest.raises(InvalidFields):
        async with services.db.transaction() as tx:
            await admission.correct(tx, bob, handle="alice", now=utc_now())
    await line_of(services, "bob")


async def test_of_tickets_for_one_mailbox_only_the_eldest_gets_in(services: Services) -> None:
    first = await admission.receive(services, wanted=application("one", email="a.b@gmail.com"), now=utc_now())
    twin = await admission.receive(services, wanted=application("two", email="AB+x@googlemail.com"), now=utc_now())
    other = await admission.receive(services, wanted=application("three"), now=utc_now())
    await admission.sequence(services, now=utc_now())
    assert [one.number for one in await let_in(services, 2)] == [1, 3]
    states = [(await place_of(services, ticket)).state for ticket in (first, twin, other)]
    assert states == [State.ADMITTED, State.REFUSED, State.ADMITTED]
    assert ("refused", 2) in await kinds(services)


async def test_the_second_ticket_of_a_mailbox_counts_once_the_first_is_withdrawn(services: Services) -> None:
    first = await admission.receive(services, wanted=application("one", email="ab@mail.example"), now=utc_now())
    twin = await admission.receive(services, wanted=application("two", email="AB@mail.example"), now=utc_now())
    await admission.withdraw(services, first, now=utc_now())
    assert [one.number for one in await let_in(services, 2)] == [2]
    assert (await place_of(services, twin)).state is State.ADMITTED


async def test_with_room_sign_up_is_one_step(services: Services) -> None:
    done = await admission.sign_up(services, wanted=application("alice"), password=PASSWORD, now=utc_now())
    assert done.account_id is not None
    assert (await place_of(services, done.ticket)).state is State.ENTERED
    assert await kinds(services) == [("received", 1), ("admitted", 1)]


async def test_while_somebody_waits_sign_up_gives_a_ticket_and_hashes_nothing(services: Services) -> None:
    await line_of(services, "alice")
    hashed = services.hasher.count
    done = await admission.sign_up(services, wanted=application("bob"), password=PASSWORD, now=utc_now())
    assert done.account_id is None
    assert services.hasher.count == hashed
    assert (await place_of(services, done.ticket)).state is State.RECEIVED


async def test_a_crowd_shares_transactions_and_whoever_comes_alone_waits_for_none(services: Services) -> None:
    began: list[float] = []
    services.db.watch = lambda query: began.append(time.monotonic()) if "INSERT INTO receipt" in query else None
    before = time.monotonic()
    coming = []
    for n in range(100):
        wanted = application(f"p{n}")
        coming.append(asyncio.create_task(admission.receive(services, wanted=wanted, now=utc_now())))
        await asyncio.sleep(0.002)
    tickets = await asyncio.gather(*coming)
    services.db.watch = None
    elapsed = time.monotonic() - before
    assert len({one.receipt_id for one in tickets}) == 100
    assert 2 <= len(began) <= elapsed / GATHERED_S + 2
