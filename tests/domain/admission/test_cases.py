"""Attacks on the way in: cases A2, A6 (invitations) and J3."""

from __future__ import annotations

import asyncio
import base64

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Conflict, InvalidFields, NotFound, TooMany
from parvis.base.ids import AccountId
from parvis.domain import accounts, admission
from parvis.domain.accounts.types import NewAccount
from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.receive import prepared
from parvis.domain.admission.types import Lane, State
from parvis.domain.admission.write import Outcome, write
from parvis.infra.services import Services
from tests.domain.admission.line import PASSWORD, application, in_days, let_in, line_of, place_of
from tests.rig.world import World

INVITER = AccountId(7)


async def invitation(services: Services, uses: int = 1, *, staff: bool = True) -> str:
    async with services.db.transaction() as tx:
        return await admission.invite(tx, services.ids, INVITER, uses=uses, staff=staff, now=utc_now())


async def test_a2_a_receipt_costs_and_says_the_same_whether_the_address_is_known_or_not(world: World) -> None:
    services = world.services
    async with services.db.transaction() as tx:
        member = NewAccount(handle="member", email="member@mail.example", confirmed=True)
        await accounts.create(tx, services.ids, new=member, now=utc_now())
    await line_of(services, "waiting")
    seen = []
    for number, address in enumerate(("member@mail.example", "waiting@mail.example", "nobody@mail.example")):
        body = {"username": f"new{number}", "email": address}
        hashed = services.hasher.count
        with world.statements() as sent:
            answer = await world.client.post("/api/parvis/v1/admission/receipts", json=body)
        seen.append(
            (answer.status_code, sorted(answer.json()), len(answer.content), len(sent), services.hasher.count - hashed)
        )
    assert seen[0] == seen[1] == seen[2], seen
    assert seen[0][0] == 200


async def test_a2_nobody_blocks_anothers_address(services: Services) -> None:
    """Whoever applied first with an address does not keep its owner from an account once the line is gone."""
    [squatter] = await line_of(services, "squatter")
    await let_in(services, 1)
    wanted = application("rightful", email="squatter@mail.example")
    done = await admission.sign_up(services, wanted=wanted, password=PASSWORD, now=utc_now())
    assert done.account_id is not None
    assert (await place_of(services, squatter)).state is State.ADMITTED


async def test_a6_an_invitation_is_good_once_also_for_two_at_the_same_time(services: Services) -> None:
    code = await invitation(services)
    both = await asyncio.gather(
        *(
            admission.receive(services, wanted=application(name, invitation=code), now=utc_now())
            for name in ("alice", "bob", "carol")
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, admission.Ticket) for one in both) == 1
    refused = [one for one in both if isinstance(one, InvalidFields)]
    assert [(one.problems[0].field, one.problems[0].code) for one in refused] == [("invitation", "expired")] * 2
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT uses_left FROM invitation") == 0
        assert not await db.fetchval("SELECT EXISTS (SELECT FROM invitation WHERE code_hash = $1)", code.encode())


async def test_a6_an_invitation_runs_out_after_seven_days(services: Services) -> None:
    code = await invitation(services)
    with pytest.raises(InvalidFields):
        await admission.receive(services, wanted=application("alice", invitation=code), now=in_days(7.01))
    await admission.receive(services, wanted=application("alice", invitation=code), now=in_days(6.9))


async def test_a6_a_sign_up_that_is_refused_or_repeated_does_not_use_an_invitation_up(services: Services) -> None:
    code = await invitation(services, uses=2)
    await line_of(services, "alice")
    with pytest.raises(InvalidFields):
        await admission.receive(services, wanted=application("alice", invitation=code), now=utc_now())
    wanted = application("bob", invitation=code, idempotency_key="a key")
    first = await admission.receive(services, wanted=wanted, now=utc_now())
    assert await admission.receive(services, wanted=wanted, now=utc_now()) == first
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT uses_left FROM invitation") == 1


async def test_members_invite_five_a_week_once_each(services: Services) -> None:
    for _ in range(5):
        await invitation(services, staff=False)
    with pytest.raises(TooMany):
        await invitation(services, staff=False)
    with pytest.raises(accounts.rules.Invalid):
        await invitation(services, uses=2, staff=False)


