"""A post's words later on: editing them, what they were before, who quotes them."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import MediaId, PostId
from parvis.domain import posts
from parvis.domain.posts import Draft, Limits, MediaChange, PollDraft, PostView, QuotePolicy, ReplyPolicy
from parvis.infra.catalogues import later
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.html.look import post_path
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import POSTS
from parvis.web import writing
from parvis.web.posts import ById, PostSlice
from parvis.web.profiles import handle_of
from parvis.web.routing import Call, page
from parvis.web.slices import timeline


class Edit(msgspec.Struct, frozen=True):
    post_id: int
    text: str = ""
    warning: str = ""
    sensitive: bool = False
    language: str | None = None
    media_ids: list[int] = []
    quote_policy: int = -1
    reply_policy: int = -1


class OneQuote(msgspec.Struct, frozen=True):
    post_id: int
    quoting_id: int


async def _own(call: Call[Any]) -> PostView:
    """Raises: NotFound unless it is a post of the viewer's own words."""
    post = await posts.view(call.db, PostId(call.params.post_id), viewer_id=call.me)
    if post.author.id != call.me or post.repost_of is not None:
        raise NotFound
    return post


@page("GET", "/posts/{post_id:str}/edit", audience="session", params=ById)
async def edit_form(call: Call[Any]) -> Answer:
    """The form with the post as it is, or as it was filled in."""
    post, sent = await _own(call), call.params if isinstance(call.params, Edit) else None
    context = {
        "post": post,
        "sensitive": sent.sensitive if sent else post.sensitive,
        "language": (sent and sent.language) or post.language or "",
        "quote_policy": sent.quote_policy if sent else post.quote_policy,
        "reply_policy": sent.reply_policy if sent else post.reply_policy,
        "languages": writing.languages(call.locale, post.language),
        "quote_policies": writing.quote_policies(call.text),
        "reply_policies": writing.reply_policies(call.text),
    }
    return Page("web/posts/edit.html", context)


@page("POST", "/posts/{post_id:str}/edit", audience="session", params=Edit, again=edit_form, limit=POSTS)
async def edit(call: Call[Edit]) -> Answer:
    """The post says the new words; its poll goes on as it is."""
    wanted, before = call.params, await _own(call)
    draft = Draft(
        text=wanted.text,
        warning=wanted.warning,
        sensitive=wanted.sensitive,
        language=wanted.language or before.language,
        media_ids=tuple(MediaId(one) for one in wanted.media_ids),
        poll=_same_poll(before),
    )
    said = {one: call.values.get(f"alt_{one}") for one in wanted.media_ids}
    changes = [MediaChange(MediaId(one), words) for one, words in said.items() if words is not None]
    limits = Limits(characters=call.settings.post_characters)
    await posts.edit(
        call.db,
        call.me,
        before.id,
        draft=draft,
        media_changes=changes,
        limits=limits,
        domain=call.settings.domain,
        now=call.now,
    )
    if wanted.quote_policy in tuple(QuotePolicy) and wanted.quote_policy != before.quote_policy:
        await posts.set_quote_policy(call.db, call.me, before.id, QuotePolicy(wanted.quote_policy))
    if wanted.reply_policy in tuple(ReplyPolicy) and wanted.reply_policy != before.reply_policy:
        await posts.set_reply_policy(call.db, call.me, before.id, ReplyPolicy(wanted.reply_policy))
    return Redirect(post_path(before), notice="saved")


def _same_poll(post: PostView) -> PollDraft | None:
    """The poll that the post has; what is the same begins no new one, so its length does not count."""
    poll = post.poll
    if poll is None:
        return None
    return PollDraft(tuple(poll.options), 24 * 3600, poll.multiple, poll.hide_totals)


@page("GET", "/{at:str}/{post_id:str}/history", urgency=READING, shared_s=SHARED_S, params=PostSlice)
async def history(call: Call[PostSlice]) -> Answer:
    """What a post has said, the present words first."""
    acct, post_id = handle_of(call.params.at), PostId(call.params.post_id)
    post = await posts.view(call.db, post_id, viewer_id=call.viewer_id)
    if post.repost_of is not None or post.author.acct != acct:
        return Redirect(f"{post_path(post)}/history")
    said = await posts.history(call.db, post.shown.id, viewer_id=call.viewer_id)
    return Page("web/posts/history.html", {"post": post.shown, "revisions": said[::-1]})


@page("GET", "/{at:str}/{post_id:str}/quotes", audience="session", params=PostSlice)
async def quotes(call: Call[PostSlice]) -> Answer:
    """What quotes the post."""
    handle_of(call.params.at)
    post_id = PostId(call.params.post_id)
    found = await posts.quotes_of(call.db, post_id, viewer_id=call.me, page=call.params.request())
    return await timeline(
        call,
        "web/timelines/list.html",
        found,
        heading=call.text(later("Quoted by")),
        empty_icon="quote",
        empty_title=call.text(later("Nobody has quoted this yet")),
        empty_text="",
    )


@page("POST", "/posts/{post_id:str}/quotes/{quoting_id:str}/revoke", audience="session", params=OneQuote)
async def revoke(call: Call[OneQuote]) -> Answer:
    """That post shows the viewer's own no more."""
    await posts.revoke_quote(call.db, call.me, PostId(call.params.post_id), PostId(call.params.quoting_id))
    return Redirect(f"/posts/{call.params.post_id}", notice="saved")
