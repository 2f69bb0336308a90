"""The read side: ids become posts as one viewer sees them, one query a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.accounts.types import Account, Field, Role, State
from parvis.domain.links import card_of
from parvis.domain.posts import queries, view_queries
from parvis.domain.posts.types import (
    QUOTE_STATES,
    Attachment,
    Mention,
    Poll,
    PostView,
    Quote,
    QuotePolicy,
    ReplyPolicy,
    Visibility,
)
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row
from parvis.infra.text import plain


class Thread(msgspec.Struct, frozen=True):
    """What stands before a post in its conversation, and what answers it, in reading order; `id` names the whole, None where a
    post stands alone."""

    ancestors: list[PostId]
    descendants: list[PostId]
    id: PostId | None = None


async def views(db: Connection, ids: Sequence[PostId], *, viewer_id: AccountId | None) -> list[PostView]:
    """The posts of these ids that the viewer may see, in the order asked."""
    if not ids:
        return []
    rows = {row["id"]: row for row in await view_queries.visible_posts(db, ids, viewer_id)}
    authors: dict[int, Account] = {}
    return [view for id_ in ids if (view := _view(rows.get(id_), rows, authors, viewer_id)) is not None]


async def view(db: Connection, post_id: PostId, *, viewer_id: AccountId | None) -> PostView:
    """The post as the viewer sees it. Raises: NotFound, also for what they may not see."""
    found = await views(db, [post_id], viewer_id=viewer_id)
    if not found:
        raise NotFound
    return found[0]


def readable(view: PostView) -> list[str]:
    """Everything that somebody can read in a post, for keyword filters."""
    options = view.poll.options if view.poll else []
    descriptions = [item.description or "" for item in view.attachments]
    return [view.warning, view.text or plain(view.html), *options, *descriptions]


async def who_may_see(db: Connection, post_id: PostId, viewers: Sequence[AccountId]) -> set[AccountId]:
    """Those of the viewers who may see the post now."""
    return await view_queries.seers(db, post_id, viewers) if viewers else set()


async def thread(
    db: Connection,
    post_id: PostId,
    *,
    viewer_id: AccountId | None,
    most_ancestors: int = 4096,
    most_descendants: int = 4096,
    depth: int | None = None,
) -> Thread:
    """The conversation around a post, as far as the viewer may see it; one query whatever its size.

    Raises: NotFound when the post itself is out of sight.
    """
    rows = await view_queries.thread_bones(db, post_id, viewer_id, 20_000)
    parents: dict[int, int | None] = {row["id"]: row["in_reply_to_id"] for row in rows}
    if post_id not in parents:
        if await queries.visible_post(db, post_id, viewer_id) is None:
            raise NotFound
        return Thread([], [])  # a repost stands alone
    children: dict[int, list[int]] = {}
    for row in rows:
        if row["in_reply_to_id"] is not None:
            children.setdefault(row["in_reply_to_id"], []).append(row["id"])
    return Thread(
        _ancestors(post_id, parents, most_ancestors),
        _descendants(post_id, children, most_descendants, depth),
        PostId(rows[0]["thread_id"]),
    )


def _ancestors(post_id: int, parents: dict[int, int | None], most: int) -> list[PostId]:
    chain: list[PostId] = []
    at = parents[post_id]
    while at is not None and at in parents and len(chain) < most:
        chain.append(PostId(at))
        at = parents[at]
    return chain[::-1]


def _descendants(post_id: int, children: dict[int, list[int]], most: int, depth: int | None) -> list[PostId]:
    found: list[PostId] = []
    waiting = [(child, 1) for child in reversed(children.get(post_id, []))]
    while waiting and len(found) < most:
        at, level = waiting.pop()
        found.append(PostId(at))
        if depth is None or level < depth:
            waiting.extend((child, level + 1) for child in reversed(children.get(at, [])))
    return found


async def favourites(db: Connection, viewer: AccountId, page: PageRequest) -> Page[PostId]:
    """What the viewer has favourited, newest mark first; the cursors are the marks' ids."""
    return await _marks(db, "favourite", viewer, page)


async def bookmarks(db: Connection, viewer: AccountId, page: PageRequest) -> Page[PostId]:
    """What the viewer has bookmarked, newest mark first; the cursors are the marks' ids."""
    return await _marks(db, "bookmark", viewer, page)


async def _marks(db: Connection, table: str, viewer: AccountId, page: PageRequest) -> Page[PostId]:
    rows = await view_queries.page_of_marks(db, table, viewer, page)
    return _page(rows, "post_id", page, "min_id")


