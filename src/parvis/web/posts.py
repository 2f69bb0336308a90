"""A post's page with its conversation, what one can do with a post, and who did it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, PostId
from parvis.domain import posts
from parvis.domain.posts import PostView
from parvis.infra.catalogues import later
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.html.look import post_path
from parvis.infra.html.paths import safe_path
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import DELETIONS
from parvis.web import meta
from parvis.web.compose import reply_to
from parvis.web.profiles import handle_of
from parvis.web.routing import Call, page
from parvis.web.sifting import sift
from parvis.web.slices import Slice, older, people

FIRST_REPLIES = 60
MOST_REPLIES = 1000
MOST_ANCESTORS = 40
DEEPEST = 4


class OnePost(msgspec.Struct, frozen=True):
    at: str
    post_id: int
    all: bool = False


class PostSlice(Slice, frozen=True):
    at: str = ""
    post_id: int = 0


class ById(msgspec.Struct, frozen=True):
    """`at`: the repost through which the post stands on the page that it came from."""

    post_id: int
    return_to: str = ""
    at: int = 0


class Reply(msgspec.Struct, frozen=True):
    """A reply and how far it is indented; `deep` when it stands deeper than the indentation shows."""

    post: PostView
    depth: int
    deep: bool


@page("GET", "/{at:str}/{post_id:str}", urgency=READING, shared_s=SHARED_S, params=OnePost)
async def conversation(call: Call[OnePost]) -> Answer:
    """The post, what it answers and what answers it."""
    acct = handle_of(call.params.at)
    most = MOST_REPLIES if call.params.all else FIRST_REPLIES
    thread = await posts.thread(
        call.db,
        PostId(call.params.post_id),
        viewer_id=call.viewer_id,
        most_ancestors=MOST_ANCESTORS,
        most_descendants=most + 1,
    )
    ids = [*thread.ancestors, PostId(call.params.post_id), *thread.descendants[:most]]
    seen = await posts.views(call.db, ids, viewer_id=call.viewer_id)
    post = next((one for one in seen if one.id == call.params.post_id), None)
    if post is None:
        raise NotFound
    if post.repost_of is not None or post.author.acct != acct:
        return Redirect(post_path(post))
    stay, folded = await sift(call, seen, "thread")
    shown = {one.id: one for one in stay}
    return Page(
        "web/posts/thread.html",
        {
            "post": post,
            "folded": folded,
            "data": meta.of_post(post, call.settings.public_origin),
            "ancestors": [shown[id_] for id_ in thread.ancestors if id_ in shown],
            "replies": indented(post.id, [shown[id_] for id_ in thread.descendants[:most] if id_ in shown]),
            "more_replies": len(thread.descendants) > most,
            "compose": reply_to(call, post) if call.viewer is not None else None,
        },
    )


def indented(post_id: PostId, replies: Sequence[PostView]) -> list[Reply]:
    """The replies in reading order with their depth, at most DEEPEST."""
    depths: dict[int, int] = {post_id: -1}
    found: list[Reply] = []
    for one in replies:
        depth = depths[one.id] = depths.get(one.in_reply_to_id or 0, -1) + 1
        found.append(Reply(one, min(depth, DEEPEST), depth > DEEPEST))
    return found


@page("GET", "/posts/{post_id:str}", urgency=READING, params=ById)
async def by_id(call: Call[ById]) -> Answer:
    """On to the post's own page."""
    return Redirect(post_path(await posts.view(call.db, PostId(call.params.post_id), viewer_id=call.viewer_id)))


@page("GET", "/{at:str}/{post_id:str}/favourites", urgency=READING, shared_s=SHARED_S, params=PostSlice)
async def favourited_by(call: Call[PostSlice]) -> Answer:
    """Who likes the post."""
    return await _who(call, posts.favourited_by, later("Favourited by"), later("Nobody has favourited this yet"))


