"""The request limiter, driven without a clock: what it keeps at ten times its capacity, and that it loses nobody."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.infra.overload.control import Buckets, Controller, Gradient, Scores, Tuning
from parvis.infra.overload.levels import CACHED_ONLY, NO_DATABASE, PAUSED, WELL, Levels
from parvis.infra.overload.queues import Queue, Waiting
from parvis.infra.overload.shedder import HOUR_S, Shedder, place_of
from tests.infra.overload.model import simulate

COST_S = 0.0012
CAPACITY = 1 / COST_S
REFUSAL_S = 0.00002


def test_nothing_is_refused_below_capacity() -> None:
    run = simulate([(30, CAPACITY * 0.7)], cost_s=COST_S)
    assert run.outcomes() == Counter({"done": len(run.arrivals)})


def test_ten_times_the_load_keeps_goodput_and_the_first_class_and_passes_at_once() -> None:
    run = simulate([(5, CAPACITY / 2), (15, CAPACITY * 10), (10, CAPACITY / 2)], cost_s=COST_S, refusal_s=REFUSAL_S)
    refusals = len([one for one in run.between(10, 20) if one.outcome != "done"]) / 10
    possible = CAPACITY * (1 - refusals * REFUSAL_S)
    assert run.good_per_s(10, 20) >= 0.97 * possible
    assert run.share_good(10, 20, 0) >= 0.999
    assert run.share_good(25, 30) == 1.0, "five seconds later everybody is served again"


def test_without_the_limiter_the_same_load_leaves_nothing() -> None:
    run = simulate([(5, CAPACITY / 2), (10, CAPACITY * 10), (20, CAPACITY / 2)], cost_s=COST_S, limited=False)
    assert run.share_good(10, 35) == 0.0, "everybody waits longer than they have patience for, long after it is over"


def test_the_same_people_are_refused_within_an_hour_and_others_in_the_next() -> None:
    first = {name: place_of(name, 1) for name in range(1000)}
    assert first == {name: place_of(name, 1) for name in range(1000)}
    worst = {name for name, place in first.items() if place > 0.9}
    assert 50 < len(worst) < 150
    again = {name for name in worst if place_of(name, 2) > 0.9}
    assert len(again) < len(worst) / 2
    assert HOUR_S == 3600


def test_one_principal_does_not_hold_all_places_while_others_wait() -> None:
    shedder = Shedder(pool=2)
    verdicts = Counter(shedder.arrive(2, "scraper", now=0.0) for _ in range(30))
    assert verdicts["run"] == shedder.limit == 8
    assert verdicts["share"] == 22, "with nobody waiting it may have every place, but nobody waits for it"
    assert shedder.arrive(2, "somebody else", now=0.0) == "wait"


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    factor=st.floats(0.2, 8),
    shares=st.tuples(*[st.integers(1, 20)] * 4),
    pool=st.integers(1, 16),
)
def test_whatever_comes_each_request_has_one_end_and_the_first_class_is_not_shed_for_load(
    seed: int, factor: float, shares: tuple[int, int, int, int], pool: int
) -> None:
    run = simulate([(1.5, CAPACITY * factor)], seed=seed, cost_s=COST_S, mix=shares, pool=pool)
    shedder = run.shedder
    assert shedder is not None
    assert set(run.outcomes()) <= {"done", "late", "load", "share", "full"}
    assert all(one.outcome in ("done", "late", "full") for one in run.arrivals if one.urgency == 0)
    assert (shedder.under_way, shedder.waiting) == (0, 0)
    assert sum(shedder.started) + sum(shedder.refused) == len(run.arrivals)
    longest = shedder.tuning.longest_waits
    for one in run.arrivals:
        if one.outcome == "late":
            assert one.done_at - one.at <= longest[one.urgency] + shedder.tuning.tick + 1e-9


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_the_share_refused_stays_between_none_and_nearly_all(waits: list[float]) -> None:
    controller = Controller(Tuning())
    for wait in waits:
        assert 0.0 <= controller.step(wait) <= 0.95
    for _ in range(30):
        controller.step(0.0, idle=True)
    assert controller.refused < 0.001, "three seconds of quiet forgive everything"


@given(st.lists(st.floats(0, 3.999), min_size=1, max_size=500), st.floats(0.0, 0.95))
def test_the_wanted_share_is_refused_the_least_urgent_first_and_never_the_first_class(
    scores: list[float], refused: float
) -> None:
    known = Scores(2000, reading=0.4)
    for one in scores:
        known.add(one)
    thresholds = known.thresholds(refused)
    gone = [one for one in scores if one > thresholds[int(one)]]
    assert not any(one < 1.0 for one in gone)
    assert len(gone) <= refused * len(scores) + 1
    assert thresholds[2] >= 4.0 or thresholds[3] <= 3.0, "no stranger is kept while a member who reads is refused"


def test_of_what_is_kept_reading_has_its_share_however_much_is_written() -> None:
    known = Scores(2000, reading=0.4)
    for urgency, count in ((1, 500), (2, 1000), (3, 500)):
        for number in range(count):
            known.add(urgency + number / count)
    _, writing, reading, browsing = known.thresholds(0.9)
    assert (round(500 * (writing - 1)), round(1000 * (reading - 2)), browsing) == (119, 78, 3.0)


def test_the_first_class_has_places_beyond_the_others_and_every_third_turn_is_for_reading() -> None:
    shedder = Shedder(pool=1)
    under_way: list[tuple[int, int]] = [(9, number) for number in range(shedder.limit)]
    for one in under_way:
        assert shedder.arrive(1, one, now=0.0) == "run"
    for urgency, count in ((3, 2), (2, 6), (1, 6)):
        for number in range(count):
            one = (urgency, number)
            assert shedder.arrive(urgency, one, now=0.0, ticket=one) == "wait"
    for number in range(shedder.tuning.entrance + 3):
        one = (0, number)
        has_room = number < shedder.tuning.entrance
        assert shedder.arrive(0, one, now=0.0, ticket=one) == ("run" if has_room else "wait")
        under_way += [one] if has_room else []
    turns: list[int] = []
    while under_way:
        begun = shedder.leave(under_way.pop(0), took_s=0.01, now=0.01)
        turns += [urgency for urgency, _ in begun]
        under_way += begun
    assert turns == [0, 0, 0, 1, 1, 2, 1, 1, 2, 1, 1, 2, 2, 2, 2, 3, 3]


def test_the_newest_goes_first_once_the_oldest_has_waited_half_of_what_it_may() -> None:
    queue = Queue(0.3, 10)
    for number in range(3):
        queue.put(Waiting(number, "p", number * 0.01))
    first, last = queue.take(0.1), queue.take(0.2)
    assert first is not None
    assert last is not None
    assert (first.ticket, last.ticket) == (0, 2)
    assert [one.ticket for one in queue.late(0.32)] == [1]


def test_fewer_run_side_by_side_when_each_takes_longer_and_more_again_later() -> None:
    gradient = Gradient(8)
    for _ in range(20):
        gradient.took(0.01)
        gradient.step(10)
    assert gradient.limit == 32
    for _ in range(10):
        gradient.took(0.3)
        gradient.step(32)
    assert gradient.limit == 16, "twice the pool is the least"
    for _ in range(200):
        gradient.took(0.01)
        gradient.step(16)
    assert gradient.limit > 32


def test_a_bucket_gives_its_burst_then_its_rate_and_their_number_is_bounded() -> None:
    buckets = Buckets(rate=2.0, burst=5.0, most=100)
    assert [buckets.take("one", 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert buckets.wait_s("one", 0.0) == 0.5
    assert buckets.take("one", 0.5)
    for number in range(10_000):
        buckets.take(number, 1.0)
    assert len(buckets) <= 100


def test_levels_rise_at_once_and_fall_step_by_step() -> None:
    levels = Levels()
    assert levels.step(0.02, database_gone=False, now=0.0) == WELL
    assert levels.step(0.6, database_gone=False, now=0.1) == CACHED_ONLY
    assert levels.step(0.0, database_gone=False, now=0.2) == CACHED_ONLY
    seen = [levels.step(0.0, database_gone=False, now=0.3 + 0.1 * n) for n in range(40)]
    assert seen == sorted(seen, reverse=True)
    assert PAUSED in seen
    assert seen[-1] == WELL
    assert levels.step(0.0, database_gone=True, now=9.0) == NO_DATABASE
    assert levels.step(0.0, database_gone=False, now=9.1) == WELL
