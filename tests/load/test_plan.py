"""Who comes when: the shape of a day, its mix, and arrivals that wait for nobody."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from statistics import mean, pstdev

import pytest

from parvis.load.arrivals import arrivals
from parvis.load.parameters import LOADS, MIX, PEAK_MINUTE, PRIORITIES, SIGN_UP, Group
from parvis.load.plan import Plan, whole_day_s

DAY_S = 86_400


def total(plan: Plan, at_s: float) -> float:
    return sum(plan.rate(group, at_s) for group in Group)


def test_the_shares_of_the_mix_are_a_whole_and_every_class_has_its_part() -> None:
    assert sum(ask.share for ask in MIX) == pytest.approx(100)
    classes = {name: sum(ask.share for ask in MIX if ask.priority == name) for name in PRIORITIES}
    assert classes == pytest.approx({"P0": 5.5, "P1": 7.5, "P2": 50, "P3": 37})
    assert len({ask.name for ask in MIX}) == len(MIX)


@pytest.mark.parametrize("name", LOADS)
def test_a_day_has_the_requests_and_the_peak_that_it_should(name: str) -> None:
    plan = Plan(name, 1, DAY_S)
    rates = [total(plan, second) for second in range(0, DAY_S, 10)]
    assert sum(rates) * 10 == pytest.approx(
        LOADS[name].requests + LOADS[name].sign_ups, rel=0.04
    )  # events add a little
    minutes = [mean(rates[at : at + 6]) for at in range(0, len(rates), 6)]
    assert max(minutes) / mean(rates) == pytest.approx(PEAK_MINUTE, rel=0.15)
    assert min(rates) / mean(rates) == pytest.approx(0.4, rel=0.05)
    assert min(rates) == pytest.approx(total(plan, 9 * 3600))


def test_speed_raises_the_rate_and_shortens_the_day() -> None:
    slow, fast = Plan("launch-day", 1, DAY_S), Plan("launch-day", 24, whole_day_s(24))
    assert whole_day_s(24) == 3600
    for hour in (2, 9, 15, 23):
        assert total(fast, hour * 150) == pytest.approx(24 * total(slow, hour * 3600))


@pytest.mark.parametrize(("speed", "minutes"), [(1, 4), (1, 30), (0.2, 3), (10, 60), (48, 30)])
def test_every_event_of_the_evening_happens_however_short_the_run_is(speed: float, minutes: float) -> None:
    plan = Plan("launch-day", speed, minutes * 60)
    happenings = plan.happenings()
    assert len(happenings) == 4
    assert all(0 <= one.from_s < one.until_s <= plan.run_s for one in happenings)
    assert all(earlier.until_s <= later.from_s for earlier, later in pairwise(happenings))
    for one in happenings:
        middle, before = (one.from_s + one.until_s) / 2, one.from_s - 0.001
        for group in Group:
            factor = plan.rate(group, middle) / plan.rate(group, before)
            assert factor == pytest.approx(getattr(one.event, group.value), rel=0.02)


def test_a_level_plan_stays_at_the_mean() -> None:
    plan = Plan("quiet-day", 2, 60, level=True)
    assert plan.happenings() == ()
    assert total(plan, 0) == total(plan, 59) == pytest.approx((6_700_000 + 9_000) / DAY_S * 2)


def test_arrivals_come_at_the_rate_and_in_the_mix_of_the_plan() -> None:
    plan = Plan("launch-day", 1, 240)
    found = list(arrivals(plan, Random(7)))
    expected = sum(total(plan, tick / 10) for tick in range(2400)) / 10
    assert len(found) == pytest.approx(expected, abs=4 * expected**0.5)
    assert all(one.due_s <= other.due_s for one, other in pairwise(found))
    counts = Counter(one.ask.name for one in found)
    members = sum(count for ask in MIX if ask.group is Group.MEMBERS for count in (counts[ask.name],))
    for ask in MIX:
        if ask.group is Group.MEMBERS:
            wanted = members * ask.share / 80.5
            assert counts[ask.name] == pytest.approx(wanted, abs=4.5 * wanted**0.5)
    sign_ups = sum(plan.rate(Group.NEWCOMERS, tick / 10) for tick in range(2400)) / 10
    assert counts[SIGN_UP.name] == pytest.approx(sign_ups, abs=4 * sign_ups**0.5)


def test_the_gaps_between_arrivals_have_no_memory() -> None:
    plan = Plan("launch-day", 1, 60, level=True)
    gaps = [other.due_s - one.due_s for one, other in pairwise(arrivals(plan, Random(3)))]
    assert pstdev(gaps) == pytest.approx(mean(gaps), rel=0.05)  # exponential: as wide as long
    a_second = Counter(int(one.due_s) for one in arrivals(plan, Random(3)))
    assert pstdev(a_second.values()) ** 2 == pytest.approx(mean(a_second.values()), rel=0.5)  # Poisson


def test_the_same_seed_brings_the_same_people_and_parts_make_the_whole() -> None:
    plan = Plan("launch-day", 1, 30, level=True)
    assert list(arrivals(plan, Random(5))) == list(arrivals(plan, Random(5)))
    assert list(arrivals(plan, Random(5))) != list(arrivals(plan, Random(6)))
    parts = sum(len(list(arrivals(plan, Random(seed), share=0.25))) for seed in range(4))
    assert parts == pytest.approx(len(list(arrivals(plan, Random(5)))), rel=0.05)
