"""What happened, in the words of the client API. Each wording is made once, however many hear it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from parvis.api.entities.addresses import Addresses, addresses
from parvis.api.entities.announcement import present_announcement
from parvis.api.entities.conversation import present_conversation
from parvis.api.entities.notification import present_notification
from parvis.api.entities.status import Status, present_status
from parvis.api.filtering import with_results
from parvis.api.streaming.channels import Channel
from parvis.base.clock import utc_now
from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, ConversationId, NotificationId, PostId
from parvis.domain import accounts, moderation, notifications, posts
from parvis.domain.accounts.types import Viewer
from parvis.domain.relationships.filters import Place
from parvis.domain.relationships.sieves import Sieves
from parvis.domain.timelines import Audience, Happening, Key, Listener, Stream, conversations
from parvis.domain.timelines.listeners import Door
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

Form = Literal["socket", "server-sent"]
_EVENTS = {
    "published": "update",
    "edited": "status.update",
    "removed": "delete",
    "notified": "notification",
    "conversed": "conversation",
    "announced": "announcement",
    "withdrawn": "announcement.delete",
    "answered": "announcement.reaction",
}
_encode = msgspec.json.Encoder().encode


class Client(Listener):
    """A listener that speaks the client API."""

    __slots__ = ("channels", "form", "viewer")

    def __init__(self, door: Door, viewer: Viewer, form: Form) -> None:
        assert viewer.token_id is not None
        super().__init__(door, viewer.account_id, Key("token", viewer.token_id))
        self.viewer = viewer
        self.form: Form = form
        self.channels: dict[tuple[str, ...], Channel] = {}


class Frame(msgspec.Struct):
    """A message over a WebSocket. The payload is JSON inside a string."""

    stream: tuple[str, ...]
    event: str
    payload: str


def framed(form: Form, label: tuple[str, ...], event: str, payload: str) -> str | bytes:
    """The event as it goes over the wire."""
    if form == "socket":
        return _encode(Frame(label, event, payload)).decode()
    return f"event: {event}\ndata: {payload}\n\n".encode()


async def deliver(services: Services, sieves: Sieves, happening: Happening, audience: Audience) -> None:
    """Every client has been given a frame for each of its channels on which this belongs."""
    if happening.kind in ("removed", "withdrawn"):
        _hand_out(happening, audience, lambda _: str(happening.id))
    elif happening.kind in ("announced", "answered"):
        payload = await _announcement(services, happening) if audience else None
        if payload is not None:
            _hand_out(happening, audience, lambda _: payload)
    elif happening.kind in ("notified", "conversed"):
        word = _notification if happening.kind == "notified" else _conversation
        payload = await word(services, sieves, happening)
        if payload is not None:
            _hand_out(happening, audience, lambda _: payload)
    else:
        payloads = await _statuses(services, sieves, happening, audience)
        _hand_out(happening, audience, payloads.get)


def _hand_out(happening: Happening, audience: Audience, payload_for: Callable[[AccountId | None], str | None]) -> None:
    event = _EVENTS[happening.kind]
    made: dict[tuple[object, ...], str | bytes] = {}
    for client, streams in audience:
        assert isinstance(client, Client)
        for channel in client.channels.values():
            here = channel.streams.intersection(streams)
            # On a page of one's own the status has the viewer's keys, on public ones it has none.
            payload = payload_for(client.account_id if any(map(_is_own, here)) else None) if here else None
            if payload is None:
                continue
            key = (client.form, channel.label, id(payload))
            if key not in made:
                made[key] = framed(client.form, channel.label, event, payload)
            client.put(made[key])


def _is_own(stream: Stream) -> bool:
    return stream.kind in ("home", "list")


async def _statuses(
    services: Services, sieves: Sieves, happening: Happening, audience: Audience
) -> dict[AccountId | None, str]:
    """Viewer (None: whoever) → the status as they see it."""
    viewers: set[AccountId | None] = set()
    for listener, streams in audience:
        viewers.update(listener.account_id if _is_own(stream) else None for stream in streams)
    async with services.db.connection() as db:
        looks = await posts.looks(db, happening.post_id, happening.account_id, list(viewers))
        versions = {viewer: version for look in looks for viewer, version in look.filter_versions.items()}
        filters = await sieves.of_each(db, versions)
    to, now = addresses(services), utc_now()
    found: dict[AccountId | None, str] = {}
    for look in looks:
        status = present_status(look.view, to, viewer_id=look.viewers[0])
        found.update(dict.fromkeys(look.viewers, _encode(status).decode()))
        for viewer in look.filter_versions:
            sieved = with_results(status, look.view, filters[viewer], viewer_id=viewer, place="home", now=now)
            if sieved is not status:
                found[viewer] = _encode(sieved).decode()
    return found


async def _seen_by(
    db: Connection, sieves: Sieves, post_id: PostId, viewer: AccountId, place: Place | None, to: Addresses
) -> Status | None:
    """The post's status as that viewer sees it, if they may."""
    views = await posts.views(db, [post_id], viewer_id=viewer)
    if not views:
        return None
    status = present_status(views[0], to, viewer_id=viewer)
    sieve = await sieves.latest(db, viewer)
    if sieve is None:
        return status
    return with_results(status, views[0], sieve, viewer_id=viewer, place=place, now=utc_now())


async def _conversation(services: Services, sieves: Sieves, happening: Happening) -> str | None:
    """The conversation as its owner sees it, unless it has gone out of sight."""
    owner, to = happening.account_id, addresses(services)
    async with services.db.connection() as db:
        try:
            one = await conversations.one(db, owner, ConversationId(happening.id))
        except NotFound:
            return None
        people = await accounts.by_ids(db, [*one.with_ids, owner])
        last = await _seen_by(db, sieves, one.last_post_id, owner, None, to)
    return _encode(present_conversation(one, people, last, to, own_id=owner)).decode()


class Answered(msgspec.Struct, frozen=True):
    """How many chose an emoji under an announcement."""

    name: str
    count: int
    announcement_id: str


async def _announcement(services: Services, happening: Happening) -> str | None:
    """The announcement, or the number of those who chose an emoji under it; None when it is not announced any more."""
    async with services.db.connection() as db:
        one = await moderation.announcements.told(db, happening.id, now=utc_now())
    if one is None:
        return None
    if happening.kind == "announced":
        return _encode(present_announcement(one, addresses(services))).decode()
    count = sum(each.count for each in one.reactions if each.name == happening.word)
    return _encode(Answered(happening.word, count, str(one.id))).decode()


async def _notification(services: Services, sieves: Sieves, happening: Happening) -> str | None:
    """The notification as its receiver sees it, unless it has gone out of sight."""
    receiver, to = happening.account_id, addresses(services)
    async with services.db.connection() as db:
        try:
            one = await notifications.one(db, receiver, NotificationId(happening.id))
        except NotFound:
            return None
        about: dict[PostId, Status] = {}
        if one.post_id is not None:
            status = await _seen_by(db, sieves, one.post_id, receiver, "notifications", to)
            if status is not None:
                about[one.post_id] = status
        warned = [] if one.restriction_id is None else [one.restriction_id]
        restrictions = await moderation.restrictions(db, warned)
    shown = present_notification(one, about, to, restrictions)
    return None if shown is None else _encode(shown).decode()
