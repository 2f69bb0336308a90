"""What those who run the place have to hear of is told, each way by itself, beside the watch that goes on looking.

A mail service can take half a minute to say nothing, and its letters must not stand in for a webhook that is away for a
moment. What each way has taken is known to this process only: another that takes over may tell something twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from parvis.base.settings import Settings
from parvis.domain.health import Incident
from parvis.worker import alarm
from parvis.worker.alarm import Outcome

log = structlog.get_logger(__name__)

MAIL, WEBHOOK = "mail", "webhook"
TELL = {MAIL: alarm.by_mail, WEBHOOK: alarm.by_webhook}
REFUSED_FOR = timedelta(minutes=10)
ENOUGH_AFTER = timedelta(hours=1)  # one way has it for so long: the other is out of use

News = tuple[str, datetime, bool, str]


class _Progress(msgspec.Struct):
    """Of one piece of news: which ways have it, since when the first has it, until when a way is not tried, and whether it
    passed for told."""

    told: set[str] = msgspec.field(default_factory=set)
    since: datetime | None = None
    rests: dict[str, datetime] = msgspec.field(default_factory=dict)
    noted: bool = False


class Telling:
    """`noted`: what is called with an incident, as it was told, as soon as every way that counts has it."""

    def __init__(self, noted: Callable[[Incident, datetime], None]) -> None:
        self._noted = noted
        self._progress: dict[News, _Progress] = {}
        self._rounds: dict[str, asyncio.Task[None]] = {}

    async def tell(self, settings: Settings, untold: Sequence[Incident], now: datetime, patience_s: float) -> None:
        """These are told, the oldest first, by every way whose round before has ended; after `patience_s` that goes on
        beside."""
        current = {_news(one) for one in untold}
        self._progress = {news: known for news, known in self._progress.items() if news in current}
        wanted, _ = ways(settings)
        for one in untold:
            self._settle(settings, one, now)
        for way in wanted:
            if way not in self._rounds or self._rounds[way].done():
                self._rounds[way] = asyncio.create_task(self._tell(way, settings, untold, now))
        if self._rounds:
            await asyncio.wait(self._rounds.values(), timeout=patience_s)

    async def close(self) -> None:
        """Nothing is told any more."""
        for one in self._rounds.values():
            one.cancel()
        await asyncio.gather(*self._rounds.values(), return_exceptions=True)

    async def _tell(self, way: str, settings: Settings, untold: Sequence[Incident], now: datetime) -> None:
        for one in untold:
            known = self._known(one)
            if way in known.told or known.rests.get(way, now) > now:
                continue
            match await _tried(way, settings, one):
                case Outcome.TOLD:
                    known = self._known(one)
                    known.told.add(way)
                    known.since = known.since or now
                    self._settle(settings, one, now)
                case Outcome.REFUSED:
                    self._known(one).rests[way] = now + REFUSED_FOR
                case Outcome.AWAY:
                    return  # for all that follow, too

    def _settle(self, settings: Settings, one: Incident, now: datetime) -> None:
        """It passes for told, if every way that counts has it, or one has had it for long enough."""
        _, counting = ways(settings)
        known = self._known(one)
        enough = known.told & counting and known.since is not None and now - known.since >= ENOUGH_AFTER
        if not known.noted and (counting <= known.told or enough):
            known.noted = True
            self._noted(one, now)

    def _known(self, one: Incident) -> _Progress:
        return self._progress.setdefault(_news(one), _Progress())


async def _tried(way: str, settings: Settings, one: Incident) -> Outcome:
    try:
        return await TELL[way](settings, one)
    except Exception:  # whatever is wrong with one must keep neither the other way nor other news back
        log.exception("alarm.failed", incident=one.name, way=way)
        return Outcome.REFUSED


def ways(settings: Settings) -> tuple[set[str], set[str]]:
    """By which ways those who run the place want to hear, and which of these must have the news before it passes for
    told: letters that only lie in a folder do not count beside a webhook."""
    wanted = {MAIL} if alarm.addresses(settings) else set[str]()
    if not settings.alert_webhook:
        return wanted, wanted
    return wanted | {WEBHOOK}, {WEBHOOK} | (wanted if settings.smtp_url else set[str]())


def _news(one: Incident) -> News:
    return one.name, one.opened_at, one.is_open, one.verdict.urgency
