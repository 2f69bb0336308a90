"""Who hears of what has happened: the table event → functions.

The router turns one `event` job into one job a consumer, so that each retries and fails alone. An event may arrive
twice and late: consumers look at the present state and do not mind what is already done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from parvis.base import events as happened
from parvis.base.clock import utc_now
from parvis.base.events import Event
from parvis.base.ids import AccountId, PostId
from parvis.domain import media, moderation, notifications, posts, search, timelines
from parvis.domain.timelines import conversations
from parvis.infra import events, jobs
from parvis.infra.jobs import NewJob
from parvis.infra.news import account_subject, author_subject
from parvis.infra.queue import Job, Queue
from parvis.infra.services import Services
from parvis.worker.handlers import Handler, Router

PATIENCE_S = 3.0  # for others who move files of the same owner
BUSY_FOR = timedelta(seconds=30)
MOST_PUT_OFF = 240

Consumer = Callable[[Services, Event], Awaitable[None]]


async def tell(services: Services, event: Event) -> None:
    """Open connections in every process hear of it, those that are there."""
    match event:
        case (
            happened.PostPublished()
            | happened.PostEdited()
            | happened.QuoteChanged()
            | happened.PostRemoved()
            | happened.PostWithheld()
            | happened.PostReposted()
        ):
            subject = author_subject(event.author_id)
        case happened.AnnouncementMade() | happened.AnnouncementWithdrawn() | happened.AnnouncementAnswered():
            subject = account_subject(0)  # every process hears every shard
        case _:
            subject = account_subject(event.account_id)  # type: ignore[attr-defined]
    await services.news.publish(subject, events.encode(event).encode())


async def fan_out(services: Services, event: Event) -> None:
    """The post is in its readers' home rows."""
    assert isinstance(event, happened.PostPublished | happened.PostReposted)
    await timelines.fan_out(services, author=AccountId(event.author_id), post_id=PostId(event.post_id), now=utc_now())


async def notify(services: Services, event: Event) -> None:
    """Whom it concerns has a notification."""
    await notifications.notify(services, event, now=utc_now())


async def end_push(services: Services, event: Event) -> None:
    """The token's push subscription is gone with it."""
    assert isinstance(event, happened.TokenRevoked)
    async with services.db.transaction() as tx:
        await notifications.unsubscribe(tx, AccountId(event.account_id), event.token_id)


async def backfill(services: Services, event: Event) -> None:
    """The newly followed author's posts are in the follower's home rows."""
    assert isinstance(event, happened.Followed)
    await timelines.backfill(services, reader=AccountId(event.account_id), author=AccountId(event.target_id))


async def forget_author(services: Services, event: Event) -> None:
    """The posts of somebody no longer followed are out of the home rows."""
    assert isinstance(event, happened.Unfollowed)
    await timelines.forget(services, reader=AccountId(event.account_id), author=AccountId(event.target_id))


async def forget_post(services: Services, event: Event) -> None:
    """The removed post is out of everybody's home rows."""
    assert isinstance(event, happened.PostRemoved)
    await timelines.forget_post(services, author=AccountId(event.author_id), post_id=PostId(event.post_id))


async def converse(services: Services, event: Event) -> None:
    """A post for mentioned people is in the conversations of those whom it concerns, and out when it is gone."""
    assert isinstance(
        event,
        happened.PostAddressed
        | happened.PostEdited
        | happened.PostRemoved
        | happened.PostWithheld
        | happened.PostRestored,
    )
    await conversations.converse(services, author=AccountId(event.author_id), post_id=PostId(event.post_id))


async def purge_pictures(services: Services, event: Event) -> None:
    """The removed post's pictures are out of the store, unless moderators need them as evidence; or they will be once
    nobody else moves files of their owner: whoever waits for that holds up everybody else's."""
    assert isinstance(event, happened.PostRemoved)
    author, post_id, now = AccountId(event.author_id), PostId(event.post_id), utc_now()
    try:
        await moderation.evidence.purge_pictures(services, author, post_id, now=now, within_s=PATIENCE_S)
    except media.FilesBusy:  # a new job, since one that failed twelve times is given up, and a film takes its time
        if event.put_off >= MOST_PUT_OFF:  # two hours: somebody should know
            raise
        later = msgspec.structs.replace(event, put_off=event.put_off + 1)
        async with services.db.transaction() as tx:
            await jobs.enqueue(tx, kind_of(purge_pictures), later, due_at=now + BUSY_FOR)


async def settle_files(services: Services, event: Event) -> None:
    """Nobody reaches the files of what is withheld; everybody those of what is back."""
    assert isinstance(event, happened.PostWithheld | happened.PostRestored)
    await posts.settle_files(services, AccountId(event.author_id), PostId(event.post_id))


async def settle_edited(services: Services, event: Event) -> None:
    """Nobody reaches what was added to a post that is withheld."""
    assert isinstance(event, happened.PostEdited | happened.PostFilesAdded)
    await posts.settle_added(services, AccountId(event.author_id), PostId(event.post_id))


async def settle_account(services: Services, event: Event) -> None:
    """Nobody reaches the files of somebody suspended; everybody those of somebody who is back."""
    assert isinstance(event, happened.AccountHidden)
    await posts.settle_files_of_account(services, AccountId(event.account_id))


