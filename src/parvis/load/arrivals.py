"""Who comes when: independent people, so a Poisson process whose rate follows the plan. Nobody waits for an answer."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from random import Random

import msgspec

from parvis.load.parameters import MIX, SIGN_UP, Ask, Group
from parvis.load.plan import SHARES, Plan

TICK_S = 0.1  # the rate is taken as constant for so long


class Arrival(msgspec.Struct, frozen=True):
    """Somebody means to ask this at this second of the run."""

    due_s: float
    ask: Ask


_ASKS = (*MIX, SIGN_UP)
_PARTS = [(ask.group, 1.0 if ask is SIGN_UP else ask.share / 100 / SHARES[ask.group]) for ask in _ASKS]


def arrivals(plan: Plan, random: Random, *, share: float = 1.0) -> Iterator[Arrival]:
    """Every arrival of the run in its order; `share` is the part of one of several processes."""
    for tick in range(round(plan.run_s / TICK_S)):
        begin = tick * TICK_S
        rates = {group: plan.rate(group, begin) * share for group in Group}
        weights = list(accumulate(rates[group] * part for group, part in _PARTS))
        # The gaps of a Poisson process have no memory, so each tick may start anew.
        due = begin + random.expovariate(weights[-1])
        while due < begin + TICK_S:
            yield Arrival(due, _ASKS[bisect(weights, random.random() * weights[-1], 0, len(_ASKS) - 1)])
            due += random.expovariate(weights[-1])
