"""Statuses: publish, read, delete, react, thread."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.scheduled import ScheduledStatus, present_scheduled
from parvis.api.entities.status import (
    BY_NAME,
    QUOTE_POLICIES,
    REPLY_POLICIES,
    Context,
    Status,
    StatusSource,
    present_status,
)
from parvis.api.paging import Paging, page_of_statuses, statuses
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.base.pages import Page
from parvis.domain import accounts, media, moderation, posts
from parvis.domain.posts.types import Draft, PollDraft, QuotePolicy, ReplyPolicy, Visibility
from parvis.infra.doors import READING, SHARED_S

READ = ("read:statuses",)
WRITE = ("write:statuses",)


class NewPoll(msgspec.Struct, frozen=True):
    options: list[str] = []
    expires_in: int = 0
    multiple: bool = False
    hide_totals: bool = False


class Publication(msgspec.Struct, frozen=True):
    status: str = ""
    media_ids: list[int] = []
    in_reply_to_id: int | None = None
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: str | None = None
    language: str | None = None
    poll: NewPoll | None = None
    quoted_status_id: int | None = None
    quote_approval_policy: str | None = None
    reply_approval_policy: str | None = None  # not in the clients' contract: ours
    scheduled_at: str | None = None


class OnePost(msgspec.Struct, frozen=True):
    id: int


class Deletion(msgspec.Struct, frozen=True):
    id: int
    delete_media: bool = False


class ManyPosts(msgspec.Struct, frozen=True):
    id: list[int] = []


class Repost(msgspec.Struct, frozen=True):
    id: int
    visibility: str | None = None


class PostList(Paging, frozen=True):
    id: int = 0


def visibility_of(name: str | None, usual: Visibility) -> Visibility:
    """Our word for theirs, the usual one for none. Raises: Invalid for a word that we do not know."""
    if name is None:
        return usual
    if name not in BY_NAME:
        raise Invalid("visibility", "Validation failed: Visibility is not included in the list", "inclusion")
    return BY_NAME[name]


def quote_policy_of(name: str | None, usual: QuotePolicy) -> QuotePolicy:
    """Our word for theirs, the usual one for none. Raises: Invalid for a word that we do not know."""
    if name is None:
        return usual
    if name not in QUOTE_POLICIES:
        raise Invalid(
            "quote_approval_policy", "Validation failed: Quote approval policy is not included in the list", "inclusion"
        )
    return QUOTE_POLICIES[name]


def reply_policy_of(name: str | None, usual: ReplyPolicy) -> ReplyPolicy:
    """Our word for theirs. Raises: Invalid for a word that we do not know."""
    if name is None:
        return usual
    if name not in REPLY_POLICIES:
        raise Invalid(
            "reply_approval_policy", "Validation failed: Reply approval policy is not included in the list", "inclusion"
        )
    return REPLY_POLICIES[name]


def poll_of(new: NewPoll | None) -> PollDraft | None:
    """The question to be put, if there is one."""
    if new is None or not new.options:
        return None
    return PollDraft(tuple(new.options), new.expires_in, new.multiple, new.hide_totals)


async def one(call: Call, post_id: PostId) -> msgspec.Raw:
    """The post as the caller sees it, encoded. Raises: NotFound."""
    found = await statuses(call, [post_id])
    if post_id not in found:
        raise NotFound
    return found[post_id]


@endpoint(
    "POST", "/api/v1/statuses", user=True, scopes=WRITE, params=Publication, returns=Status | ScheduledStatus,
    headers={"Idempotency-Key": {"type": "string"}},
)  # fmt: skip
async def publish(call: Call[Publication]) -> msgspec.Raw | ScheduledStatus:
    """Publish a post, at once or later."""
    author = call.viewer
    assert author is not None
    draft, limits = draft_of(call), posts.Limits(call.services.settings.post_characters)
    key = call.request.headers.get("idempotency-key")
    due_at = moment_of(call.params.scheduled_at)
    if due_at is not None and due_at > call.now:
        planned = await posts.scheduled.schedule(
            call.db, call.services.ids, author, draft=draft, due_at=due_at, limits=limits, now=call.now,
            idempotency_key=key,
        )  # fmt: skip
        if not isinstance(planned, posts.scheduled.Scheduled):  # it was published meanwhile
            return await one(call, planned)
        return present_scheduled(planned, addresses(call.services))
    post_id = await posts.publish(
        call.db,
        call.services.ids,
        author,
        draft=draft,
        limits=limits,
        domain=call.services.settings.domain,
        now=call.now,
        idempotency_key=key,
    )
    return await call.fragments.fresh(call.db, post_id, viewer_id=call.me)


def draft_of(call: Call[Publication]) -> Draft:
    """What is to be published; where nothing is said, as the author usually does."""
    wanted, author = call.params, call.viewer
    assert author is not None
    return Draft(
        text=wanted.status,
        warning=wanted.spoiler_text,
        sensitive=author.default_sensitive if wanted.sensitive is None else wanted.sensitive,
        language=wanted.language or author.default_language or author.locale,
        visibility=visibility_of(wanted.visibility, Visibility(author.default_visibility)),
        in_reply_to_id=PostId(wanted.in_reply_to_id) if wanted.in_reply_to_id is not None else None,
        media_ids=tuple(MediaId(i) for i in wanted.media_ids),
        poll=poll_of(wanted.poll),
        quote_of_id=PostId(wanted.quoted_status_id) if wanted.quoted_status_id is not None else None,
        quote_policy=quote_policy_of(wanted.quote_approval_policy, QuotePolicy(author.default_quote_policy)),
        reply_policy=reply_policy_of(wanted.reply_approval_policy, ReplyPolicy(author.default_reply_policy)),
    )


def moment_of(text: str | None) -> datetime | None:
    """A moment with its time zone, UTC where none is said. Raises: Invalid for what is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid("scheduled_at", "Validation failed: Scheduled at is not a moment", "invalid") from None


