"""A post on a page of its own for the frames of other sites; and the landing page of invitations."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from parvis.base.errors import NotFound
from parvis.base.ids import PostId
from parvis.domain import posts
from parvis.domain.posts import Visibility
from parvis.infra.doors import ENTRANCE, READING, SHARED_S
from parvis.infra.html.headers import embed_headers
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.profiles import handle_of
from parvis.web.routing import Call, page


class OnePost(msgspec.Struct, frozen=True):
    at: str
    post_id: int


class OneInvitation(msgspec.Struct, frozen=True):
    code: str


@page("GET", "/{at:str}/{post_id:str}/embed", urgency=READING, shared_s=SHARED_S, params=OnePost)
async def embed(call: Call[OnePost]) -> Answer:
    """A post for everybody; not shown to whom its author blocks."""
    acct = handle_of(call.params.at)
    post = await posts.view(call.db, PostId(call.params.post_id), viewer_id=call.viewer_id)
    if post.author.acct != acct or post.visibility > Visibility.QUIET or post.repost_of is not None:
        raise NotFound
    return Page("web/posts/embed.html", {"post": post}, headers=embed_headers())


@page("GET", "/invite/{code:str}", urgency=ENTRANCE, params=OneInvitation)
async def invitation(call: Call[OneInvitation]) -> Answer:
    """The form for signing up, with the code of an invitation; for apps, where they can use it."""
    code = call.params.code[:200]
    if "application/json" in call.request.headers.get("accept", ""):
        body: dict[str, Any] = {
            "invite_code": code,
            "instance_api_url": f"{call.settings.public_origin}/api/v1/instance",
        }
        return Response(msgspec.json.encode(body), media_type="application/json; charset=utf-8")
    return Redirect(with_query("/sign-up", {"invitation": code}))
