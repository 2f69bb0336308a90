"""Every number of the standard loads: how many come in a day, what they ask for, when, and how patient they are.

What says "assumed" is; the rest comes from press reports on launches between 2013 and 2025.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Group(StrEnum):
    """Who asks. Events in time change how many of a group come."""

    MEMBERS = "members"
    VISITORS = "visitors"
    NEWCOMERS = "newcomers"  # people who sign up


class Ask(msgspec.Struct, frozen=True):
    """One kind of request: its share of all requests in percent, and the class we expect the server to give it."""

    name: str
    share: float
    priority: str
    group: Group = Group.MEMBERS
    writes: bool = False


class Event(msgspec.Struct, frozen=True):
    """Something that happens in the evening: so many times more come of a group, for so many minutes."""

    name: str
    at_minute: float
    minutes: float
    members: float = 1.0
    visitors: float = 1.0
    newcomers: float = 1.0
    reconnects: bool = False  # every open stream breaks and comes back within the event's time


class Load(msgspec.Struct, frozen=True):
    """One day."""

    name: str
    about: str
    visits: int
    signed_in_share: float  # assumed
    requests: int
    sign_ups: int
    streams: int  # open at once, mean


# ── the days ─────────────────────────────────────────────────────────────────────────────────────────────────────

LOADS = {
    load.name: load
    for load in (
        Load("quiet-day", "A small network on an ordinary day", 300_000, 0.50, 6_700_000, 9_000, 20_000),
        Load("launch-day", "A network's first day in every newspaper", 2_000_000, 0.35, 35_000_000, 170_000, 35_000),
        Load("surge-day", "Ten launches on one day", 20_000_000, 0.35, 344_000_000, 1_000_000, 350_000),
    )
}

# ── the mix ──────────────────────────────────────────────────────────────────────────────────────────────────────
# Each comment is a row of the mix and its share. The classes are what we expect: the server decides them.

_V = Group.VISITORS
SIGN_UP = Ask("sign up", 0, "P0", Group.NEWCOMERS, writes=True)  # counted by the day, on top of the shares
ENTRY = Ask("enter", 0, "P0", Group.NEWCOMERS)  # the first call of somebody who signed up; again until it works
NOW_SERVING = Ask("now serving", 2.6, "P0", _V)
SIGN_UP_FORM = Ask("sign-up form", 1.2, "P0", _V)
SIGN_IN = Ask("sign in", 0.2, "P0", _V, writes=True)  # one signed-in visit in ten begins with a password
TOKEN = Ask("token", 1.0, "P0", _V, writes=True)
EDIT = Ask("edit", 0.15, "P1", writes=True)
DELETE = Ask("delete", 0.15, "P1", writes=True)
UNFOLLOW = Ask("unfollow", 0.2, "P1", writes=True)

MIX = (
    # home page: 18
    Ask("home timeline", 18.0, "P2"),
    # notifications, unread count, markers: 12
    Ask("notifications", 6.0, "P2"),
    Ask("unread count", 4.0, "P2"),
    Ask("markers", 2.0, "P2"),
    # post and context: 11
    Ask("post", 6.0, "P2"),
    Ask("thread", 5.0, "P2"),
    # account and relationships: 9
    Ask("account", 3.0, "P2"),
    Ask("account's posts", 4.0, "P2"),
    Ask("relationships", 2.0, "P2"),
    # public, explore, trends, search: 9
    Ask("public timeline", 3.0, "P3"),
    Ask("trends", 2.0, "P3"),
    Ask("hashtag", 2.0, "P3"),
    Ask("search", 2.0, "P3"),
    # instance, emoji, filters, lists, announcements: 14
    Ask("instance", 4.0, "P3"),
    Ask("emoji", 2.0, "P3"),
    Ask("filters", 3.0, "P3"),
    Ask("lists", 2.0, "P3"),
    Ask("announcements", 2.0, "P3"),
    Ask("preferences", 1.0, "P3"),
    # anonymous profile and post pages: 14
    Ask("profile page", 7.0, "P3", _V),
    Ask("post page", 5.0, "P3", _V),
    Ask("front page", 2.0, "P3", _V),
    # favourite, repost, bookmark, vote: 5
    Ask("favourite", 3.0, "P1", writes=True),
    Ask("repost", 0.8, "P1", writes=True),
    Ask("bookmark", 1.2, "P1", writes=True),
    # post, edit, delete: 1.1
    Ask("publish", 0.8, "P1", writes=True),
    EDIT,
    DELETE,
    # follow, unfollow, block: 0.7
    Ask("follow", 0.5, "P1", writes=True),
    UNFOLLOW,
    # media upload: 0.7
    Ask("upload a picture", 0.7, "P1", writes=True),
    # sign-up, confirm, login, token, ticket: 5
    NOW_SERVING,
    SIGN_UP_FORM,
    TOKEN,
    SIGN_IN,
    # health and admin: 0.5
    Ask("health", 0.5, "P0", _V),
)
PRIORITIES = ("P0", "P1", "P2", "P3")

# ── the shape in time ────────────────────────────────────────────────────────────────────────────────────────────

SWING = 0.6  # by day and night; the mean is at 15 o'clock, the most at 21
MEAN_AT_HOUR = 15.0
EVENING_AT_HOUR = 21.0  # the middle of the evening
EVENING_MINUTES = 40.0
EVENTS = (
    Event("first minute in an app store", 4, 1, newcomers=20),
    Event("a famous author's post", 10, 6, members=4),
    Event("a mention on television", 22, 3, visitors=10),
    Event("all streams come back", 34, 10 / 60, reconnects=True),
)
PEAK_MINUTE = 5.0  # the busiest minute of a day, in means: what a machine has to carry for that day (assumed)

# ── the people ───────────────────────────────────────────────────────────────────────────────────────────────────

TIME_OUT_S = 10.0
RETRIES = 2
BACK_OFF_S = 1.0  # full jitter: between nothing and this, doubled with each retry, after what Retry-After asks for
RESPECTFUL = 0.9  # share of clients that wait as Retry-After asks; the others come back after the back-off alone
REQUESTS_A_CONNECTION = 40  # a visit's worth; then a new connection is made, as by somebody else
REQUESTS_A_MEMBER_A_MINUTE = 5.0  # 40 in a visit of 8 minutes
LOUD_SHARE, LOUD_POSTS = 0.1, 0.8  # the loudest tenth write four fifths of all posts
ENTRY_EVERY_S = 30.0  # how often an app asks whether the person who waits is in
PICTURE_SIDE = 512
