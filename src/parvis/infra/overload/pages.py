"""Public pages as strangers saw them a moment ago, kept in memory, bounded. Nothing that knows its reader is ever here.

An answer is fresh for what its route says. A little longer it is given while a new one is made behind it; and for an hour
when a new one cannot be had. Posts that are removed or edited leave at once, by the news; without news nothing here is
trusted for longer than a second.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Hashable

from parvis.infra.overload.audience import is_page

KEPT_S = 3600.0
BEHIND_S = 3.0  # how long after its freshness an answer is given at once, a new one following behind
MOST_BYTES = 512 * 1024  # of one answer
_IDS = re.compile(rb"\d{15,19}")
_REMEMBERED_S = 30.0  # how long a removal is held against answers that were being made meanwhile

Headers = list[tuple[bytes, bytes]]
_ONE_READERS = (b"x-ratelimit-limit", b"x-ratelimit-remaining", b"x-ratelimit-reset", b"x-request-id")


class Answer:
    """A whole answer of the application."""

    __slots__ = ("body", "headers", "is_page", "posts", "status", "verified", "went_out_at")

    def __init__(self, status: int, headers: Headers, body: bytes, began_at: float) -> None:
        self.status = status
        self.headers = headers
        self.is_page = status == 200 and is_page(headers)
        self.body = body
        self.went_out_at = began_at
        self.verified = True
        self.posts: frozenset[bytes] = frozenset()

    @property
    def for_everybody(self) -> bool:
        """Whether nothing in it is for one reader only."""
        for name, value in self.headers:
            if name == b"set-cookie" or (name == b"cache-control" and (b"private" in value or b"no-store" in value)):
                return False
        return True


class Pages:
    """Answers by what was asked, the longest unused leaving first."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.hits = self.misses = self.stale = 0
        self.joined = 0  # of the misses, those that were given what another was being made
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._naming: dict[bytes, set[Hashable]] = {}  # post → what names it
        self._removed: deque[tuple[float, bytes | None]] = deque(maxlen=2000)  # None: everything

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: Hashable) -> Answer | None:
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def keep(self, key: Hashable, answer: Answer, now: float) -> bool:
        """The answer is given to others, unless something it names was removed while it was made, or it is not for all."""
        if answer.status != 200 or not answer.for_everybody or len(answer.body) > MOST_BYTES:
            return False
        answer.posts = frozenset(_IDS.findall(answer.body))
        for at, post in reversed(self._removed):
            if at < answer.went_out_at or now - at > _REMEMBERED_S:
                break
            if post is None or post in answer.posts:
                return False
        answer.headers = [one for one in answer.headers if one[0] not in _ONE_READERS]
        self._drop(key)
        self._answers[key] = answer
        self.bytes += _size(answer)
        for post in answer.posts:
            self._naming.setdefault(post, set()).add(key)
        while self.bytes > self.most_bytes and self._answers:
            self._drop(next(iter(self._answers)))
        return key in self._answers

    def removed(self, post_id: int, now: float) -> None:
        """Whatever names the post is gone."""
        post = str(post_id).encode()
        self._removed.append((now, post))
        for key in list(self._naming.get(post, ())):
            self._drop(key)

    def clear(self, now: float) -> None:
        """Everything is gone."""
        self._removed.append((now, None))
        self._answers.clear()
        self._naming.clear()
        self.bytes = 0

    def doubt(self) -> None:
        """News may have been missed: what is here is given only when nothing better can be had."""
        for answer in self._answers.values():
            answer.verified = False

    def _drop(self, key: Hashable) -> None:
        answer = self._answers.pop(key, None)
        if answer is None:
            return
        self.bytes -= _size(answer)
        for post in answer.posts:
            keys = self._naming[post]
            keys.discard(key)
            if not keys:
                del self._naming[post]


def _size(answer: Answer) -> int:
    return len(answer.body) + 100 * len(answer.posts) + 1000