async def test_the_invited_take_a_tenth_of_the_rate_and_the_log_shows_it(services: Services) -> None:
    code = await invitation(services, uses=20)
    await line_of(services, *(f"p{n}" for n in range(60)))
    invited = [
        await admission.receive(services, wanted=application(f"i{n}", invitation=code), now=utc_now()) for n in range(8)
    ]
    await admission.sequence(services, now=utc_now())
    turns = [await let_in(services, 10) for _ in range(5)]
    assert [[one.lane for one in turn].count(Lane.INVITED) for turn in turns] == [1, 1, 1, 1, 1]
    assert [len(turn) for turn in turns] == [10] * 5
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM admission_log WHERE kind = 2") == 5
    alice = await admission.enter(services, invited[0], password=PASSWORD, now=utc_now())
    async with services.db.connection() as db:
        assert await admission.invited_by(db, [INVITER]) == {INVITER: [alice]}
        assert await admission.invited_the(db, alice) == INVITER


async def test_j3_no_ticket_but_our_own_is_believed(services: Services) -> None:
    [ticket] = await line_of(services, "alice")
    raw = base64.urlsafe_b64decode(ticket.text + "=")
    forged = [raw[:7] + bytes([raw[7] ^ 1]) + raw[8:], raw[:-1] + bytes([raw[-1] ^ 1]), raw[:8] + bytes(24)]
    texts = [base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in forged]
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for text in [*texts, "", "x", f"{header}.e30.", ticket.text[:-1], ticket.text + "A", "é" * 43, "A" * 43, "\0" * 43]:
        with pytest.raises(NotFound):
            admission.read_ticket(services.secrets, text)
    assert admission.read_ticket(services.secrets, ticket.text) == ticket


async def test_j3_a_ticket_that_is_shared_lets_one_in(services: Services) -> None:
    [ticket] = await line_of(services, "alice")
    await let_in(services, 1)
    outcomes = await asyncio.gather(
        *(admission.enter(services, ticket, password=f"password of {n}", now=utc_now()) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, int) for one in outcomes) == 1
    assert sum(isinstance(one, Conflict) for one in outcomes) == 4
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM account") == 1


async def test_j3_many_tickets_for_one_mailbox_let_one_in(services: Services) -> None:
    for number in range(50):
        wanted = application(f"bot{number}", email=f"b.o.t+{number}@gmail.com")
        await admission.receive(services, wanted=wanted, now=utc_now())
    await line_of(services, "honest")
    assert [one.number for one in await let_in(services, 10)] == [1, 51]


async def test_j3_clocks_do_not_move_a_place(services: Services) -> None:
    """Whatever time a process believes it is, the order is that of the log."""
    first = await admission.receive(services, wanted=application("first"), now=in_days(3))
    await admission.sequence(services, now=utc_now())
    second = await admission.receive(services, wanted=application("second"), now=in_days(-3))
    await admission.sequence(services, now=utc_now())
    assert [(await place_of(services, one)).number for one in (first, second)] == [1, 2]


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_two_batches_with_the_same_invitations_in_another_order_do_not_wait_for_each_other(
    services: Services,
) -> None:
    codes = [await invitation(services, 4) for _ in range(2)]
    batches = [
        [prepared(services, application(f"p{n}{i}", invitation=code), utc_now()) for i, code in enumerate(order)]
        for n, order in enumerate((codes, codes[::-1]))
    ]

    async def stored(batch: list[NewReceipt]) -> dict[int, Outcome]:
        async with services.db.transaction() as tx:
            return await write(tx, batch)

    async with services.db.connection() as looking, services.db.transaction() as tx:
        await tx.execute("SELECT FROM invitation FOR UPDATE")
        writing = [asyncio.create_task(stored(batch)) for batch in batches]
        for _ in range(1000):
            if await looking.fetchval(WAITING) == 2:
                break
            await asyncio.sleep(0.02)
    for batch, outcomes in zip(batches, await asyncio.gather(*writing), strict=True):
        assert outcomes == {one.id: one.id for one in batch}


async def test_a6_an_invitation_of_somebody_who_was_suspended_lets_nobody_in(world: World) -> None:
    mallory = await world.person("mallory")
    async with world.services.db.transaction() as tx:
        code = await admission.invite(tx, world.services.ids, mallory.id, uses=2, staff=True, now=utc_now())
    await admission.receive(world.services, wanted=application("friend", invitation=code), now=utc_now())
    await world.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", mallory.id)
    with pytest.raises(InvalidFields) as refusal:
        await admission.receive(world.services, wanted=application("another", invitation=code), now=utc_now())
    assert refusal.value.problems[0].code == "expired"
    await world.services.db.pool.execute("UPDATE account SET state = 0 WHERE id = $1", mallory.id)
    await admission.receive(world.services, wanted=application("another", invitation=code), now=utc_now())