@endpoint("GET", "/api/v1/statuses", urgency=READING, scopes=READ, params=ManyPosts, returns=list[Status])
async def many(call: Call[ManyPosts]) -> list[msgspec.Raw]:
    """Several posts by id; unseen ones are left out."""
    if len(call.params.id) > 20:
        raise Invalid("id", "Too many statuses requested", "too_long")
    return list((await statuses(call, [PostId(i) for i in call.params.id])).values())


@endpoint(
    "GET",
    "/api/v1/statuses/:id",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=READ,
    params=OnePost,
    returns=Status,
    remembered=True,
)
async def read(call: Call[OnePost]) -> msgspec.Raw:
    """One post."""
    await call.remember()
    return await one(call, PostId(call.params.id))


@endpoint("DELETE", "/api/v1/statuses/:id", user=True, scopes=WRITE, params=Deletion, returns=Status)
async def delete(call: Call[Deletion]) -> Status:
    """Delete one's own post; the answer carries its words for writing it anew, and its pictures wait a day for that.

    Pictures of what moderators look at, or have restricted, stay with it.
    """
    view = await posts.view(call.db, PostId(call.params.id), viewer_id=call.me)
    if view.author.id != call.me:
        raise NotFound
    wanted = view.attachments and not call.params.delete_media
    if wanted and not await moderation.evidence.holds(call.db, call.me, view.id, now=call.now):
        await media.detach(call.db, call.me, view.id, now=call.now)
    await posts.remove(call.db, call.me, view.id, now=call.now)
    return present_status(view, addresses(call.services), viewer_id=call.me, with_source=True)


@endpoint(
    "GET",
    "/api/v1/statuses/:id/context",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=("read:statuses",),
    params=OnePost,
    returns=Context,
    remembered=True,
)
async def context(call: Call[OnePost]) -> Context:
    """What a post answers and what answers it; less of it for strangers."""
    stranger = call.viewer_id is None
    found = await posts.thread(
        call.db,
        PostId(call.params.id),
        viewer_id=call.viewer_id,
        most_ancestors=40 if stranger else 4096,
        most_descendants=60 if stranger else 4096,
        depth=20 if stranger else None,
    )
    # The post itself is not in the answer, but without it, or to those who no longer see it, there is none.
    shown = await statuses(call, [*found.ancestors, PostId(call.params.id), *found.descendants], "thread")
    if found.id is not None:
        await call.remember(-found.id)
    return Context(
        [shown[i] for i in found.ancestors if i in shown], [shown[i] for i in found.descendants if i in shown]
    )


@endpoint("GET", "/api/v1/statuses/:id/source", user=True, scopes=READ, params=OnePost, returns=StatusSource)
async def source(call: Call[OnePost]) -> StatusSource:
    """The words of one's own post as they were written."""
    view = await posts.view(call.db, PostId(call.params.id), viewer_id=call.me)
    if view.author.id != call.me:
        raise NotFound
    return StatusSource(str(view.id), view.text, view.warning)


