"""The same post through many eyes at once: for telling open connections, two queries however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts import view_queries
from parvis.domain.posts.types import QUOTE_STATES, PostView, Quote
from parvis.domain.posts.views import views
from parvis.infra.postgres import Connection, Row


class Look(msgspec.Struct, frozen=True):
    """A post as all of these viewers see it alike (None: a stranger). An author always looks at it alone.

    `filter_versions` are those of the viewers who have filters; what these do to the post is not in the look.
    """

    view: PostView
    viewers: list[AccountId | None]
    filter_versions: dict[AccountId, int]


async def looks(db: Connection, post_id: PostId, author: AccountId, viewers: Sequence[AccountId | None]) -> list[Look]:
    """How the post looks to those of the viewers who may see it; the others are in no look."""
    if not viewers:
        return []
    as_author = await views(db, [post_id], viewer_id=author)
    if not as_author:
        return []
    post = as_author[0]
    eyes = await view_queries.eyes(db, post_id, viewers)
    quoted = await _quoted(db, post, eyes)
    found: dict[tuple[object, ...], Look] = {}
    for viewer in viewers:
        seen = {row["id"]: row for row in eyes.get(viewer, ())}
        if post.id not in seen or (post.repost_of and post.repost_of.id not in seen):
            continue
        key = (
            viewer is None,
            viewer == post.author.id,
            viewer == post.shown.author.id,
            *map(_differences, seen.values()),
        )
        if key not in found:
            found[key] = Look(_seen(post, seen, viewer, quoted), [], {})
        found[key].viewers.append(viewer)
        version = seen[post.id]["filter_version"]
        if viewer is not None and version is not None:
            found[key].filter_versions[viewer] = version
    return list(found.values())


async def _quoted(db: Connection, post: PostView, eyes: Mapping[AccountId | None, Sequence[Row]]) -> PostView | None:
    """What the post quotes, as its own author sees it; who publishes the quote may not see it any more, others may."""
    own = {post.id, post.shown.id}
    row = next((row for rows in eyes.values() for row in rows if row["id"] not in own), None)
    if row is None:
        return None
    found = await views(db, [row["id"]], viewer_id=row["account_id"])
    return found[0] if found else None


def _differences(row: Row) -> tuple[object, ...]:
    marks = row["favourited"], row["reposted"], row["bookmarked"], row["muted"], row["pinned"]
    return row["id"], *marks, row["parent_seen"], tuple(row["choices"] or ()), row["quote_seen"], row["may_quote"]


def _seen(post: PostView, rows: dict[int, Row], viewer: AccountId | None, quoted: PostView | None) -> PostView:
    """The post with everything in it that depends on who looks; `quoted` None: no quote is followed."""
    row = rows[post.id]
    return msgspec.structs.replace(
        post,
        viewer_known=viewer is not None,
        favourited=row["favourited"],
        reposted=row["reposted"],
        bookmarked=row["bookmarked"],
        muted=row["muted"],
        pinned=bool(row["pinned"]),
        poll=msgspec.structs.replace(post.poll, own=row["choices"]) if post.poll else None,
        parent_seen=row["parent_seen"],
        # Not from `post`, which is as its author sees it: a reposter may not see what the original answers.
        in_reply_to_id=row["in_reply_to_id"] if row["parent_seen"] else None,
        in_reply_to_account_id=row["in_reply_to_account_id"] if row["parent_seen"] else None,
        may_quote=row["may_quote"],
        quote=_quote(row, rows, viewer, quoted),
        repost_of=_seen(post.repost_of, rows, viewer, quoted) if post.repost_of else None,
    )


def _quote(row: Row, rows: dict[int, Row], viewer: AccountId | None, quoted: PostView | None) -> Quote | None:
    if row["quote_seen"] is None:
        return None
    number: int = row["quote_seen"]
    state = QUOTE_STATES[number]
    if state != "accepted":
        return Quote(state)
    post_id = row["quote_of_id"]
    if quoted is None or quoted.id != post_id:
        return Quote(state, post_id)
    return Quote(state, post_id, _seen(quoted, rows, viewer, None))
