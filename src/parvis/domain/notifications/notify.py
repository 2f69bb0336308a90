"""From events to notifications. Idempotent: the same event again tells nobody twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base import events as happened
from parvis.base.ids import AccountId, NotificationId, PostId
from parvis.domain.notifications import push, queries, rules
from parvis.domain.notifications.types import Kind
from parvis.infra import events, jobs
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


async def notify(services: Services, event: happened.Event, *, now: datetime) -> None:
    """Everybody whom the event concerns has a notification; open connections and apps will hear of it."""
    async with services.db.transaction() as tx:
        match event:
            case happened.PostPublished(post_id=post, author_id=author):
                told = await queries.mentioned_in(tx, AccountId(author), PostId(post))
                await _tell(services, tx, "mention", author, post, told, now)
                alerted = await queries.alerted_followers(tx, AccountId(author), PostId(post))
                await _tell(services, tx, "post", author, post, [a for a in alerted if a not in told], now)
                quoted = await queries.quoted_by(tx, AccountId(author), PostId(post))
                await _tell(services, tx, "quote", author, post, quoted, now)
            case happened.PostEdited(post_id=post, author_id=author):
                told = await queries.mentioned_in(tx, AccountId(author), PostId(post))
                await _tell(services, tx, "mention", author, post, told, now)
                version = await queries.version_of(tx, AccountId(author), PostId(post))
                reposters = await queries.reposters_of(tx, PostId(post))
                await _tell(services, tx, "edit", author, post, reposters, now, again=version)
                for quoter, quoting in await queries.quoters_of(tx, PostId(post)):
                    await _tell(services, tx, "quoted_edit", author, quoting, [quoter], now, again=version)
            case happened.PollEnded(post_id=post, author_id=author):
                voters = await queries.voters_in(tx, PostId(post))
                await _tell(services, tx, "poll", author, post, [*voters, AccountId(author)], now, to_oneself=True)
            case happened.PostReposted(author_id=by, original_id=post, original_author_id=author):
                await _tell(services, tx, "repost", by, post, [AccountId(author)], now)
            case happened.PostFavourited(post_id=post, author_id=author, by_id=by):
                await _tell(services, tx, "favourite", by, post, [AccountId(author)], now)
            case happened.Followed(account_id=by, target_id=target):
                await _tell(services, tx, "follow", by, None, [AccountId(target)], now)
            case happened.FollowRequested(account_id=by, target_id=target):
                asked = await queries.request_between(tx, AccountId(by), AccountId(target))
                told = [AccountId(target)] if asked is not None else []  # withdrawn or answered meanwhile
                await _tell(services, tx, "follow_request", by, None, told, now, again=asked)
            case happened.AccountWarned(account_id=account, restriction_id=restriction):
                warned = [AccountId(account)]
                await _tell(
                    services, tx, "moderation_warning", account, None, warned, now,
                    again=restriction, to_oneself=True, restriction_id=restriction,
                )  # fmt: skip
            case _:
                pass


async def _tell(
    services: Services,
    tx: Connection,
    kind: Kind,
    from_id: int,
    post_id: int | None,
    receivers: Sequence[AccountId],
    now: datetime,
    *,
    again: int | None = None,
    to_oneself: bool = False,
    restriction_id: int | None = None,
) -> None:
    """`again`: what makes this occasion another than the last. `to_oneself`: the sender is told as well."""
    if not receivers:
        return
    sender, post = AccountId(from_id), PostId(post_id) if post_id is not None else None
    rows: list[tuple[AccountId, NotificationId, str]] = []
    for receiver in receivers:
        unique = services.ids.next_small()
        rows.append((receiver, NotificationId(unique), rules.group_key(kind, post, now, unique)))
    added = await queries.insert(
        tx,
        kind=kind,
        from_id=sender,
        post_id=post,
        dedupe_key=rules.dedupe_key(kind, sender, post, again),
        to_oneself=to_oneself,
        restriction_id=restriction_id,
        rows=rows,
        now=now,
    )
    await events.record(
        tx, *(happened.NotificationAdded(account_id=row["account_id"], notification_id=row["id"]) for row in added)
    )
    await jobs.enqueue_many(
        tx, [push.job(row["account_id"], one, row["id"]) for row in added for one in row["subscriptions"]]
    )