async def sweep_reposts(services: Services, event: Event) -> None:
    """The removed post's reposts are gone too."""
    assert isinstance(event, happened.PostRemoved)
    more = True
    while more:
        async with services.db.transaction() as tx:
            more = await posts.sweep(tx, PostId(event.post_id), now=utc_now())


async def index(services: Services, event: Event) -> None:
    """The post's words can be found, and the page it names will be looked at."""
    assert isinstance(
        event, happened.PostPublished | happened.PostEdited | happened.PostWithheld | happened.PostRestored
    )
    post_id, private = PostId(event.post_id), services.settings.allow_private_addresses
    async with services.db.transaction() as tx:
        await posts.want_preview(tx, services.ids, post_id, private=private, now=utc_now())
        await search.index_posts(tx, [post_id])


async def forget_words(services: Services, event: Event) -> None:
    """The removed post's words are out of the index, and it names no page any more."""
    assert isinstance(event, happened.PostRemoved)
    async with services.db.transaction() as tx:
        await posts.forget_preview(tx, AccountId(event.author_id), PostId(event.post_id))
        await search.forget_post(tx, AccountId(event.author_id), PostId(event.post_id))


async def index_account(services: Services, event: Event) -> None:
    """The account can be found by what it says of itself."""
    assert isinstance(event, happened.AccountCreated | happened.AccountChanged)
    async with services.db.transaction() as tx:
        await search.index_accounts(tx, [AccountId(event.account_id)])


CONSUMERS: Mapping[type[Event], tuple[Consumer, ...]] = {
    happened.PostPublished: (tell, fan_out, notify, index),
    happened.PostAddressed: (converse,),
    happened.PostReposted: (tell, fan_out, notify),
    happened.PostEdited: (tell, notify, converse, index, settle_edited),
    happened.QuoteChanged: (tell,),
    happened.PollEnded: (notify,),
    happened.PostRemoved: (tell, forget_post, purge_pictures, sweep_reposts, converse, forget_words),
    happened.PostWithheld: (tell, converse, index, settle_files),
    happened.PostRestored: (converse, index, settle_files),
    happened.PostFilesAdded: (settle_edited,),
    happened.PostFavourited: (notify,),
    happened.Followed: (tell, backfill, notify),
    happened.FollowRequested: (notify,),
    happened.Unfollowed: (forget_author,),
    happened.TagFollowed: (tell,),
    happened.ConversationChanged: (tell,),
    happened.NotificationAdded: (tell,),
    happened.AccountCreated: (index_account,),
    happened.AccountChanged: (tell, index_account),
    happened.AccountWarned: (notify,),
    happened.AccountHidden: (settle_account,),
    happened.TokenRevoked: (tell, end_push),
    happened.SessionEnded: (tell,),
    happened.AnnouncementMade: (tell,),
    happened.AnnouncementWithdrawn: (tell,),
    happened.AnnouncementAnswered: (tell,),
}

# The files of a film, or of everything that somebody has posted, are moved one by one: in a bucket that takes its time. So
# does waiting for whoever moves others of the same owner, but for what is removed.
_MOVING = frozenset({settle_files, settle_edited, settle_account, purge_pictures})
_MOVES_AT_ONCE = 2
_MOVING_S = 3600.0
# Jobs outlive the program that made them: a consumer keeps its name, or what it was once called stands here.
ONCE_CALLED: Mapping[str, Consumer] = {"consume.settle_added": settle_edited}
_TELLING = -5  # what people wait for goes before what can wait


def kind_of(consumer: Consumer) -> str:
    """The kind of job that runs this consumer."""
    return f"consume.{consumer.__name__}"


def handlers(table: Mapping[type[Event], Sequence[Consumer]] = CONSUMERS) -> dict[str, Handler | Router]:
    """The kinds of job that events become."""
    found: dict[str, Handler | Router] = {"event": router(table)}
    for consumers in table.values():
        for consumer in consumers:
            found[kind_of(consumer)] = _handler(consumer)
    return found | {kind: _handler(consumer) for kind, consumer in ONCE_CALLED.items()}


def _handler(consumer: Consumer) -> Handler:
    if consumer in _MOVING:
        return Handler(_consuming(consumer), limit=_MOVES_AT_ONCE, time_limit_s=_MOVING_S)
    return Handler(_consuming(consumer))


def router(table: Mapping[type[Event], Sequence[Consumer]]) -> Router:
    """Turns events into one job a consumer, all in one statement with the end of the event's own job."""

    async def route(queue: Queue, jobs: list[Job]) -> None:
        await queue.replace({job: _followers(table, job) for job in jobs})

    return Router(route)


def _followers(table: Mapping[type[Event], Sequence[Consumer]], job: Job) -> list[NewJob]:
    """What the event becomes. A removed post may have any number of reposts, none of which has pictures to be removed."""
    event = events.decode(job.payload)
    return [
        NewJob(kind_of(consumer), event, priority=_TELLING if consumer is tell else 0)
        for consumer in table.get(type(event), ())
        if not (consumer is purge_pictures and isinstance(event, happened.PostRemoved) and event.is_repost)
    ]


def _consuming(consumer: Consumer) -> Callable[[Services, Job], Awaitable[None]]:
    async def consume(services: Services, job: Job) -> None:
        await consumer(services, events.decode(job.payload))

    return consume
