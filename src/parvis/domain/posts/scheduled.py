"""Posts for later: kept as drafts, published by a job when they are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from parvis.base.errors import Forbidden, Invalid, InvalidFields, NotFound, Problem
from parvis.base.ids import AccountId, IdSource, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.accounts.types import State, Viewer
from parvis.domain.media import keeping
from parvis.domain.posts import rules
from parvis.domain.posts import scheduled_queries as queries
from parvis.domain.posts.publish import key_taken, publish, published_by
from parvis.domain.posts.types import Attachment, Draft
from parvis.infra import jobs
from parvis.infra.catalogues import later
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

PUBLISHING = "post.publish_scheduled"
SOONEST = timedelta(minutes=5)
LATEST = timedelta(days=5 * 366)
MOST_SCHEDULED = 300
MOST_A_DAY = 25
BARRED = later("Your account was frozen or suspended at that time.")
_KEPT_LONGER = timedelta(days=7)  # pictures of a post that could not be published can still be looked at


class Scheduled(msgspec.Struct, frozen=True):
    """A post for later. `problem`: why it could not be published when it was due; it stays until its author acts.

    `wrong`: the same, where it was a field that could not be accepted.
    """

    id: int
    due_at: datetime
    draft: Draft
    attachments: list[Attachment]
    key: str | None
    app_id: int | None
    problem: str | None
    wrong: Invalid | None = None


async def schedule(
    tx: Connection,
    ids: IdSource,
    author: Viewer,
    *,
    draft: Draft,
    due_at: datetime,
    limits: rules.Limits,
    now: datetime,
    idempotency_key: str | None = None,
) -> Scheduled | PostId:
    """The post will be published then; the same key again gives the same one, or the post once it was published.

    Raises: Invalid for a draft that could not be published, a time too near or too far, or one too many.
    """
    assert author.account_id is not None
    me = author.account_id
    await queries.locked(tx, me)  # before the key is looked up: the same request may be on its way twice
    draft = rules.check_draft(draft, limits)
    if idempotency_key and (known := await queries.scheduled_by_key(tx, me, idempotency_key)) is not None:
        before = await one(tx, me, known)
        if rules.body_hash(before.draft) != rules.body_hash(draft):
            raise key_taken()
        return before
    if idempotency_key and (published := await published_by(tx, me, idempotency_key, draft)) is not None:
        return published
    _check_time(due_at, now)
    await _check_number(tx, me, due_at)
    await keeping.keep(tx, me, draft.media_ids, until=due_at + _KEPT_LONGER)
    new_id = ids.next()
    await queries.new_scheduled(tx, me, new_id, due_at, to_json(draft), idempotency_key, author, now)
    await _enqueue(tx, me, new_id, due_at)
    return await one(tx, me, new_id)


async def reschedule(
    tx: Connection, author: AccountId, scheduled_id: int, *, due_at: datetime, now: datetime
) -> Scheduled:
    """The post will be published at another time. Raises: NotFound; Invalid as for a new one."""
    before = await one(tx, author, scheduled_id)
    _check_time(due_at, now)
    await queries.locked(tx, author)
    if due_at.date() != before.due_at.date():
        await _check_number(tx, author, due_at)
    await queries.scheduled_moved(tx, author, scheduled_id, due_at)
    await keeping.keep(tx, author, before.draft.media_ids, until=due_at + _KEPT_LONGER)
    await _enqueue(tx, author, scheduled_id, due_at)
    return await one(tx, author, scheduled_id)


async def cancel(tx: Connection, author: AccountId, scheduled_id: int, *, now: datetime) -> None:
    """The post will not be published. Raises: NotFound."""
    before = await one(tx, author, scheduled_id)
    await queries.scheduled_deleted(tx, author, scheduled_id)
    await keeping.let_go(tx, author, before.draft.media_ids, now=now)


async def one(db: Connection, author: AccountId, scheduled_id: int) -> Scheduled:
    """Raises: NotFound, also for somebody else's."""
    row = await queries.scheduled_by_id(db, author, scheduled_id)
    if row is None:
        raise NotFound
    return (await _with_media(db, author, [row]))[0]