async def favourited_by(
    db: Connection, post_id: PostId, *, viewer_id: AccountId | None, page: PageRequest
) -> Page[AccountId]:
    """Who has favourited the post. Raises: NotFound."""
    if await queries.visible_post(db, post_id, viewer_id) is None:
        raise NotFound
    return _page(await view_queries.favouriters(db, post_id, viewer_id, page), "account_id", page, "since_id")


async def reposted_by(
    db: Connection, post_id: PostId, *, viewer_id: AccountId | None, page: PageRequest
) -> Page[AccountId]:
    """Who has passed the post on. Raises: NotFound."""
    if await queries.visible_post(db, post_id, viewer_id) is None:
        raise NotFound
    return _page(await view_queries.reposters(db, post_id, viewer_id, page), "account_id", page, "since_id")


def _page(rows: list[Row], column: str, page: PageRequest, prev_name: str) -> Page[Any]:
    if not rows:
        return Page([])
    return Page(
        [row[column] for row in rows], rows[0]["id"], rows[-1]["id"], more=len(rows) >= page.limit, prev_name=prev_name
    )


def _view(
    row: Row | None,
    rows: dict[int, Row],
    authors: dict[int, Account],
    viewer: AccountId | None,
    *,
    nested: bool = False,
) -> PostView | None:
    if row is None:
        return None
    original = None
    if row["repost_of_id"] is not None:
        original = _view(rows.get(row["repost_of_id"]), rows, authors, viewer)
        if original is None:
            return None
    return PostView(
        id=row["id"],
        author=_author(row, authors),
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        visibility=Visibility(row["visibility"]),
        language=row["language"],
        text=row["text"],
        html=row["html"],
        warning=row["warning"],
        sensitive=row["sensitive"],
        # A parent out of the viewer's sight is left out altogether: not even its id is told (case C4).
        in_reply_to_id=row["in_reply_to_id"] if row["parent_seen"] else None,
        in_reply_to_account_id=row["in_reply_to_account_id"] if row["parent_seen"] else None,
        thread_id=row["thread_id"],
        attachments=from_json(row["attachments"], list[Attachment]),
        mentions=from_json(row["mentions"], list[Mention]),
        tags=row["tags"],
        app_name=row["app_name"],
        app_website=row["app_website"],
        version=row["version"],
        replies_count=row["replies"],
        reposts_count=row["reposts"],
        favourites_count=row["favourites"],
        quotes_count=row["quotes"],
        quote_policy=QuotePolicy(row["quote_policy"]),
        quote=_quote(row, rows, authors, viewer, nested=nested),
        may_quote=row["may_quote"],
        reply_policy=ReplyPolicy(row["reply_policy"]),
        may_reply=row["may_reply"],
        parent_seen=row["parent_seen"],
        viewer_known=viewer is not None,
        favourited=row["favourited"],
        reposted=row["reposted"],
        bookmarked=row["bookmarked"],
        muted=row["muted"],
        pinned=bool(row["pinned"]),
        poll=from_json(row["poll"], Poll) if row["poll"] else None,
        card=card_of(row["card"]),
        repost_of=original,
        filter_version=row["filter_version"],
    )


def _quote(
    row: Row, rows: dict[int, Row], authors: dict[int, Account], viewer: AccountId | None, *, nested: bool
) -> Quote | None:
    """What the post quotes; of a quote inside what is quoted only its id, so that pages stay bounded."""
    if row["quote_seen"] is None:
        return None
    number: int = row["quote_seen"]
    state = QUOTE_STATES[number]
    if state != "accepted":
        return Quote(state)
    post_id = PostId(row["quote_of_id"])
    return Quote(state, post_id, None if nested else _view(rows.get(post_id), rows, authors, viewer, nested=True))


def _author(row: Row, authors: dict[int, Account]) -> Account:
    known = authors.get(row["account_id"])
    if known is None:
        known = authors[row["account_id"]] = Account(
            id=row["account_id"],
            handle=row["handle"],
            domain=row["domain"],
            display_name=row["display_name"],
            note=row["note"],
            note_html=row["note_html"],
            fields=from_json(row["fields"], list[Field]),
            avatar_key=row["avatar_key"],
            header_key=row["header_key"],
            avatar_description=row["avatar_description"],
            header_description=row["header_description"],
            locked=row["locked"],
            bot=row["bot"],
            discoverable=row["discoverable"],
            indexable=row["indexable"],
            hide_collections=row["hide_collections"],
            state=State(row["state"]),
            version=row["account_version"],
            created_at=row["joined_at"],
            posts_count=row["posts_count"],
            followers_count=row["followers_count"],
            following_count=row["following_count"],
            last_post_on=row["last_post_on"],
            role=None if row["role"] is None else Role(row["role"]),
            show_media=row["show_media"],
            show_media_replies=row["show_media_replies"],
            show_featured=row["show_featured"],
        )
    return known
