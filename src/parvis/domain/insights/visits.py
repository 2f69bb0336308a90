"""What one web process counts, in its memory, until it hands it over: views by page, and who looked from when to when.

A visitor is a number made of the day's salt, the network and the browser's name. The salt is gone at the end of the
day, and with it all that the number could ever tell; addresses and names of browsers are kept nowhere.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from parvis.base.settings import Settings
from parvis.domain.insights import rules

MOST_VISITORS = 20_000  # of one batch; more are not told apart
MOST_OF_NETWORK = 200  # of one batch, by the names of their browsers; whoever invents more names is one more visitor
MOST_SOURCES = 300  # of one batch, that keep their names
MOST_WAITING = 100_000  # visitors of all batches, while the database is away; the oldest are lost first
MOST_BATCHES = 100  # that wait likewise
AT_ONCE = 5000  # visitors in one statement
_PAUSE_S = rules.PAUSE.total_seconds()
_FIRST_DAY = date(1970, 1, 1).toordinal()
DAY_S = 86_400


class Seen:
    """What is known of a visitor since the last handing over. `more`: visits that began after the first pause."""

    __slots__ = ("country", "first_s", "language", "last_s", "more", "source")

    def __init__(self, at_s: float, source: str, language: str, country: str) -> None:
        self.first_s = self.last_s = at_s
        self.more = 0
        self.source = source
        self.language = language
        self.country = country


class Batch:
    """What was counted on one day since the last handing over. `networks`: how many visitors of one there are, by its hash."""

    __slots__ = ("counts", "day", "networks", "seen", "sources")

    def __init__(self, day: date) -> None:
        self.day = day
        self.counts: Counter[tuple[str, str]] = Counter()
        self.networks: Counter[int] = Counter()
        self.seen: dict[int, Seen] = {}
        self.sources: set[str] = set()

    @property
    def empty(self) -> bool:
        return not self.counts and not self.seen

    def parts(self) -> list[Batch]:
        """The same, in pieces that are quickly handed over."""
        visitors = list(self.seen.items())
        parts = [Batch(self.day) for _ in range(0, max(len(visitors), 1), AT_ONCE)]
        for number, part in enumerate(parts):
            part.seen = dict(visitors[number * AT_ONCE : (number + 1) * AT_ONCE])
        parts[0].counts = self.counts
        return parts


class Visits:
    """The counters of a process. `clock`: seconds since 1970."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        country_of: Callable[[str], str] | None = None,
    ) -> None:
        self._clock = clock
        self._country_of = country_of
        self._hosts = settings.hosts | {settings.domain.partition(":")[0]}
        self._salts: dict[date, bytes] = {}
        self._salt: bytes | None = None  # of the day of the batch
        self._waiting: list[Batch] = []
        self._day: int = -1
        self._batch = Batch(date.min)

    def page_seen(self, path: str, network: str, headers: Mapping[bytes, bytes]) -> None:
        """A page was given to somebody; `path` is its route's, `headers` are the request's by name."""
        look = rules.look_of(headers, self._hosts)
        if look is None:
            return
        now_s = self._clock()
        batch = self._batch_at(now_s)
        batch.counts["page", path] += 1
        if self._salt is None:
            return
        visitor = self._visitor(self._salt, network, look.agent)
        if visitor not in batch.seen:
            visitor = self._newcomer(self._salt, batch, network, visitor)
        seen = batch.seen.get(visitor)
        if seen is None:
            if len(batch.seen) < MOST_VISITORS:
                country = self._country_of(network) if self._country_of else ""
                batch.seen[visitor] = Seen(now_s, self._source(batch, look.source), look.language, country)
            return
        if now_s - seen.last_s > _PAUSE_S:
            seen.more += 1
        seen.last_s = max(seen.last_s, now_s)

    def happened(self, kind: str, name: str = "") -> None:
        """One more of that kind."""
        self._batch_at(self._clock()).counts[kind, name] += 1

    def take(self) -> list[Batch]:
        """All that was counted and not handed over; it is not here any more."""
        taken, self._waiting = self._waiting, []
        if not self._batch.empty:
            taken += self._batch.parts()
            self._batch = Batch(self._batch.day)
        return taken

    def give_back(self, batches: list[Batch]) -> None:
        """They could not be handed over; perhaps the next time."""
        self._wait(*batches, *self._waiting)

    @property
    def day(self) -> date:
        return self._batch_at(self._clock()).day

    @property
    def days_to_come(self) -> list[date]:
        """Today, and from ten minutes before midnight tomorrow."""
        now_s = self._clock()
        return sorted({day_of(now_s), day_of(now_s + 600)})

    def knows_salts(self, days: Iterable[date]) -> bool:
        return all(day in self._salts for day in days)

    def salt_of(self, day: date) -> bytes | None:
        """The day's salt, as far as it is known here."""
        return self._salts.get(day)

    def learn(self, salts: dict[date, bytes]) -> None:
        """These are the salts; all others are forgotten."""
        self._salts = salts
        self._salt = salts.get(self._batch.day)

    def _batch_at(self, now_s: float) -> Batch:
        day: int = int(now_s // DAY_S)
        if day != self._day:
            if not self._batch.empty:
                self._wait(*self._waiting, *self._batch.parts())
            self._batch, self._day = Batch(day_of(now_s)), day
            self.learn({each: salt for each, salt in self._salts.items() if each >= self._batch.day})
        return self._batch

    def _wait(self, *batches: Batch) -> None:
        """These wait, as far as there is room: the oldest give up their visitors first, and keep what was looked at."""
        room = MOST_WAITING
        for batch in reversed(batches):
            room -= len(batch.seen)
            if room < 0:
                batch.seen.clear()
        self._waiting = [batch for batch in batches if not batch.empty][-MOST_BATCHES:]

    def _newcomer(self, salt: bytes, batch: Batch, network: str, visitor: int) -> int:
        """The visitor, who was not met yet; the network alone, when too many came from it to be browsers."""
        alone = self._visitor(salt, network, b"")
        if batch.networks[alone] >= MOST_OF_NETWORK:
            return alone
        if len(batch.seen) < MOST_VISITORS:
            batch.networks[alone] += 1
        return visitor

    @staticmethod
    def _visitor(salt: bytes, network: str, agent: bytes) -> int:
        """A number that tells visitors of one day apart."""
        # The salt in front does what a key does (BLAKE2 cannot be lengthened), and costs half: one block, not two.
        digest = hashlib.blake2b(b"%b%b\n%b" % (salt, network.encode(), agent), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    def _source(self, batch: Batch, source: str) -> str:
        """Whoever invents sources fills no memory with them."""
        if source not in batch.sources:
            if len(batch.sources) >= MOST_SOURCES:
                return rules.OTHER
            batch.sources.add(source)
        return source


def day_of(at_s: float) -> date:
    """The day (UTC) of that second."""
    return date.fromordinal(_FIRST_DAY + int(at_s // DAY_S))