async def of(db: Connection, author: AccountId, page: PageRequest) -> Page[Scheduled]:
    """The account's posts for later, the latest written first."""
    rows = await queries.scheduled(db, author, page)
    if not rows:
        return Page([])
    return Page(await _with_media(db, author, rows), rows[0]["id"], rows[-1]["id"], more=len(rows) >= page.limit)


async def publish_scheduled(services: Services, author: AccountId, scheduled_id: int, *, now: datetime) -> None:
    """The post is published if it is due, or its author can see why not. Done twice, it is there once."""
    try:
        async with services.db.transaction() as tx:
            await _publish(tx, services, author, scheduled_id, now)
    except Problem as problem:
        async with services.db.transaction() as tx:
            wrong = _wrong(problem)
            field, code = (wrong.field, wrong.code) if wrong else (None, None)
            await queries.scheduled_failed(tx, author, scheduled_id, problem.message, field, code)


def _wrong(problem: Problem) -> Invalid | None:
    """The first field that could not be accepted, if that is the matter."""
    if isinstance(problem, InvalidFields):
        return problem.problems[0]
    return problem if isinstance(problem, Invalid) else None


async def _publish(tx: Connection, services: Services, author: AccountId, scheduled_id: int, now: datetime) -> None:
    row = await queries.scheduled_locked(tx, author, scheduled_id)
    if row is None or row["due_at"] > now:
        return  # published, taken back or moved meanwhile
    if row["frozen"] or row["state"] >= State.SUSPENDED:
        raise Forbidden(BARRED)
    settings = services.settings
    await publish(
        tx,
        services.ids,
        Viewer(account_id=author, handle=row["handle"], app_name=row["app_name"], app_website=row["app_website"]),
        draft=from_json(row["draft"], Draft),
        limits=rules.Limits(settings.post_characters),
        domain=settings.domain,
        now=now,
        idempotency_key=row["key"],
        post_id=PostId(services.ids.next()),
    )
    await queries.scheduled_deleted(tx, author, scheduled_id)


async def _enqueue(tx: Connection, author: AccountId, scheduled_id: int, due_at: datetime) -> None:
    payload = {"account_id": author, "scheduled_id": scheduled_id}
    key = f"{scheduled_id}:{int(due_at.timestamp())}"
    await jobs.enqueue(tx, PUBLISHING, payload, due_at=due_at, dedupe_key=key)


def _check_time(due_at: datetime, now: datetime) -> None:
    if not now + SOONEST <= due_at <= now + LATEST:
        raise Invalid(
            "scheduled_at", "Validation failed: Scheduled at must be at least 5 minutes in the future", "too_soon"
        )


async def _check_number(tx: Connection, author: AccountId, due_at: datetime) -> None:
    day = due_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    altogether, that_day = await queries.scheduled_counts(tx, author, day, day + timedelta(days=1))
    if altogether >= MOST_SCHEDULED:
        raise Invalid("base", f"Validation failed: You can schedule at most {MOST_SCHEDULED} posts", "too_many")
    if that_day >= MOST_A_DAY:
        raise Invalid("base", f"Validation failed: You can schedule at most {MOST_A_DAY} posts for a day", "too_many")


def _wrong_of(row: Row) -> Invalid | None:
    if row["problem_field"] is None:
        return None
    return Invalid(row["problem_field"], row["problem"], row["problem_code"])


async def _with_media(db: Connection, author: AccountId, rows: list[Row]) -> list[Scheduled]:
    drafts = [from_json(row["draft"], Draft) for row in rows]
    found = await keeping.attachable(db, author, [one for draft in drafts for one in draft.media_ids])
    return [
        Scheduled(
            row["id"],
            row["due_at"],
            draft,
            [found[i] for i in draft.media_ids if i in found],
            row["key"],
            row["app_id"],
            row["problem"],
            _wrong_of(row),
        )
        for row, draft in zip(rows, drafts, strict=True)
    ]