@endpoint(
    "GET",
    "/api/v1/statuses/:id/favourited_by",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=READ,
    params=PostList,
    returns=list[Account],
)
async def favourited_by(call: Call[PostList]) -> Page[Account]:
    """Who has favourited a post."""
    page = await posts.favourited_by(
        call.db, PostId(call.params.id), viewer_id=call.viewer_id, page=call.params.slice(40, 80)
    )
    return await page_of_accounts(call, page)


@endpoint(
    "GET",
    "/api/v1/statuses/:id/reblogged_by",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=READ,
    params=PostList,
    returns=list[Account],
)
async def reblogged_by(call: Call[PostList]) -> Page[Account]:
    """Who has passed a post on."""
    page = await posts.reposted_by(
        call.db, PostId(call.params.id), viewer_id=call.viewer_id, page=call.params.slice(40, 80)
    )
    return await page_of_accounts(call, page)


async def page_of_accounts(call: Call, page: Page[AccountId]) -> Page[Account]:
    """A page of account ids as a page of accounts; the cursors stay."""
    found = await accounts.by_ids(call.db, page.items)
    to = addresses(call.services)
    items = [present_account(found[i], to) for i in page.items if i in found]
    return msgspec.structs.replace(page, items=items)  # type: ignore[return-value]


@endpoint(
    "POST", "/api/v1/statuses/:id/favourite", user=True, scopes=("write:favourites",), params=OnePost, returns=Status
)
async def favourite(call: Call[OnePost]) -> msgspec.Raw:
    """Favourite a post."""
    post_id = PostId(call.params.id)
    return await one(call, await posts.favourite(call.db, call.services.ids, call.me, post_id, now=call.now))


@endpoint(
    "POST", "/api/v1/statuses/:id/unfavourite", user=True, scopes=("write:favourites",), params=OnePost, returns=Status
)
async def unfavourite(call: Call[OnePost]) -> msgspec.Raw:
    """Take a favourite back."""
    return await one(call, await posts.unfavourite(call.db, call.me, PostId(call.params.id)))


@endpoint(
    "POST", "/api/v1/statuses/:id/bookmark", user=True, scopes=("write:bookmarks",), params=OnePost, returns=Status
)
async def bookmark(call: Call[OnePost]) -> msgspec.Raw:
    """Bookmark a post."""
    post_id = PostId(call.params.id)
    return await one(call, await posts.bookmark(call.db, call.services.ids, call.me, post_id, now=call.now))


@endpoint(
    "POST", "/api/v1/statuses/:id/unbookmark", user=True, scopes=("write:bookmarks",), params=OnePost, returns=Status
)
async def unbookmark(call: Call[OnePost]) -> msgspec.Raw:
    """Take a bookmark back."""
    return await one(call, await posts.unbookmark(call.db, call.me, PostId(call.params.id)))


@endpoint("POST", "/api/v1/statuses/:id/reblog", user=True, scopes=WRITE, params=Repost, returns=Status)
async def reblog(call: Call[Repost]) -> msgspec.Raw:
    """Pass a post on; the answer is the repost with the original inside."""
    repost_id = await posts.repost(
        call.db,
        call.services.ids,
        call.me,
        PostId(call.params.id),
        visibility=visibility_of(call.params.visibility, Visibility.PUBLIC),
        now=call.now,
    )
    return await one(call, repost_id)


@endpoint("POST", "/api/v1/statuses/:id/unreblog", user=True, scopes=WRITE, params=OnePost, returns=Status)
async def unreblog(call: Call[OnePost]) -> msgspec.Raw:
    """Take a repost back; the answer is the original."""
    return await one(call, await posts.unrepost(call.db, call.me, PostId(call.params.id), now=call.now))


@endpoint("GET", "/api/v1/favourites", user=True, scopes=("read:favourites",), params=Paging, returns=list[Status])
async def favourites(call: Call[Paging]) -> Page[msgspec.Raw]:
    """What one has favourited; the cursors are those of the favourites."""
    return await page_of_statuses(call, await posts.favourites(call.db, call.me, call.params.slice()))


@endpoint("GET", "/api/v1/bookmarks", user=True, scopes=("read:bookmarks",), params=Paging, returns=list[Status])
async def bookmarks(call: Call[Paging]) -> Page[msgspec.Raw]:
    """What one has bookmarked; the cursors are those of the bookmarks."""
    return await page_of_statuses(call, await posts.bookmarks(call.db, call.me, call.params.slice()))
