"""What a sign-up costs where very many come from one network."""

from __future__ import annotations

import base64
import json
from typing import Any

import altcha
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, InvalidFields
from parvis.domain import admission
from parvis.domain.admission import toll
from parvis.domain.admission.toll import CROWDED_NETWORKS, HALVED_EVERY_S, MOST_LEVEL, Counter
from parvis.infra.rate_limits import RateLimits
from parvis.infra.services import Services
from tests.domain.admission.line import PASSWORD, application
from tests.domain.admission.test_outage import gone

HOME, ELSEWHERE, NEW = "4 192.0.2.0", "4 198.51.100.0", "6 2001:db8::"
FREE = 30


def counted(counter: Counter, network: str, times: int, at_s: float = 0.0) -> int:
    """The price after so many."""
    for _ in range(times):
        counter.add(network, at_s)
    return counter.level(network, free=FREE, now_s=at_s)


def test_a_network_is_256_old_addresses_or_a_48_of_new_ones() -> None:
    assert toll.network_of("192.0.2.7") == toll.network_of("192.0.2.255") == "4 192.0.2.0"
    assert toll.network_of("192.0.3.7") != toll.network_of("192.0.2.7")
    assert toll.network_of("2001:db8:1:2::1") == toll.network_of("2001:db8:1:ffff::9") == "6 2001:db8:1::"
    assert toll.network_of("::ffff:192.0.2.7") == "4 192.0.2.0"
    assert toll.network_of("nonsense") == "? nonsense"


def test_the_price_rises_with_the_number_and_falls_with_quiet() -> None:
    counter = Counter()
    assert counted(counter, HOME, FREE - 1) == 0
    assert counted(counter, HOME, 1) == 1
    assert counted(counter, HOME, FREE) == 2
    assert counted(counter, HOME, 2 * FREE) == 3
    assert counted(counter, HOME, 100 * FREE) == 7
    assert counted(counter, HOME, 1000 * FREE) == MOST_LEVEL
    assert counter.level(ELSEWHERE, free=FREE, now_s=0.0) == 0
    assert counter.level(HOME, free=FREE, now_s=12 * HALVED_EVERY_S) == 0


def test_many_dear_networks_of_one_kind_make_that_kind_dear_and_leave_the_other_alone() -> None:
    counter = Counter()
    for number in range(CROWDED_NETWORKS):
        assert counter.level(ELSEWHERE, free=FREE, now_s=20.0 * number) == 0
        counted(counter, f"4 10.0.{number}.0", 2 * FREE, at_s=20.0 * number)
    at = 20.0 * CROWDED_NETWORKS
    assert counter.level(ELSEWHERE, free=FREE, now_s=at) == 1
    assert counter.level(NEW, free=FREE, now_s=at) == 0
    assert counter.level(ELSEWHERE, free=FREE, now_s=at + 4 * HALVED_EVERY_S) == 0


@given(st.lists(st.floats(0, 3000), max_size=60))
def test_a_price_is_never_more_than_what_came_and_never_less_than_nothing(pauses: list[float]) -> None:
    counter, at = Counter(), 0.0
    for pause in pauses:
        at += pause
        counter.add(HOME, at)
        assert 0 < counter.count(HOME, at) <= len(pauses)
        assert 0 <= counter.level(HOME, free=FREE, now_s=at) <= MOST_LEVEL


def wanted(name: str, proof: str = "", network: str = HOME, **more: str) -> Any:
    return application(name, network=network, proof=proof, **more)


async def crowd(services: Services, network: str = HOME, count: int = FREE) -> None:
    services.limits = RateLimits(enabled=True)
    for _ in range(count):
        toll.note(services, wanted("somebody", network=network))


def solved(services: Services, network: str = HOME) -> str:
    """What a widget of altcha sends."""
    puzzle = toll.puzzle(services, network, now=utc_now())
    assert puzzle is not None
    challenge = altcha.Challenge.from_dict(puzzle)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


async def refused(services: Services, asked: Any) -> str:
    with pytest.raises(Invalid) as problem:
        await admission.receive(services, wanted=asked, now=utc_now())
    assert problem.value.field == "proof"
    return problem.value.code


async def test_nothing_is_asked_for_without_abuse_and_a_proof_with_it(services: Services) -> None:
    services.limits = RateLimits(enabled=True)
    assert toll.puzzle(services, HOME, now=utc_now()) is None
    await admission.receive(services, wanted=wanted("first"), now=utc_now())
    await crowd(services)
    assert await refused(services, wanted("alice")) == "wanted"
    with pytest.raises(Invalid):
        await admission.sign_up(services, wanted=wanted("alice"), password=PASSWORD, now=utc_now())
    await admission.receive(services, wanted=wanted("alice", solved(services)), now=utc_now())
    await admission.receive(services, wanted=wanted("bob", network=ELSEWHERE), now=utc_now())  # others notice nothing


