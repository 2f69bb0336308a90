"""Letters to those whose turn it is, what they chose while they waited, and what the page for them is computed from."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Conflict, Invalid, NotFound, Unavailable
from parvis.base.ids import AccountId
from parvis.domain import accounts, admission, relationships
from parvis.domain.admission import Expected, Kind, NowServing, Ticket
from parvis.domain.admission.choices import MOST_CHOSEN
from parvis.infra.mail import SentLetter
from tests.domain.admission.line import PASSWORD, application, in_days, let_in, line_of
from tests.rig.phones import App
from tests.rig.strangers import Stranger, answering, stranger
from tests.rig.world import ORIGIN, World, new_world, settings_for


async def letters(world: World) -> list[SentLetter]:
    await world.settle()
    return [one for one in await world.services.mail.outbox() if "/ticket/" in one.text]


async def test_whoever_is_admitted_has_one_letter_with_the_tickets_address(world: World) -> None:
    alice, _ = await line_of(world.services, "alice", "bob")
    [admitted] = await let_in(world.services, 1)
    [letter] = await letters(world)
    assert letter.to == "alice@mail.example"
    assert f"{ORIGIN}{admission.rules.path_of(alice)}" in letter.text
    await admission.send_call(world.services, admitted.receipt_id, now=utc_now())  # a job may run twice
    assert len(await letters(world)) == 1


async def test_the_letter_is_in_the_language_of_the_sign_up_and_goes_to_the_corrected_address(world: World) -> None:
    ticket = await admission.receive(world.services, wanted=application("alice", locale="fr"), now=utc_now())
    await admission.sequence(world.services, now=utc_now())
    async with world.services.db.transaction() as tx:
        await admission.correct(tx, ticket, email="right@mail.example", now=utc_now())
    await let_in(world.services, 1)
    [letter] = await letters(world)
    assert letter.to == "right@mail.example"
    assert letter.subject.startswith("C’est votre tour")


async def test_no_letter_goes_to_those_who_want_none_left_or_came_in_before_it(world: World) -> None:
    alice, bob, carol = await line_of(world.services, "alice", "bob", "carol")
    async with world.services.db.transaction() as tx:
        await admission.want_letter(tx, alice, wanted=False)
    await let_in(world.services, 3)
    await admission.withdraw(world.services, bob, now=utc_now())
    await admission.enter(world.services, carol, password=PASSWORD, now=utc_now())
    assert await letters(world) == []


async def test_who_comes_back_after_a_lapse_is_called_again(world: World) -> None:
    [ticket] = await line_of(world.services, "alice")
    await let_in(world.services, 1)
    assert len(await letters(world)) == 1
    later = in_days(8)
    async with world.services.db.transaction() as tx:
        await admission.lapse(tx, now=later)
        await admission.come_back(tx, ticket, now=later)
    await let_in(world.services, 1, now=later)
    assert len(await letters(world)) == 2


async def test_whom_the_operator_lets_in_is_called_and_who_comes_in_at_once_is_not(world: World) -> None:
    done = await admission.sign_up(world.services, wanted=application("alice"), password=PASSWORD, now=utc_now())
    assert done.account_id is not None
    [ticket] = await line_of(world.services, "bob")
    async with world.services.db.transaction() as tx:
        await admission.admit_one(tx, ticket.receipt_id, now=utc_now(), kind=Kind.OPERATOR)
    assert [one.to for one in await letters(world)] == ["bob@mail.example"]


async def test_a_letter_that_could_not_be_sent_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await line_of(world.services, "alice")
    [admitted] = await let_in(world.services, 1)

    async def broken(*_: object, **__: object) -> None:
        raise OSError("no mail today")

    with monkeypatch.context() as patch:
        patch.setattr(world.services.mail, "send", broken)
        with pytest.raises(OSError, match="no mail"):
            await admission.send_call(world.services, admitted.receipt_id, now=utc_now())
    assert len(await letters(world)) == 1


async def test_an_admission_that_is_rolled_back_calls_nobody(world: World) -> None:
    await line_of(world.services, "alice")
    connection = await world.services.db.pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    assert len(await admission.admit(connection, most=1, now=utc_now())) == 1
    await transaction.rollback()
    await world.services.db.pool.release(connection)
    assert await letters(world) == []


async def choose(world: World, ticket: Ticket, target: AccountId) -> None:
    async with world.services.db.transaction() as tx:
        await admission.choose(tx, ticket, target, now=utc_now())


async def test_whom_one_chose_while_waiting_is_followed_from_the_first_moment(world: World) -> None:
    bob, carol, dora = [await world.person(name) for name in ("bob", "carol", "dora")]
    [ticket] = await line_of(world.services, "alice")
    for one in (bob, carol, dora, carol):
        await choose(world, ticket, one.id)
    async with world.services.db.transaction() as tx:
        await admission.unchoose(tx, ticket, carol.id)
        assert await admission.chosen(tx, ticket) == [bob.id, dora.id]
    await let_in(world.services, 1)
    alice = await admission.enter(world.services, ticket, password=PASSWORD, now=utc_now())
    await world.settle()
    async with world.services.db.connection() as db:
        found = await relationships.between(db, alice, [bob.id, carol.id, dora.id])
        assert [one.following for one in found] == [True, False, True]
        assert await admission.chosen(db, ticket) == []


async def test_who_is_gone_by_then_holds_up_none_of_the_others(world: World) -> None:
    bob, carol = await world.person("bob"), await world.person("carol")
    [ticket] = await line_of(world.services, "alice")
    await choose(world, ticket, bob.id)
    await choose(world, ticket, carol.id)
    await world.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", bob.id)
    await let_in(world.services, 1)
    alice = await admission.enter(world.services, ticket, password=PASSWORD, now=utc_now())
    await world.settle()
    async with world.services.db.connection() as db:
        found = await relationships.between(db, alice, [bob.id, carol.id])
    assert [one.following for one in found] == [False, True]


async def test_only_who_waits_chooses_and_only_who_exists_is_chosen(world: World) -> None:
    bob = await world.person("bob")
    [ticket] = await line_of(world.services, "alice")
    with pytest.raises(NotFound):
        await choose(world, ticket, AccountId(12345))
    await world.services.db.pool.executemany(
        "INSERT INTO receipt_follow (receipt_id, target_id, created_at) VALUES ($1, $2, now())",
        [(ticket.receipt_id, number) for number in range(MOST_CHOSEN)],
    )
    with pytest.raises(Invalid):
        await choose(world, ticket, bob.id)
    await admission.withdraw(world.services, ticket, now=utc_now())
    assert await world.services.db.pool.fetchval("SELECT count(*) FROM receipt_follow") == 0
    with pytest.raises(Conflict):
        await choose(world, ticket, bob.id)


async def test_an_app_that_entered_before_the_letter_leaves_a_letter_about_the_password(world: World) -> None:
    [ticket] = await line_of(world.services, "alice")
    await world.services.db.pool.execute("UPDATE receipt SET app_id = 1")
    await let_in(world.services, 1)
    alice = await admission.enter(world.services, ticket, password=None, now=utc_now())
    [letter] = await letters(world)
    assert letter.subject.startswith("Choose your password")
    found = re.search(r"/ticket/(\S+)", letter.text)
    assert found is not None
    held = admission.read_ticket(world.services.secrets, found.group(1))
    await admission.choose_password(world.services, held, password=PASSWORD, now=utc_now())
    async with world.services.db.connection() as db:
        assert (await accounts.login_of(db, alice)).has_password


def test_an_estimate_lies_between_the_two_places_for_which_one_is_told() -> None:
    told = NowServing(
        serving=0, last_number=0, waiting=0, open=False, ranges=[[0.0, 5.0, 20.0], [100.0, 50.0, 100.0], [1000.0, 500.0, 900.0]]
    )  # fmt: skip
    assert admission.expected(told, 0) == Expected(5.0, 20.0)
    assert admission.expected(told, 50) == Expected(27.5, 60.0)
    assert admission.expected(told, 100) == Expected(50.0, 100.0)
    assert admission.expected(told, 2000) == Expected(1000.0, 1800.0)
    assert admission.expected(NowServing(serving=0, last_number=0, waiting=0, open=True), 7) is None


@pytest.fixture
async def near(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world that may go to addresses of this machine."""
    settings = settings_for(tmp_path, fresh_database_url, nats_url, allow_private_addresses=True)
    async with new_world(settings) as made:
        yield made


