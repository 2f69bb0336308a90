"""Direct conversations: posts for mentioned people, by thread and by who takes part.

The worker keeps the rows, one for each person; sight is decided again at every reading.
"""

from __future__ import annotations

import msgspec

from parvis.base.errors import NotFound
from parvis.base.events import ConversationChanged
from parvis.base.ids import AccountId, ConversationId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.timelines import conversation_queries as queries
from parvis.infra import events
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services


class Conversation(msgspec.Struct, frozen=True):
    """`with_ids`: the others who take part; nobody in what somebody writes to themselves."""

    id: ConversationId
    with_ids: list[AccountId]
    last_post_id: PostId
    unread: bool


async def of(db: Connection, account: AccountId, page: PageRequest) -> Page[Conversation]:
    """The account's conversations, the latest first; cursors are the ids of their last posts."""
    rows = await queries.page_of(db, account, page)
    if not rows:
        return Page([])
    return Page([_conversation(row) for row in rows], rows[0]["last_post_id"], rows[-1]["last_post_id"])


async def one(db: Connection, account: AccountId, conversation_id: ConversationId) -> Conversation:
    """Raises: NotFound, also for somebody else's."""
    row = await queries.by_id(db, account, conversation_id)
    if row is None:
        raise NotFound
    return _conversation(row)


async def mark(tx: Connection, account: AccountId, conversation_id: ConversationId, *, unread: bool) -> Conversation:
    """The conversation counts as read, or as unread. Raises: NotFound."""
    await queries.set_unread(tx, account, conversation_id, unread)
    return await one(tx, account, conversation_id)


async def remove(tx: Connection, account: AccountId, conversation_id: ConversationId) -> None:
    """The account lists the conversation no more, until somebody goes on with it. Raises: NotFound."""
    if not await queries.delete(tx, account, conversation_id):
        raise NotFound


async def converse(services: Services, *, author: AccountId, post_id: PostId) -> None:
    """Everybody whom a post for mentioned people concerns has it in their conversations, as far as it still stands.

    Idempotent; nothing happens for any other post.
    """
    async with services.db.transaction() as tx:
        await queries.replace_last(tx, post_id)  # it may be gone, or an edit may have changed who is mentioned
        people = await queries.concerned(tx, author, post_id)
        if not people:
            return
        new = [(account, ConversationId(services.ids.next())) for account in people]
        told = await queries.add(tx, author, post_id, new)
        await events.record(tx, *(ConversationChanged(row["account_id"], row["id"]) for row in told))


def _conversation(row: Row) -> Conversation:
    return Conversation(row["id"], row["participant_ids"], row["last_post_id"], row["unread"])
