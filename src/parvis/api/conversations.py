"""Direct conversations, and threads that one does not want to hear of."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.conversation import Conversation, present_conversation
from parvis.api.entities.status import Status
from parvis.api.paging import Paging, statuses
from parvis.api.routing import Call, endpoint
from parvis.api.statuses import OnePost, one
from parvis.base.ids import ConversationId, PostId
from parvis.base.pages import Page
from parvis.domain import accounts, posts
from parvis.domain.timelines import conversations

READ = ("read:statuses",)
WRITE = ("write:conversations",)


class OneConversation(msgspec.Struct, frozen=True):
    id: int


async def presented(call: Call, found: Sequence[conversations.Conversation]) -> list[Conversation]:
    """The conversations with their last posts and those who take part, in two statements."""
    shown = await statuses(call, [talk.last_post_id for talk in found])
    people = await accounts.by_ids(call.db, list({i for talk in found for i in (*talk.with_ids, call.me)}))
    to = addresses(call.services)
    return [present_conversation(talk, people, shown.get(talk.last_post_id), to, own_id=call.me) for talk in found]


@endpoint("GET", "/api/v1/conversations", user=True, scopes=READ, params=Paging, returns=list[Conversation])
async def listing(call: Call[Paging]) -> Page[Conversation]:
    """One's direct conversations; the cursors are the ids of their last posts."""
    page = await conversations.of(call.db, call.me, call.params.slice())
    return msgspec.structs.replace(page, items=await presented(call, page.items))  # type: ignore[return-value]


@endpoint("DELETE", "/api/v1/conversations/:id", user=True, scopes=WRITE, params=OneConversation)
async def remove(call: Call[OneConversation]) -> None:
    """Take a conversation off the list, until somebody goes on with it."""
    await conversations.remove(call.db, call.me, ConversationId(call.params.id))


@endpoint(
    "POST", "/api/v1/conversations/:id/read", user=True, scopes=WRITE, params=OneConversation, returns=Conversation
)
async def read(call: Call[OneConversation]) -> Conversation:
    """A conversation is read."""
    found = await conversations.mark(call.db, call.me, ConversationId(call.params.id), unread=False)
    return (await presented(call, [found]))[0]


@endpoint(
    "POST", "/api/v1/conversations/:id/unread", user=True, scopes=WRITE, params=OneConversation, returns=Conversation
)
async def unread(call: Call[OneConversation]) -> Conversation:
    """A conversation is not read."""
    found = await conversations.mark(call.db, call.me, ConversationId(call.params.id), unread=True)
    return (await presented(call, [found]))[0]


@endpoint("POST", "/api/v1/statuses/:id/mute", user=True, scopes=("write:mutes",), params=OnePost, returns=Status)
async def mute_thread(call: Call[OnePost]) -> msgspec.Raw:
    """Hear nothing more of a post's thread."""
    post_id = PostId(call.params.id)
    await posts.mute_thread(call.db, call.me, post_id, now=call.now)
    return await one(call, post_id)


@endpoint("POST", "/api/v1/statuses/:id/unmute", user=True, scopes=("write:mutes",), params=OnePost, returns=Status)
async def unmute_thread(call: Call[OnePost]) -> msgspec.Raw:
    """Hear of a post's thread again."""
    post_id = PostId(call.params.id)
    await posts.unmute_thread(call.db, call.me, post_id)
    return await one(call, post_id)