async def wants_push(world: World, ticket: Ticket, there: Stranger, app: App) -> None:
    async with world.services.db.transaction() as tx:
        await admission.want_push(
            tx,
            ticket,
            endpoint=f"http://127.0.0.1:{there.port}/{ticket.receipt_id}",
            p256dh=app.keys["p256dh"],
            auth=app.keys["auth"],
            services=world.services,
            now=utc_now(),
        )


async def kept_browsers(world: World) -> int:
    return await world.services.db.pool.fetchval("SELECT count(*) FROM receipt_push")


async def test_the_browser_of_whoever_waited_has_one_message_and_is_forgotten(near: World) -> None:
    app = App(contact=None)
    ticket = await admission.receive(near.services, wanted=application("alice", locale="fr"), now=utc_now())
    await admission.sequence(near.services, now=utc_now())
    async with stranger(answering(201)) as there:
        await wants_push(near, ticket, there, app)
        await near.settle()
        assert there.asked == []  # it is not their turn yet
        [admitted] = await let_in(near.services, 1)
        await near.settle()
        await admission.push_call(near.services, admitted.receipt_id, failures=0, now=utc_now())  # a job may run twice
    [asked] = there.asked
    assert asked.headers["urgency"] == "high"
    assert re.fullmatch(r"[\w-]{1,32}", asked.headers["topic"])
    said = app.read(asked)
    assert said["title"] == "C’est votre tour"
    assert said["path"] == admission.rules.path_of(ticket)
    assert await kept_browsers(near) == 0


