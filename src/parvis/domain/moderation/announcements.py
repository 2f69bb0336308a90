"""What those who run the place say to everybody, and the emoji with which people answer."""

from __future__ import annotations

from datetime import datetime, timedelta

import regex

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import AnnouncementAnswered, AnnouncementMade, AnnouncementWithdrawn
from parvis.base.ids import AccountId, IdSource
from parvis.domain.moderation import announcement_queries as queries
from parvis.domain.moderation.types import Announcement, Notice
from parvis.infra import events
from parvis.infra import text as texts
from parvis.infra.postgres import Connection

LONGEST_TEXT = 5_000
TWICE_WITHIN = timedelta(minutes=1)
_NOBODY = AccountId(0)
MOST_REACTIONS = 8  # different ones under one announcement

# One character as people see it, that is a picture, a flag or a key cap.
_EMOJI = regex.compile(r"(?=.{1,16}$)(?=.*[\p{Extended_Pictographic}\p{RI}\u20e3])\X")


async def current(db: Connection, viewer_id: AccountId, *, with_dismissed: bool, now: datetime) -> list[Announcement]:
    """What is announced at this moment, the latest first."""
    found = await queries.announcements(db, viewer_id, now)
    return [one for one in found if with_dismissed or not one.dismissed]


async def told(db: Connection, announcement_id: int, *, now: datetime) -> Announcement | None:
    """The announcement as it is told to everybody at once, while it is current: by nobody read, with nobody's own emoji."""
    return next((one for one in await queries.announcements(db, _NOBODY, now) if one.id == announcement_id), None)


async def announce(
    tx: Connection,
    ids: IdSource,
    *,
    text: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    now: datetime,
) -> int:
    """It is announced, until `ends_at` when there is one; the answer is its id. Raises: Invalid."""
    text, markup = _written(text)
    if ends_at is not None and ends_at <= (starts_at or now):
        raise Invalid("ends_at", "Validation failed: It must end after it starts", "invalid")
    new_id = ids.next()
    await queries.new_announcement(tx, new_id, text, markup, starts_at, ends_at, now)
    await events.record(tx, AnnouncementMade(new_id))
    return new_id


async def was_just_said(
    tx: Connection, *, text: str, starts_at: datetime | None, ends_at: datetime | None, now: datetime
) -> bool:
    """Whether the same was announced within a minute: a form was sent twice. Raises: Invalid."""
    text, _ = _written(text)
    return await queries.announced_since(tx, text, starts_at, ends_at, now - TWICE_WITHIN)


async def change(
    tx: Connection,
    announcement_id: int,
    *,
    text: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> Notice:
    """It says that, until `ends_at`; the answer is what it was before. Who has dismissed it is not told again.

    `starts_at` holds for one that has not begun; when another began stays known. Raises: Invalid; NotFound when it is
    over, or never was.
    """
    text, markup = _written(text)
    before = await queries.announcement_before(tx, announcement_id, now)
    if before is None:
        raise NotFound
    if before.starts_at is None or before.starts_at <= now:
        starts_at = before.starts_at
    if ends_at is not None and ends_at <= max(now, starts_at or now):
        raise Invalid("ends_at", "Validation failed: It must end after it starts", "invalid")
    await queries.announcement_changed(tx, announcement_id, text, markup, starts_at, ends_at, now)
    await events.record(tx, AnnouncementMade(announcement_id))
    return before


def _written(text: str) -> tuple[str, str]:
    """The words, cleaned, and their HTML."""
    text = texts.clean(text)
    if not text or len(text) > LONGEST_TEXT:
        raise Invalid("text", f"Validation failed: An announcement has 1 to {LONGEST_TEXT} characters", "invalid")
    return text, texts.render(text, mention_path=lambda one: None if one.domain else f"/@{one.value.lower()}")


async def every(db: Connection, *, limit: int = 100) -> list[Notice]:
    """The newest announcements, those of the past and those for later among them."""
    return await queries.notices(db, limit)


async def end(tx: Connection, announcement_id: int, *, now: datetime) -> None:
    """It is not announced any more, but known to have been. Raises: NotFound when it was over, or never was."""
    if not await queries.announcement_ended(tx, announcement_id, now):
        raise NotFound
    await events.record(tx, AnnouncementWithdrawn(announcement_id))


async def withdraw(tx: Connection, announcement_id: int) -> None:
    """It is not announced any more. Raises: NotFound."""
    if not await queries.announcement_deleted(tx, announcement_id):
        raise NotFound
    await events.record(tx, AnnouncementWithdrawn(announcement_id))


async def dismiss(tx: Connection, account_id: AccountId, announcement_id: int, *, now: datetime) -> None:
    """The account has read it. Raises: NotFound."""
    await _must_be_current(tx, announcement_id, now)
    await queries.new_dismissal(tx, account_id, announcement_id)


async def react(tx: Connection, account_id: AccountId, announcement_id: int, name: str, *, now: datetime) -> None:
    """The account's emoji stands under it. Raises: NotFound; Invalid for what is no emoji, or one kind too many."""
    if not _EMOJI.fullmatch(name):
        raise Invalid("name", "Validation failed: Name is not a recognized emoji", "invalid")
    await _must_be_current(tx, announcement_id, now)
    if not await queries.new_reaction(tx, announcement_id, name, account_id, now):
        return  # everybody who listens is told of what is new, and of nothing else
    if await queries.reaction_kinds(tx, announcement_id) > MOST_REACTIONS:
        raise Invalid("base", "Validation failed: Limit of different reactions reached", "too_many")
    await events.record(tx, AnnouncementAnswered(announcement_id, name))


async def unreact(tx: Connection, account_id: AccountId, announcement_id: int, name: str, *, now: datetime) -> None:
    """The account's emoji does not stand under it. Raises: NotFound."""
    await _must_be_current(tx, announcement_id, now)
    if await queries.reaction_deleted(tx, announcement_id, name, account_id):
        await events.record(tx, AnnouncementAnswered(announcement_id, name))


async def _must_be_current(tx: Connection, announcement_id: int, now: datetime) -> None:
    if not await queries.is_current(tx, announcement_id, now):
        raise NotFound
