"""The database goes away and comes back: no ticket is lost, none exists twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import InvalidFields
from parvis.domain import admission
from parvis.domain.admission import late
from parvis.domain.admission.receive import prepared
from parvis.infra.services import Services
from tests.domain.admission.line import application, line_of, place_of


@contextmanager
def gone(services: Services) -> Iterator[None]:
    """Nobody gets a connection."""

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    services.db.connection = refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        del services.db.connection  # the class's own is seen again


async def count(services: Services) -> int:
    async with services.db.connection() as db:
        return await db.fetchval("SELECT count(*) FROM receipt")


async def test_receipts_of_an_outage_are_stored_exactly_once_and_in_their_order(services: Services) -> None:
    await line_of(services, "before")
    with gone(services):
        tickets = [await admission.receive(services, wanted=application(f"p{n}"), now=utc_now()) for n in range(30)]
        with pytest.raises(ConnectionRefusedError):
            await admission.replay(services)
    assert await count(services) == 1
    await asyncio.sleep(1.1)
    after = await admission.receive(services, wanted=application("after"), now=utc_now())
    assert await admission.replay(services) == 0, "the one that came after has stored them all"
    await admission.sequence(services, now=utc_now())
    assert [(await place_of(services, one)).number for one in [*tickets, after]] == list(range(2, 33))


async def test_a_crash_between_storing_and_emptying_the_spool_doubles_nothing(services: Services) -> None:
    new = [prepared(services, application(f"p{n}"), utc_now()) for n in range(5)]
    await late.keep(services, new)
    kept = late.spool_of(services).path.read_bytes()
    assert await admission.replay(services) == 5
    late.spool_of(services).path.write_bytes(kept)
    assert await admission.replay(services) == 0
    assert await count(services) == 5


async def test_a_key_that_comes_again_in_an_outage_gives_the_same_ticket(services: Services) -> None:
    wanted = application("alice", principal="me", idempotency_key="a key")
    with gone(services):
        first = await admission.receive(services, wanted=wanted, now=utc_now())
        assert await admission.receive(services, wanted=wanted, now=utc_now()) == first
        with pytest.raises(InvalidFields):
            await admission.receive(services, wanted=application("alice"), now=utc_now())
    await admission.replay(services)
    await asyncio.sleep(1.1)
    assert await admission.receive(services, wanted=wanted, now=utc_now()) == first
    assert await count(services) == 1


async def test_whose_handle_was_taken_meanwhile_keeps_the_ticket_and_chooses_another(services: Services) -> None:
    with gone(services):
        ticket = await admission.receive(services, wanted=application("alice"), now=utc_now())
    async with services.db.transaction() as tx:
        await tx.execute("INSERT INTO account_handle (handle, account_id) VALUES ('alice', 1)")
    await admission.replay(services)
    assert (await place_of(services, ticket)).handle is None
    async with services.db.transaction() as tx:
        await admission.correct(tx, ticket, handle="alina", now=utc_now())
    assert (await place_of(services, ticket)).handle == "alina"
