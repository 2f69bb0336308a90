"""How often somebody may do something. Counted in each process for itself, so a limit is a bound a process, not a total."""

from __future__ import annotations

import time

import msgspec

from parvis.base.errors import TooMany


class Limit(msgspec.Struct, frozen=True):
    """At most `most` times in `window_s` seconds, in the bucket of that name."""

    bucket: str
    most: int
    window_s: int


class Standing(msgspec.Struct, frozen=True):
    """Where somebody stands in a limit; `reset_at` in Unix seconds."""

    most: int
    remaining: int
    reset_at: int


READS = Limit("api", 300, 300)
STRANGERS = Limit("strangers", 300, 300)
UPLOADS = Limit("media", 30, 1800)
POSTS = Limit("posts", 300, 10_800)
DELETIONS = Limit("deletions", 30, 1800)
FOLLOWS = Limit("follows", 400, 86_400)
SIGN_UPS = Limit("sign-up", 30, 1800)  # beyond which a proof of work is asked for, and apps know of none
RECEIPTS = Limit("receipts", 60, 1800)  # whole schools apply from one address
TICKETS = Limit("tickets", 240, 1800)  # and look after what they applied for
SIGN_INS = Limit("sign-in", 10, 300)
MAILS = Limit("mail", 5, 1800)
APPS = Limit("apps", 5, 600)
TRANSLATIONS = Limit("translations", 60, 300)
REPORTS = Limit("reports", 400, 86_400)
PUSHES = Limit("push", 300, 3600)
INSTALLS = Limit("installs", 30, 86_400)


class RateLimits:
    """Counters of the present windows; `enabled=False` lets everything pass (closed test networks)."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self._counts: dict[tuple[str, str, int], int] = {}
        self._swept = 0
        self._lengths = {one.bucket: one.window_s for one in ALL}

    def hit(self, limit: Limit, who: str) -> Standing | None:
        """One more time is counted. Raises: TooMany past the limit."""
        if not self.enabled:
            return None
        now = int(time.time())
        window = now // limit.window_s
        reset_at = (window + 1) * limit.window_s
        key = (limit.bucket, who, window)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        self._sweep(now)
        if count > limit.most:
            raise TooMany(reset_at - now)
        return Standing(limit.most, limit.most - count, reset_at)

    def count(self, limit: Limit, who: str) -> int:
        """One more time is counted, for a limit that `check` looks at; how many there were in this window."""
        if not self.enabled:
            return 0
        now = int(time.time())
        key = (limit.bucket, who, now // limit.window_s)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._lengths[limit.bucket] = limit.window_s
        self._sweep(now)
        return self._counts[key]

    def is_spent(self, limit: Limit, who: str) -> bool:
        """Whether that was counted as often as may be in this window."""
        return self._counts.get((limit.bucket, who, int(time.time()) // limit.window_s), 0) >= limit.most

    def check(self, limit: Limit, who: str) -> None:
        """It may be done once more; that is not counted. Raises: TooMany."""
        if self.enabled and self.is_spent(limit, who):
            now = int(time.time())
            raise TooMany((now // limit.window_s + 1) * limit.window_s - now)

    def _sweep(self, now: int) -> None:
        """Windows that are over are forgotten, once a minute."""
        if now - self._swept < 60:
            return
        self._swept = now
        self._counts = {
            key: count for key, count in self._counts.items() if key[2] >= now // self._lengths.get(key[0], 60)
        }


# What an app's token must not multiply: everybody behind one address shares these.
BY_ADDRESS = (SIGN_UPS, RECEIPTS, TICKETS, SIGN_INS, MAILS, APPS)
ALL = (READS, STRANGERS, UPLOADS, POSTS, DELETIONS, FOLLOWS, SIGN_UPS, RECEIPTS, TICKETS, SIGN_INS, MAILS, APPS, PUSHES)
