"""Voting."""

from __future__ import annotations

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import PostId
from parvis.domain import posts
from parvis.infra.catalogues import later
from parvis.infra.html.paths import safe_path
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.routing import Call, page

PROBLEMS = {
    "expired": later("This poll is over."),
    "own": later("You asked this yourself."),
    "taken": later("You have voted already."),
}


class Vote(msgspec.Struct, frozen=True):
    """`at`: the repost through which the post stands on the page that it came from."""

    post_id: int
    choices: list[int] = []
    return_to: str = ""
    at: int = 0


@page("POST", "/posts/{post_id:str}/vote", audience="session", params=Vote)
async def vote(call: Call[Vote]) -> Answer:
    """The vote counts, once; who has voted before sees how it stands."""
    post_id = PostId(call.params.post_id)
    problem = ""
    try:
        await posts.vote(call.db, call.me, post_id, call.params.choices, now=call.now)
    except Invalid as refused:
        problem = call.text(PROBLEMS.get(refused.code, later("Choose an answer first.")))
    post = await posts.view(call.db, post_id, viewer_id=call.me)
    if post.poll is None:
        raise NotFound
    if call.swaps:
        return Page("web/posts/_poll.html", {"shown": post, "poll_problem": problem})
    place = f"{safe_path(call.params.return_to, '/home')}#post-{call.params.at or post_id}"
    return Redirect(place, notice="" if problem else "voted")
