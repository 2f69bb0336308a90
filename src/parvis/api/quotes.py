"""Quotes of statuses: who quotes, who may, and taking the consent back."""

from __future__ import annotations

import msgspec

from parvis.api.entities.status import Status
from parvis.api.paging import page_of_statuses
from parvis.api.routing import Call, endpoint
from parvis.api.statuses import READ, WRITE, PostList, one, quote_policy_of, reply_policy_of
from parvis.base.ids import PostId
from parvis.base.pages import Page
from parvis.domain import posts
from parvis.domain.posts import QuotePolicy, ReplyPolicy


class InteractionPolicy(msgspec.Struct, frozen=True):
    id: int
    quote_approval_policy: str | None = None
    reply_approval_policy: str | None = None


class OneQuote(msgspec.Struct, frozen=True):
    id: int
    quoting_status_id: int


@endpoint("GET", "/api/v1/statuses/:id/quotes", scopes=READ, user=True, params=PostList, returns=list[Status])
async def quotes(call: Call[PostList]) -> Page[msgspec.Raw]:
    """The posts that quote a post."""
    page = await posts.quotes_of(
        call.db, PostId(call.params.id), viewer_id=call.viewer_id, page=call.params.slice(20, 40)
    )
    return await page_of_statuses(call, page)


@endpoint(
    "POST",
    "/api/v1/statuses/:id/quotes/:quoting_status_id/revoke",
    user=True,
    scopes=WRITE,
    params=OneQuote,
    returns=Status,
)
async def revoke(call: Call[OneQuote]) -> msgspec.Raw:
    """Take one's own post out of another that quotes it; the answer is that other."""
    quoting = PostId(call.params.quoting_status_id)
    await posts.revoke_quote(call.db, call.me, PostId(call.params.id), quoting)
    return await one(call, quoting)


async def interaction_policy(call: Call[InteractionPolicy]) -> msgspec.Raw:
    """Say who may quote one's own post, or who may reply where it begins a conversation."""
    wanted, post_id = call.params, PostId(call.params.id)
    policy = quote_policy_of(wanted.quote_approval_policy, QuotePolicy.EVERYBODY)
    replies = reply_policy_of(wanted.reply_approval_policy, ReplyPolicy.EVERYBODY)
    if wanted.quote_approval_policy is not None or wanted.reply_approval_policy is None:
        await posts.set_quote_policy(call.db, call.me, post_id, policy)
    if wanted.reply_approval_policy is not None:
        await posts.set_reply_policy(call.db, call.me, post_id, replies)
    return await one(call, post_id)


for _verb in ("PUT", "PATCH"):
    endpoint(
        _verb,
        "/api/v1/statuses/:id/interaction_policy",
        user=True,
        scopes=WRITE,
        params=InteractionPolicy,
        returns=Status,
    )(interaction_policy)
