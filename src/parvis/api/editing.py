"""Editing statuses, their history, pins and votes."""

from __future__ import annotations

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.emoji import CustomEmoji, emojis_in
from parvis.api.entities.media import MediaAttachment, present_media
from parvis.api.entities.poll import Poll, present_poll
from parvis.api.entities.status import Quote, Status, present_quote
from parvis.api.media import focus_of
from parvis.api.routing import Call, endpoint
from parvis.api.statuses import READ, WRITE, NewPoll, OnePost, one, poll_of, quote_policy_of, reply_policy_of
from parvis.base.clock import iso_ms
from parvis.base.errors import NotFound
from parvis.base.ids import MediaId, PostId
from parvis.domain import posts
from parvis.domain.posts import MediaChange
from parvis.domain.posts.types import Draft, QuotePolicy, ReplyPolicy
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.text import with_origin

PIN = ("write:accounts",)


class ChangedMedia(msgspec.Struct, frozen=True):
    id: int
    description: str | None = None
    focus: str | None = None


class Edit(msgspec.Struct, frozen=True):
    id: int
    status: str = ""
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    media_ids: list[int] = []
    media_attributes: list[ChangedMedia] = []
    poll: NewPoll | None = None
    quote_approval_policy: str | None = None
    reply_approval_policy: str | None = None


class Vote(msgspec.Struct, frozen=True):
    id: int
    choices: list[int] = []


class EditedPollOption(msgspec.Struct, frozen=True):
    title: str


class EditedPoll(msgspec.Struct, frozen=True):
    options: list[EditedPollOption]


class StatusEdit(msgspec.Struct, frozen=True):
    content: str
    spoiler_text: str
    sensitive: bool
    created_at: str
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[CustomEmoji] = []
    poll: EditedPoll | msgspec.UnsetType = msgspec.UNSET
    quote: Quote | None = None


@endpoint("PUT", "/api/v1/statuses/:id", user=True, scopes=WRITE, params=Edit, returns=Status)
@endpoint("PATCH", "/api/v1/statuses/:id", user=True, scopes=WRITE, params=Edit, returns=Status)
async def edit(call: Call[Edit]) -> msgspec.Raw:
    """Edit one's own post."""
    wanted = call.params
    draft = Draft(
        text=wanted.status,
        warning=wanted.spoiler_text,
        sensitive=wanted.sensitive,
        language=wanted.language,
        media_ids=tuple(MediaId(i) for i in wanted.media_ids),
        poll=poll_of(wanted.poll),
    )
    changes = [MediaChange(MediaId(m.id), m.description, focus_of(m.focus)) for m in wanted.media_attributes]
    policy = quote_policy_of(wanted.quote_approval_policy, QuotePolicy.NOBODY)
    replies = reply_policy_of(wanted.reply_approval_policy, ReplyPolicy.EVERYBODY)
    await posts.edit(
        call.db,
        call.me,
        PostId(wanted.id),
        draft=draft,
        media_changes=changes,
        limits=posts.Limits(call.services.settings.post_characters),
        domain=call.services.settings.domain,
        now=call.now,
    )
    if wanted.quote_approval_policy is not None:
        await posts.set_quote_policy(call.db, call.me, PostId(wanted.id), policy)
    if wanted.reply_approval_policy is not None:
        await posts.set_reply_policy(call.db, call.me, PostId(wanted.id), replies)
    return await one(call, PostId(wanted.id))


@endpoint(
    "GET",
    "/api/v1/statuses/:id/history",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=READ,
    params=OnePost,
    returns=list[StatusEdit],
)
async def history(call: Call[OnePost]) -> list[StatusEdit]:
    """What a post has said, oldest first."""
    post_id = PostId(call.params.id)
    view = await posts.view(call.db, post_id, viewer_id=call.viewer_id)
    to = addresses(call.services)
    author, quote = present_account(view.author, to), present_quote(view.quote)
    return [
        StatusEdit(
            content=with_origin(one.html, to.origin),
            spoiler_text=one.warning,
            sensitive=one.sensitive,
            created_at=iso_ms(one.created_at),
            account=author,
            media_attachments=[present_media(item, item.files, to.media) for item in one.attachments],
            emojis=emojis_in(one.html, one.warning, *(one.poll_options or ())),
            poll=EditedPoll([EditedPollOption(o) for o in one.poll_options]) if one.poll_options else msgspec.UNSET,
            quote=quote,
        )
        for one in await posts.history(call.db, post_id, viewer_id=call.viewer_id)
    ]


@endpoint("POST", "/api/v1/statuses/:id/pin", user=True, scopes=PIN, params=OnePost, returns=Status)
async def pin(call: Call[OnePost]) -> msgspec.Raw:
    """Pin one's own post to the profile."""
    await posts.pin(call.db, call.services.ids, call.me, PostId(call.params.id), now=call.now)
    return await one(call, PostId(call.params.id))


@endpoint("POST", "/api/v1/statuses/:id/unpin", user=True, scopes=PIN, params=OnePost, returns=Status)
async def unpin(call: Call[OnePost]) -> msgspec.Raw:
    """Take a pinned post down."""
    await posts.unpin(call.db, call.me, PostId(call.params.id))
    return await one(call, PostId(call.params.id))


@endpoint("GET", "/api/v1/polls/:id", urgency=READING, shared_s=SHARED_S, scopes=READ, params=OnePost, returns=Poll)
async def poll(call: Call[OnePost]) -> Poll:
    """A poll, by the id of its post."""
    return await presented_poll(call, PostId(call.params.id))


@endpoint("POST", "/api/v1/polls/:id/votes", user=True, scopes=WRITE, params=Vote, returns=Poll)
async def vote(call: Call[Vote]) -> Poll:
    """Vote, once."""
    await posts.vote(call.db, call.me, PostId(call.params.id), call.params.choices, now=call.now)
    return await presented_poll(call, PostId(call.params.id))


async def presented_poll(call: Call, post_id: PostId) -> Poll:
    """The poll as the caller sees it. Raises: NotFound."""
    view = await posts.view(call.db, post_id, viewer_id=call.viewer_id)
    if view.poll is None:
        raise NotFound
    own = view.author.id == call.viewer_id
    return present_poll(view.poll, view.id, known=call.viewer_id is not None, own=own, now=call.now)
