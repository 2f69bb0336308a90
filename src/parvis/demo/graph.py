"""Who follows whom and who writes how much, in the shape that large public networks report.

Everything is drawn from one `Random`, so the same seed gives the same network.
"""

from __future__ import annotations

import math
from itertools import accumulate
from random import Random

PARETO = 1.1  # exponent of the complementary distribution, of attractiveness and of activity alike
MEDIAN_FOLLOWED = 18
SPREAD_FOLLOWED = 1.3
FOLLOWING_NOBODY = 0.05
MOST_FOLLOWED = 7500
MUTUAL = 0.22  # of all edges
CELEBRITIES = (0.7, 0.5, 0.4, 0.3, 0.2)  # shares of everybody who follow accounts 0 to 4
QUIET_HALF = 0.01  # half of all accounts write a hundredth of what they otherwise would
_ENCOURAGING = 30  # followers
_TRIES = 4
_RETURNED = MUTUAL / (2 - MUTUAL)  # of the edges drawn, so that this share of all is mutual in the end


def follow_graph(size: int, random: Random) -> list[list[int]]:
    """For each account, in order, whom it follows, in order."""
    draw = list(accumulate(random.paretovariate(PARETO) for _ in range(size)))
    following = [_drawn(random, draw, one, size) for one in range(size)]
    for one, followed in enumerate([sorted(found) for found in following]):
        for other in followed:
            if random.random() < _RETURNED and 0 < len(following[other]) < MOST_FOLLOWED:
                following[other].add(one)
    for celebrity, share in enumerate(CELEBRITIES[:size]):
        for one in range(size):  # whoever follows nobody does not follow the famous either
            if one != celebrity and following[one] and random.random() < share / (1 - FOLLOWING_NOBODY):
                following[one].add(celebrity)
    return [sorted(found) for found in following]


def followers_of(following: list[list[int]]) -> list[list[int]]:
    """The mirror: for each account who follows it, in order."""
    mirror: list[list[int]] = [[] for _ in following]
    for one, followed in enumerate(following):
        for other in followed:
            mirror[other].append(one)
    return mirror


def activity(followers: list[list[int]], random: Random) -> list[float]:
    """How much each account writes, compared with the others, added up for drawing.

    Whoever is read much writes more: so few big authors cause about half of all deliveries, as they do in the world.
    """
    return list(
        accumulate(
            random.paretovariate(PARETO)
            * (QUIET_HALF if random.random() < 0.5 else 1.0)
            * math.sqrt(1 + len(found) / _ENCOURAGING)
            for found in followers
        )
    )


def _drawn(random: Random, draw: list[float], one: int, size: int) -> set[int]:
    """Accounts drawn in proportion to their attractiveness, none twice, never oneself."""
    if random.random() < FOLLOWING_NOBODY:
        return set()
    wanted = min(round(random.lognormvariate(math.log(MEDIAN_FOLLOWED), SPREAD_FOLLOWED)), MOST_FOLLOWED, size // 2)
    found: set[int] = set()
    for _ in range(_TRIES):
        found.update(random.choices(range(size), cum_weights=draw, k=max(wanted - len(found), 0)))
        found.discard(one)
        if len(found) >= wanted:
            break
    return found
