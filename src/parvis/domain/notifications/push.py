"""Delivery by web push: one job for each notification and subscription, which decides again what may be said."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import structlog

from parvis.base.errors import NotFound, TooMany, Unavailable
from parvis.base.ids import AccountId, NotificationId
from parvis.domain import posts
from parvis.domain.notifications import push_queries as queries
from parvis.domain.notifications import read, wording
from parvis.domain.notifications.calling import call
from parvis.domain.notifications.subscriptions import sealed_about, unsubscribe_key
from parvis.domain.notifications.types import Notification
from parvis.domain.posts import PostView
from parvis.domain.relationships.sieves import Sieves, Words
from parvis.infra import sealing, web_push
from parvis.infra.catalogues import catalogue_of, known_locale
from parvis.infra.destinations import Refused
from parvis.infra.jobs import NewJob
from parvis.infra.postgres import Connection, Row
from parvis.infra.rate_limits import PUSHES
from parvis.infra.services import Services
from parvis.infra.storage import media_url

log = structlog.get_logger(__name__)

PUSH_JOB = "notifications.push"
MOST_FAILURES = 9  # of one message, with growing pauses: about ten minutes
HOPELESS_AFTER = timedelta(days=7)

# The message is the client API's, so its kinds are said in that language: the one place outside `api` where they are.
_TYPES = {"post": "status", "repost": "reblog", "edit": "update", "quoted_edit": "quoted_update"}


class Delivery(msgspec.Struct, frozen=True):
    """What a job is to bring to whom."""

    account_id: AccountId
    subscription_id: int
    notification_id: NotificationId


class Payload(msgspec.Struct, frozen=True):
    """What apps find inside the message."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


def job(account: AccountId, subscription_id: int, notification_id: NotificationId) -> NewJob:
    """The job that brings the notification to that subscription."""
    return NewJob(PUSH_JOB, Delivery(account, subscription_id, notification_id))


async def deliver(services: Services, what: Delivery, *, failures: int, now: datetime) -> None:
    """The app has the message, unless the world has moved on since it was decided.

    Raises: Unavailable when another try may succeed; after `MOST_FAILURES` it is given up in silence.
    """
    found = await _found(services, what, now)
    if found is None:
        return
    row, one, post = found
    try:
        services.limits.hit(PUSHES, str(what.account_id))
    except TooMany:
        log.info("push.too_many", account_id=what.account_id)
        return
    try:
        await _send(services, what, row, one, post, now)
    except Unavailable:
        async with services.db.connection() as db:
            await queries.failed(db, what.account_id, what.subscription_id, now, now - HOPELESS_AFTER)
        if failures < MOST_FAILURES:
            raise
        log.info("push.given_up", account_id=what.account_id, subscription_id=what.subscription_id)


async def _found(services: Services, what: Delivery, now: datetime) -> tuple[Row, Notification, PostView | None] | None:
    """Subscription, notification and post, while token, sight, policy and filters allow it (cases A8 and C5)."""
    async with services.db.connection() as db:
        row = await queries.live(db, what.account_id, what.subscription_id)
        if row is None:
            return None
        try:
            one = await read.one(db, what.account_id, what.notification_id)
        except NotFound:
            return None
        wanted = [one.post_id] if one.post_id is not None else []
        views = await posts.views(db, wanted, viewer_id=what.account_id)
        if one.filtered or len(views) < len(wanted) or (views and await _is_hidden(db, what.account_id, views[0], now)):
            return None
    return row, one, views[0] if views else None


async def _is_hidden(db: Connection, account_id: AccountId, post: PostView, now: datetime) -> bool:
    """Whether a keyword filter keeps the post out of the account's notifications; one's own meet none."""
    shown = post.shown
    if post.filter_version is None or shown.author.id == account_id:
        return False
    sieve = await Sieves().of(db, account_id, post.filter_version)
    found = sieve.matches(Words(posts.readable(shown)), list({post.id, shown.id}), place="notifications", now=now)
    return any(one.filter.action == "hide" for one in found)


async def _send(
    services: Services, what: Delivery, row: Row, one: Notification, post: PostView | None, now: datetime
) -> None:
    key = unsubscribe_key(services.secrets, what.account_id, what.subscription_id)
    try:
        refusal = await call(
            services,
            row["endpoint"],
            web_push.Receiver(row["point"], row["auth"]),
            _text(services, row, one, post),
            standard=row["standard"],
            headers={"Unsubscribe-URL": f"{services.settings.public_origin}/api/web/push_subscriptions/{key}"},
            now=now,
        )
    except (Refused, sealing.BrokenSeal):
        await _forget(services, what, row, "refused")
        return
    if refusal is not None:
        await _forget(services, what, row, str(refusal))
    elif row["failing_since"] is not None:
        async with services.db.connection() as db:
            await queries.arrived(db, what.account_id, what.subscription_id)


async def _forget(services: Services, what: Delivery, row: Row, reason: str) -> None:
    async with services.db.connection() as db:
        await queries.delete(db, what.account_id, what.subscription_id, endpoint=row["endpoint"])
    log.info("push.subscription_gone", account_id=what.account_id, reason=reason)


def _text(services: Services, row: Row, one: Notification, post: PostView | None) -> bytes:
    settings = services.settings
    locale = known_locale(row["locale"])
    key = one.person.avatar_key
    payload = Payload(
        access_token=sealing.unseal(services.secrets, row["token"], about=sealed_about(row["token_id"])),
        preferred_locale=row["locale"],
        notification_id=one.id,
        notification_type=_TYPES.get(one.kind, one.kind),
        icon=media_url(settings.public_origin, key)
        if key
        else f"{settings.public_origin}/avatars/original/missing.png",
        title=wording.title(one, catalogue_of(locale), settings.post_name),
        body=wording.body(one, post),
    )
    text = msgspec.json.encode(payload)
    if len(text) > web_push.LONGEST_TEXT_BYTES:  # letters with very many marks: 140 of them fill pages
        text = msgspec.json.encode(msgspec.structs.replace(payload, title=one.person.handle, body=""))
    return text
