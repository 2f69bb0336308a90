"""Timelines: which posts belong on which page, in which order. Always chronological.

Home is a hybrid: materialised rows for ordinary authors and active readers, big authors merged at read, a plain query
for everybody else. How posts look is `posts`; who hears of them is `notifications`.
"""

from parvis.domain.timelines.home import Home, home, wants
from parvis.domain.timelines.listings import account, public, tag
from parvis.domain.timelines.rows import backfill, fan_out, forget, forget_post, rebuild, visit

__all__ = [
    "Home", "account", "backfill", "fan_out", "forget", "forget_post", "home", "public", "rebuild", "tag", "visit",
    "wants",
]  # fmt: skip
