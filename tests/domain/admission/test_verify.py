"""The offline verifier: it agrees with the server, and one flipped byte anywhere is found."""

from __future__ import annotations

import random

import pytest

from parvis.base.clock import utc_now
from parvis.domain import admission
from parvis.domain.admission.types import Kind, Ticket
from parvis.infra.services import Services
from tests.domain.admission.line import let_in, line_of, place_of


async def export(services: Services) -> str:
    await admission.sequence(services, now=utc_now())
    lines: list[str] = []
    async with services.db.connection() as db:
        await admission.exported(db, services.secrets, "http://parvis.test", lines.append)
    return "".join(lines)


async def eventful(services: Services) -> list[Ticket]:
    tickets = await line_of(services, *(f"p{n}" for n in range(40)))
    await let_in(services, 5)
    await admission.withdraw(services, tickets[7], now=utc_now())
    async with services.db.transaction() as tx:
        await admission.admit_one(tx, tickets[30].receipt_id, now=utc_now())
    await let_in(services, 5)
    return tickets


async def test_the_verifier_agrees_with_the_server_on_every_ticket(services: Services) -> None:
    tickets = await eventful(services)
    text = (await export(services)).splitlines()
    for number, ticket in enumerate(tickets, 1):
        found = admission.verify(text, ticket.text)
        place = await place_of(services, ticket)
        assert found.ticket_number == place.number == number
        assert found.ticket_state == {0: "waiting", 1: "admitted", 3: "withdrawn"}[place.state] or number == 31
        assert found.ticket_places == sorted(found.ticket_places, reverse=True)
        if found.ticket_state == "waiting":
            assert place.ahead is not None
            assert found.ticket_places[-1] <= place.ahead, "the server says at most"
    assert found.counts == {"received": 40, "admitted": 10, "withdrawn": 1, "operator": 1}
    assert (found.waiting, found.passed_by) == (28, 1)


async def test_one_flipped_byte_is_found_wherever_it_is(services: Services) -> None:
    tickets = await eventful(services)
    text = (await export(services)).encode()
    start = text.index(b"\n") + 1  # the first line names the format and the server, and is not signed
    chance = random.Random(4)
    head = range(text.rindex(b"\nhead ") + 1, len(text) - 1)
    anywhere = [start, *chance.sample(range(start, len(text) - 1), 400)]
    flips = [(one, 1 << chance.randrange(7)) for one in anywhere] + [
        (one, 1 << bit) for one in head for bit in range(7)
    ]
    for position, bit in flips:
        broken = bytearray(text)
        broken[position] ^= bit
        # Not `splitlines`: a line feed with one bit flipped may be another mark that it would take for an end of line.
        lines = broken.decode("utf-8", "replace").removesuffix("\n").split("\n")
        with pytest.raises(admission.NotTrue):
            admission.verify(lines, tickets[3].text)


async def test_lines_that_are_left_out_doubled_or_exchanged_are_found(services: Services) -> None:
    await eventful(services)
    lines = (await export(services)).splitlines()
    for broken in (
        lines[:10] + lines[11:],
        lines[:10] + lines[9:],
        lines[:-1],
        [*lines[:9], lines[10], lines[9], *lines[11:]],
    ):
        with pytest.raises(admission.NotTrue):
            admission.verify(broken)


async def test_whoever_signs_a_log_that_passes_somebody_by_is_found(services: Services) -> None:
    """Even the owner of the key cannot admit a later number in silence."""
    await line_of(services, "alice", "bob")
    async with services.db.connection() as db:
        bob = await db.fetchval("SELECT id FROM receipt WHERE number = 2")
    async with services.db.transaction() as tx:
        await admission.admit_one(tx, bob, now=utc_now(), kind=Kind.ADMITTED)
    with pytest.raises(admission.NotTrue, match="number 2 was admitted while 1 waited"):
        admission.verify((await export(services)).splitlines())


async def test_nothing_may_follow_the_head(services: Services) -> None:
    await eventful(services)
    lines = (await export(services)).splitlines()
    with pytest.raises(admission.NotTrue):
        admission.verify([*lines, "and more"])
