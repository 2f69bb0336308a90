"""Quoting: who may, who did, and taking the consent back. What a viewer meets is decided in `quote_queries`."""

from __future__ import annotations

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import QuoteChanged
from parvis.base.ids import AccountId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.posts import queries, quote_queries, rules
from parvis.domain.posts.types import Draft, QuotePolicy, Visibility
from parvis.infra import events
from parvis.infra.postgres import Connection, Row


async def quoted(tx: Connection, author: AccountId, draft: Draft) -> Row | None:
    """What the draft quotes (id, account_id, visibility), a repost standing for its original.

    Raises: NotFound alike for what is not there, out of sight, and not to be quoted by the author.
    """
    if draft.quote_of_id is None:
        return None
    row = await quote_queries.quotable(tx, draft.quote_of_id, author)
    if row is not None and row["repost_of_id"] is not None:
        row = await quote_queries.quotable(tx, row["repost_of_id"], author)
    if row is None or not row["may_quote"]:
        raise NotFound("The post you are trying to quote does not exist, or may not be quoted")
    return row


def check_audience(draft: Draft, author: AccountId, quoted_row: Row, mentioned_ids: list[int]) -> Draft:
    """The draft, for no more people than may see what it quotes.

    Raises: Invalid where the quoted author could not see it, and so could not take the consent back.
    """
    visibility = max(draft.visibility, _widest(quoted_row["visibility"]))
    _check_revocable(visibility, author, quoted_row["account_id"], mentioned_ids)
    return rules.narrowed(draft, visibility)


def check_edit(before: Row, author: AccountId, mentioned_ids: list[int]) -> None:
    """Raises: Invalid where the author of what the post still quotes could not see it once it is edited like that."""
    if before["quote_state"] == quote_queries.ACCEPTED:
        _check_revocable(before["visibility"], author, before["quote_of_account_id"], mentioned_ids)


def _check_revocable(visibility: int, author: AccountId, owner: AccountId, mentioned_ids: list[int]) -> None:
    if visibility == Visibility.MENTIONED and owner != author and owner not in mentioned_ids:
        raise Invalid("status", "Validation failed: Mention whom you quote in a post for mentioned people", "invalid")


def _widest(visibility: int) -> Visibility:
    return Visibility.FOLLOWERS if visibility >= Visibility.FOLLOWERS else Visibility.PUBLIC


async def set_quote_policy(tx: Connection, author: AccountId, post_id: PostId, policy: QuotePolicy) -> None:
    """From now on those may quote the post; quotes that stand stay. Raises: NotFound unless it is the author's own."""
    if not await quote_queries.policy_set(tx, author, post_id, policy):
        raise NotFound
    await events.record(tx, QuoteChanged(post_id=post_id, author_id=author))


async def revoke_quote(tx: Connection, owner: AccountId, post_id: PostId, quoting_id: PostId) -> None:
    """The quoting post does not show the owner's post any more, and never will again.

    Raises: NotFound unless the owner's post is quoted there, in a post that they see.
    """
    post = await queries.visible_post(tx, post_id, owner)
    if post is None or post["account_id"] != owner:
        raise NotFound
    row = await quote_queries.revoked(tx, post_id, quoting_id, owner)
    if row is None:
        raise NotFound
    if row["visibility"] <= Visibility.QUIET:
        await queries.count(tx, "quotes", owner, post_id, -1)
    await events.record(tx, QuoteChanged(post_id=quoting_id, author_id=row["account_id"]))


async def quotes_of(db: Connection, post_id: PostId, *, viewer_id: AccountId | None, page: PageRequest) -> Page[PostId]:
    """The posts that quote the post, newest first. Raises: NotFound."""
    if await queries.visible_post(db, post_id, viewer_id) is None:
        raise NotFound
    rows = await quote_queries.quoting(db, post_id, viewer_id, page)
    if not rows:
        return Page([])
    ids = [PostId(row["id"]) for row in rows]
    return Page(ids, ids[0], ids[-1], more=len(ids) >= page.limit, prev_name="since_id")
