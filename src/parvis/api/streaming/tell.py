"""What happened, in the words of the client API. Each wording is made once, however many hear it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.notification import present_notification
from parvis.api.entities.status import present_status
from parvis.api.streaming.channels import Channel
from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, NotificationId
from parvis.domain import notifications, posts
from parvis.domain.accounts.types import Viewer
from parvis.domain.timelines import HOME, Audience, Happening, Key, Listener
from parvis.domain.timelines.listeners import Door
from parvis.infra.services import Services

Form = Literal["socket", "server-sent"]
_EVENTS = {"published": "update", "edited": "status.update", "removed": "delete", "notified": "notification"}
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


async def deliver(services: Services, happening: Happening, audience: Audience) -> None:
    """Every client has been given a frame for each of its channels on which this belongs."""
    if happening.kind == "removed":
        _hand_out(happening, audience, lambda _: str(happening.id))
    elif happening.kind == "notified":
        payload = await _notification(services, happening)
        if payload is not None:
            _hand_out(happening, audience, lambda _: payload)
    else:
        payloads = await _statuses(services, happening, audience)
        _hand_out(happening, audience, payloads.get)


def _hand_out(happening: Happening, audience: Audience, payload_for: Callable[[AccountId | None], str | None]) -> None:
    event = _EVENTS[happening.kind]
    made: dict[tuple[object, ...], str | bytes] = {}
    for client, streams in audience:
        assert isinstance(client, Client)
        for channel in client.channels.values():
            here = channel.streams.intersection(streams)
            # On a page of one's own the status has the viewer's keys, on public ones it has none.
            payload = payload_for(client.account_id if HOME in here else None) if here else None
            if payload is None:
                continue
            key = (client.form, channel.label, id(payload))
            if key not in made:
                made[key] = framed(client.form, channel.label, event, payload)
            client.put(made[key])


async def _statuses(services: Services, happening: Happening, audience: Audience) -> dict[AccountId | None, str]:
    """Viewer (None: whoever) → the status as they see it."""
    viewers: set[AccountId | None] = set()
    for listener, streams in audience:
        if HOME in streams:
            viewers.add(listener.account_id)
        if any(stream != HOME for stream in streams):
            viewers.add(None)
    async with services.db.connection() as db:
        looks = await posts.looks(db, happening.post_id, happening.account_id, list(viewers))
    to = addresses(services)
    found: dict[AccountId | None, str] = {}
    for look in looks:
        payload = _encode(present_status(look.view, to, viewer_id=look.viewers[0])).decode()
        found.update(dict.fromkeys(look.viewers, payload))
    return found


async def _notification(services: Services, happening: Happening) -> str | None:
    """The notification as its receiver sees it, unless it has gone out of sight."""
    receiver = happening.account_id
    async with services.db.connection() as db:
        try:
            one = await notifications.one(db, receiver, NotificationId(happening.id))
        except NotFound:
            return None
        wanted = [one.post_id] if one.post_id is not None else []
        views = await posts.views(db, wanted, viewer_id=receiver)
    to = addresses(services)
    shown = present_notification(one, {v.id: present_status(v, to, viewer_id=receiver) for v in views}, to)
    return None if shown is None else _encode(shown).decode()
