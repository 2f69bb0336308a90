"""Every kind of job, and the function that does it."""

from __future__ import annotations

import msgspec

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain import accounts, admission, belongings, links, media, moderation, notifications, posts
from parvis.infra.queue import Job
from parvis.infra.services import Services
from parvis.worker import consumers, schedules
from parvis.worker.handlers import Handler, Router

LETTERS_AT_ONCE = 4  # a mail service that answers slowly must not hold up everything else
PAGES_AT_ONCE = 4
PUSHES_AT_ONCE = 6  # nor must push services


def all_kinds(*, transcodings: int = 1) -> dict[str, Handler | Router]:
    """The table kind → how to run it. `transcodings`: how many videos are worked on at once in the whole cluster."""
    return {
        **consumers.handlers(),
        **schedules.handlers(),
        posts.ENDING: Handler(end_poll),
        posts.scheduled.PUBLISHING: Handler(publish_scheduled),
        links.FETCHING: Handler(look_at_page, limit=PAGES_AT_ONCE, time_limit_s=60),
        notifications.PUSH_JOB: Handler(push, limit=PUSHES_AT_ONCE, time_limit_s=30),
        media.TRANSCODE_JOB: Handler(transcode, limit=transcodings, here=1, time_limit_s=3 * 3600),
        belongings.bring.IMPORT_JOB: Handler(take_in, limit=2, time_limit_s=3600),
        belongings.archive.ARCHIVE_JOB: Handler(make_archive, limit=1, time_limit_s=3600),
        belongings.leave.ERASE_JOB: Handler(erase, limit=2, time_limit_s=3600),
        accounts.CONFIRMATION_JOB: Handler(send_confirmation, limit=LETTERS_AT_ONCE),
        accounts.RESET_JOB: Handler(send_reset, limit=LETTERS_AT_ONCE, private=True),
        moderation.STATEMENT_JOB: Handler(send_statement, limit=LETTERS_AT_ONCE),
        moderation.OUTCOME_JOB: Handler(send_outcome, limit=LETTERS_AT_ONCE),
        admission.CALL_JOB: Handler(send_call, limit=LETTERS_AT_ONCE),
        admission.PUSH_JOB: Handler(push_call, limit=PUSHES_AT_ONCE, time_limit_s=30),
        admission.FOLLOW_JOB: Handler(follow_chosen),
    }


async def end_poll(services: Services, job: Job) -> None:
    """Those who voted will hear of the poll's end."""
    author, post_id = AccountId(job.data["author_id"]), PostId(job.data["post_id"])
    async with services.db.transaction() as tx:
        await posts.end_poll(tx, author, post_id, now=utc_now())


async def publish_scheduled(services: Services, job: Job) -> None:
    """The post for later is published, if it is due."""
    author, scheduled_id = AccountId(job.data["account_id"]), job.data["scheduled_id"]
    await posts.scheduled.publish_scheduled(services, author, scheduled_id, now=utc_now())


async def look_at_page(services: Services, job: Job) -> None:
    """Posts that name the page show its preview, if it has one."""
    what = msgspec.json.decode(job.payload, type=links.Fetch)
    card_id = await links.look(services, what, now=utc_now(), anew=job.times_lost > 0)
    if card_id is not None:
        async with services.db.transaction() as tx:
            await posts.show_card(tx, what.link_id, card_id)


async def transcode(services: Services, job: Job) -> None:
    """The video can be watched in every size, or its owner knows why not."""
    owner, media_id = AccountId(job.data["account_id"]), MediaId(job.data["media_id"])
    if job.times_lost:
        # A job that was lost runs alone, lest it take others down with it. This one works in a process of its own, for
        # minutes; so it is counted here how often its worker died, and everything else goes on.
        await media.transcode_again(services, owner, media_id, lost=job.data.get("lost", 0) + job.times_lost)
        return
    await media.transcode(services, owner, media_id, failures=job.failures, follow=posts.follow_media)
    await posts.settle_files_of(services, owner, media_id)  # it may have been withheld while it was made


async def push(services: Services, job: Job) -> None:
    """The app has heard of the notification."""
    what = msgspec.json.decode(job.payload, type=notifications.Delivery)
    await notifications.deliver(services, what, failures=job.failures, now=utc_now())


async def take_in(services: Services, job: Job) -> None:
    """What somebody brought from another place is theirs here."""
    await belongings.bring.take_in(services, AccountId(job.data["account_id"]), job.data["import_id"], now=utc_now())


async def make_archive(services: Services, job: Job) -> None:
    """Somebody can fetch all that they wrote."""
    await belongings.archive.make(services, AccountId(job.data["account_id"]), job.data["archive_id"], now=utc_now())


async def erase(services: Services, job: Job) -> None:
    """Nothing is left of an account that was closed."""
    await belongings.leave.erase(services, AccountId(job.data["account_id"]), now=utc_now())


async def send_confirmation(services: Services, job: Job) -> None:
    """The account's address has its letter."""
    await accounts.send_confirmation(services, AccountId(job.data["account_id"]), now=utc_now())


async def send_reset(services: Services, job: Job) -> None:
    """Whoever has that address has a letter."""
    await accounts.send_reset(services, bytes.fromhex(job.data["email_hash"]), now=utc_now())


async def send_statement(services: Services, job: Job) -> None:
    """Whoever is restricted, or not any more, has a letter with the reasons."""
    await moderation.send_statement(services, job.data["restriction_id"], job.data["what"])


async def send_outcome(services: Services, job: Job) -> None:
    """Whoever made a report has a letter about what became of it."""
    await moderation.send_outcome(services, job.data["report_id"])


async def send_call(services: Services, job: Job) -> None:
    """Whoever waited knows that it is their turn."""
    await admission.send_call(services, job.data["receipt_id"], now=utc_now())


async def push_call(services: Services, job: Job) -> None:
    """The browser of whoever waited shows that it is their turn."""
    await admission.push_call(services, job.data["receipt_id"], failures=job.failures, now=utc_now())


async def follow_chosen(services: Services, job: Job) -> None:
    """Whoever has come in follows whom they chose while they waited."""
    await admission.follow_chosen(services, job.data["receipt_id"], now=utc_now())