async def test_a_message_that_did_not_get_through_is_sent_again_and_in_the_end_given_up(near: World) -> None:
    alice, bob = await line_of(near.services, "alice", "bob")
    async with stranger(answering(503)) as there:
        await wants_push(near, alice, there, App())
        [admitted] = await let_in(near.services, 1)
        with pytest.raises(Unavailable):
            await admission.push_call(near.services, admitted.receipt_id, failures=0, now=utc_now())
        assert await kept_browsers(near) == 1
        await admission.push_call(near.services, admitted.receipt_id, failures=99, now=utc_now())
        assert await kept_browsers(near) == 0
    async with stranger(answering(410)) as there:
        await wants_push(near, bob, there, App())
        [admitted] = await let_in(near.services, 1)
        await admission.push_call(near.services, admitted.receipt_id, failures=0, now=utc_now())
    assert len(there.asked) == 1
    assert await kept_browsers(near) == 0


async def test_no_browser_is_called_of_those_who_left_came_in_or_changed_their_mind(near: World) -> None:
    alice, bob, carol = await line_of(near.services, "alice", "bob", "carol")
    async with stranger(answering(201)) as there:
        for one in (alice, bob, carol):
            await wants_push(near, one, there, App())
        async with near.services.db.transaction() as tx:
            await admission.want_no_push(tx, carol)
            assert [await admission.wants_push(tx, one) for one in (alice, bob, carol)] == [True, True, False]
        await let_in(near.services, 3)
        await admission.withdraw(near.services, alice, now=utc_now())
        await admission.enter(near.services, bob, password=PASSWORD, now=utc_now())
        assert await kept_browsers(near) == 0
        await near.settle()
        assert there.asked == []
        with pytest.raises(Conflict):
            await wants_push(near, alice, there, App())


async def test_a_message_goes_to_no_address_inside(world: World) -> None:
    [ticket] = await line_of(world.services, "alice")
    async with stranger(answering(201)) as there:
        with pytest.raises(Invalid):
            await wants_push(world, ticket, there, App())


def test_who_gave_up_is_not_waited_for_in_an_estimate() -> None:
    line = NowServing(serving=100, last_number=1100, waiting=700, open=False)
    assert admission.still_ahead(line, 500) == 350
    assert admission.still_ahead(NowServing(serving=5, last_number=5, waiting=0, open=True), 3) == 3