async def test_a_proof_is_good_once_for_its_network_and_unaltered(services: Services) -> None:
    await crowd(services)
    proof = solved(services)
    text = json.loads(base64.b64decode(proof))
    again = base64.b64encode(json.dumps(text, indent=1).encode()).decode()  # the same in other words
    await admission.receive(services, wanted=wanted("alice", proof), now=utc_now())
    assert await refused(services, wanted("bob", proof)) == "expired"
    assert await refused(services, wanted("bob", again)) == "expired"
    await crowd(services, ELSEWHERE)
    assert await refused(services, wanted("bob", solved(services, ELSEWHERE))) == "expired"
    for change in ({"cost": 1}, {"keyPrefix": ""}, {"expiresAt": 9_999_999_999}):
        text = json.loads(base64.b64decode(solved(services)))
        text["challenge"]["parameters"] |= change
        assert await refused(services, wanted("bob", base64.b64encode(json.dumps(text).encode()).decode())) == "expired"
    text = json.loads(base64.b64decode(solved(services)))
    text["solution"]["counter"] += 1
    assert await refused(services, wanted("bob", base64.b64encode(json.dumps(text).encode()).decode())) == "expired"
    for nonsense in ("x", "e30=", "bnVsbA==", "A" * 5000, base64.b64encode(b'{"challenge": 1}').decode()):
        assert await refused(services, wanted("bob", nonsense)) == "expired"


async def test_a_proof_made_while_it_was_cheap_does_not_pay_when_it_is_dear(services: Services) -> None:
    await crowd(services)
    cheap = solved(services)
    await crowd(services, count=8 * FREE)
    assert await refused(services, wanted("alice", cheap)) == "expired"


async def test_a_request_that_is_repeated_under_its_key_is_not_asked_to_pay_twice(services: Services) -> None:
    await crowd(services)
    asked = wanted("alice", solved(services), principal="me", idempotency_key="a key")
    ticket = await admission.receive(services, wanted=asked, now=utc_now())
    assert await admission.receive(services, wanted=asked, now=utc_now()) == ticket
    other = msgspec.structs.replace(asked, handle="alina")
    with pytest.raises(InvalidFields):
        await admission.receive(services, wanted=other, now=utc_now())
    assert await refused(services, msgspec.structs.replace(asked, idempotency_key="another")) == "expired"
    assert await refused(services, msgspec.structs.replace(asked, principal="somebody else")) == "expired"


async def test_so_is_one_that_made_an_account_at_once(services: Services) -> None:
    await crowd(services)
    asked = wanted("alice", solved(services), principal="me", idempotency_key="a key")
    done = await admission.sign_up(services, wanted=asked, password=PASSWORD, now=utc_now())
    assert done.account_id is not None
    assert await admission.sign_up(services, wanted=asked, password=PASSWORD, now=utc_now()) == done
    assert await services.db.pool.fetchval("SELECT count(*) FROM receipt") == 1


async def test_and_one_that_was_kept_on_the_disk(services: Services) -> None:
    await crowd(services)
    asked = wanted("alice", solved(services), principal="me", idempotency_key="a key")
    with gone(services):
        ticket = await admission.receive(services, wanted=asked, now=utc_now())
        assert await admission.receive(services, wanted=asked, now=utc_now()) == ticket


async def test_an_invitation_pays_and_a_made_up_one_does_not(services: Services) -> None:
    await crowd(services)
    with pytest.raises(InvalidFields) as problem:
        await admission.receive(services, wanted=wanted("alice", invitation="made up"), now=utc_now())
    assert [one.field for one in problem.value.problems] == ["invitation"]
    async with services.db.transaction() as tx:
        code = await admission.invite(tx, services.ids, 1, now=utc_now())  # type: ignore[arg-type]
    await admission.receive(services, wanted=wanted("alice", invitation=code), now=utc_now())


async def test_spent_proofs_are_forgotten_when_they_have_run_out(services: Services) -> None:
    await crowd(services)
    await admission.receive(services, wanted=wanted("alice", solved(services)), now=utc_now())
    assert await services.db.pool.fetchval("SELECT count(*) FROM spent_proof") == 1
    async with services.db.transaction() as tx:
        await admission.forget(tx, now=utc_now() + toll.GOOD_FOR * 1.1)
    assert await services.db.pool.fetchval("SELECT count(*) FROM spent_proof") == 0
