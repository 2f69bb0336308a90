"""The database goes away and comes back: no ticket is lost, none exists twice."""

from __future__ import annotations

import asyncio
import fcntl
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import InvalidFields
from parvis.domain import admission
from parvis.domain.admission import late
from parvis.domain.admission.receive import prepared
from parvis.domain.admission.types import Ticket
from parvis.infra.services import Services
from tests.domain.admission.line import application, line_of, place_of
from tests.infra.test_spool import files_of_at_most


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
    kept = late.spool_of(services.settings).path.read_bytes()
    assert await admission.replay(services) == 5
    late.spool_of(services.settings).path.write_bytes(kept)
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


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody else writes in the spool, and whoever wants to waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize("something_is_there", [False, True])
async def test_a_key_that_comes_again_while_its_receipt_is_being_kept_waits_for_the_disk(
    services: Services, *, something_is_there: bool
) -> None:
    wanted = application("alice", principal="me", idempotency_key="a key")
    spool = late.spool_of(services.settings)
    with gone(services):
        if something_is_there:
            await admission.receive(services, wanted=application("bob"), now=utc_now())
        with held(spool.path):
            both = [
                asyncio.create_task(admission.receive(services, wanted=wanted, now=utc_now())),
                asyncio.create_task(_a_moment_later(admission.receive(services, wanted=wanted, now=utc_now()))),
            ]
            done, _ = await asyncio.wait(both, timeout=0.5)
            assert not done, "nothing is on the disk yet"
        first, again = await asyncio.gather(*both)
    assert first == again
    assert len(spool.records()) == 1 + something_is_there


async def _a_moment_later(coming: Coroutine[Any, Any, Ticket]) -> Ticket:
    await asyncio.sleep(0.1)
    return await coming


async def test_what_the_disk_did_not_take_is_as_if_it_had_never_been_asked_for(services: Services) -> None:
    wanted = application("alice", principal="me", idempotency_key="a key")
    spool = late.spool_of(services.settings)
    with gone(services):
        large = msgspec.structs.replace(prepared(services, application("first"), utc_now()), locale="x" * 4_000_000)
        await late.keep(services, [large])
        with files_of_at_most(spool.path.stat().st_size):
            for one in (wanted, application("bob")):
                with pytest.raises(OSError, match="File too large"):
                    await admission.receive(services, wanted=one, now=utc_now())
        tickets = [await admission.receive(services, wanted=one, now=utc_now()) for one in (wanted, application("bob"))]
    assert await admission.replay(services) == 3
    assert [(await place_of(services, one)).handle for one in tickets] == ["alice", "bob"]


async def refuse_with(services: Services, code: str, handle: str = "p3") -> None:
    """PostgreSQL answers that error to whoever stores that handle."""
    async with services.db.connection() as db:
        await db.execute(
            f"""
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.handle = '{handle}' THEN
                    RAISE EXCEPTION 'refused' USING ERRCODE = '{code}';
                END IF;
                RETURN NEW;
            END $$;
            CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON receipt FOR EACH ROW EXECUTE FUNCTION refuse();
            """
        )


DISK_FULL, TOO_MANY_CONNECTIONS, IO_ERROR, READ_ONLY, DEADLOCK = "53100", "53300", "58030", "25006", "40P01"


@pytest.mark.parametrize("code", [DISK_FULL, TOO_MANY_CONNECTIONS, IO_ERROR, READ_ONLY, DEADLOCK])
async def test_trouble_that_passes_makes_no_receipt_a_broken_one(services: Services, code: str) -> None:
    await late.keep(services, [prepared(services, application(f"p{n}"), utc_now()) for n in range(5)])
    await refuse_with(services, code)
    with pytest.raises(asyncpg.PostgresError) as trouble:
        await admission.replay(services)
    assert trouble.value.sqlstate == code
    assert admission.set_aside(services.settings) == []
    assert admission.kept_back(services.settings).verdict == "warning"
    await refuse_with(services, code, handle="nobody")
    assert await admission.replay(services) >= 1
    assert await count(services) == 5
    assert admission.kept_back(services.settings).verdict == "ok"


CHECK_VIOLATION = "23514"


async def test_what_cannot_be_stored_lies_aside_and_can_be_tried_again(services: Services) -> None:
    new = [prepared(services, application(f"p{n}"), utc_now()) for n in range(5)]
    await late.keep(services, new)
    await asyncio.to_thread(late.spool_of(services.settings).append, [b"of another release"])
    await late.keep(services, [prepared(services, application("p5"), utc_now())])
    await refuse_with(services, CHECK_VIOLATION)
    assert await admission.replay(services) == 5
    assert set(admission.set_aside(services.settings)) == {b"of another release", new[3]}
    said = admission.kept_back(services.settings)
    assert said.verdict == "failed"
    assert "2 could not be stored" in said.message
    await refuse_with(services, CHECK_VIOLATION, handle="nobody")
    with held(late.spool_of(services.settings).path), pytest.raises(BlockingIOError):
        admission.try_again(services.settings)
    assert admission.try_again(services.settings) == 2
    assert await admission.replay(services) == 1
    assert await count(services) == 6
    assert admission.set_aside(services.settings) == [b"of another release"]


async def test_what_is_kept_and_cannot_be_stored_stops_nobody_who_comes_now(services: Services) -> None:
    await late.keep(services, [prepared(services, application(f"p{n}"), utc_now()) for n in range(5)])
    await refuse_with(services, DEADLOCK)
    await admission.receive(services, wanted=application("now"), now=utc_now())
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT handle FROM receipt") == "now"
    await refuse_with(services, DEADLOCK, handle="nobody")
    assert await admission.replay(services) == 5


async def test_whoever_comes_in_the_moment_in_which_the_last_writer_ends_is_written_too(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has a ticket asks for the next one before the loop has told that its writer's task is done."""
    monkeypatch.setattr(sys.modules[prepared.__module__], "WRITERS", 1)
    async with asyncio.timeout(30):
        for number in range(5):
            await admission.receive(services, wanted=application(f"p{number}"), now=utc_now())
    assert await count(services) == 5
