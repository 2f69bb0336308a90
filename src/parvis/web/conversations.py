"""Direct conversations: what was said among a few, the latest first."""

from __future__ import annotations

import msgspec

from parvis.base.ids import ConversationId
from parvis.domain import accounts, posts
from parvis.domain.accounts.types import Account
from parvis.domain.posts import PostView
from parvis.domain.timelines import conversations
from parvis.infra.html.look import post_path
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, older


class OneConversation(msgspec.Struct, frozen=True):
    conversation_id: int


class Talk(msgspec.Struct, frozen=True):
    """A conversation, who takes part, and what was said last."""

    id: ConversationId
    people: list[Account]
    last: PostView
    unread: bool


@page("GET", "/conversations", audience="session", params=Slice)
async def listing(call: Call[Slice]) -> Answer:
    """One's conversations."""
    found = await conversations.of(call.db, call.me, call.params.request())
    parts = {"talks": await _talks(call, found.items), "next": older(call, found)}
    return Page("web/_talks.html" if call.swaps else "web/conversations.html", parts)


async def _talks(call: Call[Slice], found: list[conversations.Conversation]) -> list[Talk]:
    seen = await posts.views(call.db, [one.last_post_id for one in found], viewer_id=call.me)
    last = {one.id: one for one in seen}
    known = await accounts.by_ids(call.db, list({i for one in found for i in one.with_ids}))
    return [
        Talk(one.id, [known[i] for i in one.with_ids if i in known], last[one.last_post_id], one.unread)
        for one in found
        if one.last_post_id in last
    ]


@page("POST", "/conversations/{conversation_id:str}/open", audience="session", params=OneConversation, waiting=True)
async def open_it(call: Call[OneConversation]) -> Answer:
    """The conversation is read, and shown."""
    found = await conversations.mark(call.db, call.me, ConversationId(call.params.conversation_id), unread=False)
    return Redirect(post_path(await posts.view(call.db, found.last_post_id, viewer_id=call.me)))


@page("POST", "/conversations/{conversation_id:str}/unread", audience="session", params=OneConversation, waiting=True)
async def unread(call: Call[OneConversation]) -> Answer:
    """The conversation counts as not read."""
    await conversations.mark(call.db, call.me, ConversationId(call.params.conversation_id), unread=True)
    return Redirect("/conversations")


@page("POST", "/conversations/{conversation_id:str}/remove", audience="session", params=OneConversation, waiting=True)
async def remove(call: Call[OneConversation]) -> Answer:
    """The conversation is not listed, until somebody goes on with it."""
    await conversations.remove(call.db, call.me, ConversationId(call.params.conversation_id))
    return Redirect("/conversations", notice="removed")