@page("GET", "/{at:str}/{post_id:str}/reposts", urgency=READING, shared_s=SHARED_S, params=PostSlice)
async def reposted_by(call: Call[PostSlice]) -> Answer:
    """Who has passed the post on."""
    return await _who(call, posts.reposted_by, later("Reposted by"), later("Nobody has reposted this yet"))


async def _who(call: Call[PostSlice], listing: Callable[..., Awaitable[Any]], heading: str, empty: str) -> Answer:
    post_id = PostId(call.params.post_id)
    found = await listing(call.db, post_id, viewer_id=call.viewer_id, page=call.params.request())
    listed: Sequence[AccountId] = found.items
    parts = {"people": await people(call, listed), "next": older(call, found)}
    if call.swaps:
        return Page("web/people/_people.html", parts)
    titles = {
        "heading": call.text(heading),
        "empty_title": call.text(empty),
        "empty_text": "",
        "back": call.request.url.path.rpartition("/")[0],
    }
    return Page("web/people/list.html", parts | titles)


# ── doing something with a post ──


async def _favourite(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    return await posts.favourite(tx, call.services.ids, call.me, post_id, now=call.now)


async def _unfavourite(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    return await posts.unfavourite(tx, call.me, post_id)


async def _bookmark(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    return await posts.bookmark(tx, call.services.ids, call.me, post_id, now=call.now)


async def _unbookmark(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    return await posts.unbookmark(tx, call.me, post_id)


async def _repost(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    await posts.repost(tx, call.services.ids, call.me, post_id, now=call.now)
    return post_id


async def _pin(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    await posts.pin(tx, call.services.ids, call.me, post_id, now=call.now)
    return post_id


async def _unpin(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    await posts.unpin(tx, call.me, post_id)
    return post_id


async def _mute(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    await posts.mute_thread(tx, call.me, post_id, now=call.now)
    return post_id


async def _unmute(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    await posts.unmute_thread(tx, call.me, post_id)
    return post_id


async def _unrepost(call: Call[ById], tx: Connection, post_id: PostId) -> PostId:
    return await posts.unrepost(tx, call.me, post_id, now=call.now)


def _act(act: Callable[[Call[ById], Connection, PostId], Awaitable[PostId]]) -> Callable[..., Awaitable[Answer]]:
    async def handler(call: Call[ById]) -> Answer:
        post_id = await act(call, call.db, PostId(call.params.post_id))
        if call.swaps:
            return Page("web/posts/_actions.html", {"post": await posts.view(call.db, post_id, viewer_id=call.me)})
        return Redirect(f"{safe_path(call.params.return_to, '/home')}#post-{call.params.at or post_id}")

    handler.__name__ = act.__name__.strip("_")
    return handler


for _name, _function in {
    "favourite": _favourite,
    "unfavourite": _unfavourite,
    "bookmark": _bookmark,
    "unbookmark": _unbookmark,
    "repost": _repost,
    "unrepost": _unrepost,
    "pin": _pin,
    "unpin": _unpin,
    "mute": _mute,
    "unmute": _unmute,
}.items():
    page("POST", f"/posts/{{post_id:str}}/{_name}", audience="session", params=ById)(_act(_function))


@page("GET", "/posts/{post_id:str}/delete", audience="session", params=ById)
async def ask_delete(call: Call[ById]) -> Answer:
    """Whether the post should really go."""
    post = await posts.view(call.db, PostId(call.params.post_id), viewer_id=call.me)
    if post.author.id != call.me:
        raise NotFound
    return Page("web/posts/delete.html", {"post": post})


@page("POST", "/posts/{post_id:str}/delete", audience="session", params=ById, limit=DELETIONS)
async def delete(call: Call[ById]) -> Answer:
    """The post is gone."""
    assert call.viewer is not None
    await posts.remove(call.db, call.me, PostId(call.params.post_id), now=call.now)
    return Redirect(f"/@{call.viewer.handle}", notice="deleted")
