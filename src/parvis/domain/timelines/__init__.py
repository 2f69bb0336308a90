"""Timelines: which posts belong on which page, in which order. Always chronological.

Home is a hybrid: materialised rows for ordinary authors and active readers, big authors merged at read, a plain query
for everybody else. Lists are queried; direct `conversations` are kept by the worker. `Live` tells open connections what a
reload would show them. How posts look is `posts`; who hears of them is `notifications`.
"""

from parvis.domain.timelines.glanced import Glanced, account_glances, public_glances
from parvis.domain.timelines.home import Home, HomeGlances, home, home_glances, wants
from parvis.domain.timelines.list import ListGlances, list_glances
from parvis.domain.timelines.listeners import (
    CONVERSATIONS,
    HOME,
    NOTIFICATIONS,
    PUBLIC,
    Audience,
    Happening,
    Key,
    Listener,
    Stream,
)
from parvis.domain.timelines.listings import account, link, public, tag
from parvis.domain.timelines.live import Live
from parvis.domain.timelines.reliance import Reliance, reliance_of
from parvis.domain.timelines.rows import backfill, fan_out, forget, forget_post, rebuild, visit

__all__ = [
    "CONVERSATIONS", "HOME", "NOTIFICATIONS", "PUBLIC", "Audience", "Glanced", "Happening", "Home", "HomeGlances",
    "Key", "ListGlances", "Listener", "Live", "Reliance", "Stream", "account", "account_glances", "backfill", "fan_out",
    "forget", "forget_post", "home", "home_glances", "link", "list_glances", "public", "public_glances", "rebuild",
    "reliance_of", "tag", "visit", "wants",
]  # fmt: skip
