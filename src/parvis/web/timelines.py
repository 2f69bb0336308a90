"""The start page, home, the square, hashtags, and one's own lists of posts."""

from __future__ import annotations

from parvis.domain import posts, timelines
from parvis.domain.accounts.rules import SESSION_LIFETIME
from parvis.infra.background import in_background
from parvis.infra.catalogues import later
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.text import fold_tag
from parvis.web import announcements, feeds
from parvis.web.compose import blank
from parvis.web.entrance import session_cookie_of
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, timeline


class TagSlice(Slice, frozen=True):
    name: str = ""


@page("GET", "/", urgency=READING, shared_s=SHARED_S, params=Slice)
async def start(call: Call[Slice]) -> Answer:
    """Members are led home; strangers learn what this place is and what is being said."""
    if call.viewer is not None:
        return Redirect("/home")
    found = await timelines.public(call.db, None, call.params.request())
    return await timeline(call, "web/timelines/landing.html", found, place="public")


@page("GET", "/home", audience="session", params=Slice)
async def home(call: Call[Slice]) -> Answer:
    """What those one follows have published, newest first."""
    found = await timelines.home(call.db, call.me, call.params.request(), now=call.now)
    if found.stale:
        in_background(timelines.visit(call.services, reader=call.me, now=call.now))
    compose = blank(call, return_to="/home", prompt=call.text(later("What is there to say?")))
    told = await announcements.any_now(call)
    answer = await timeline(call, "web/timelines/home.html", found.page, place="home", compose=compose, announced=told)
    if isinstance(answer, Page) and call.session_token is not None:
        # The session lives on with every visit, and so must its cookie.
        answer.cookies.append(session_cookie_of(call, call.session_token, SESSION_LIFETIME))
    return answer


@page("GET", "/public", urgency=READING, shared_s=SHARED_S, params=Slice)
async def public(call: Call[Slice]) -> Answer:
    """What the people of this place have published for everybody."""
    found = await timelines.public(call.db, call.viewer_id, call.params.request())
    return await timeline(call, "web/timelines/public.html", found, place="public")


@page("GET", "/tags/{name:str}", urgency=READING, shared_s=SHARED_S, params=TagSlice)
async def tag(call: Call[TagSlice]) -> Answer:
    """Public posts under a hashtag; `bread.rss` is the same for feed readers."""
    if call.params.name.endswith(".rss"):
        return await feeds.of_tag(call, call.params.name.removesuffix(".rss").lstrip("#")[:100])
    name = call.params.name.lstrip("#")[:100]
    found = await timelines.tag(call.db, call.viewer_id, name, call.params.request())
    followed: set[str] = set()
    featured: set[str] = set()
    if call.viewer_id is not None and not call.swaps:
        followed, featured = await posts.featured_tags.ties(call.db, call.viewer_id, [fold_tag(name)])
    return await timeline(
        call,
        "web/timelines/tag.html",
        found,
        place="public",
        tag=name,
        followed=bool(followed),
        featured=bool(featured),
    )


@page("GET", "/bookmarks", audience="session", params=Slice)
async def bookmarks(call: Call[Slice]) -> Answer:
    """What one has put aside."""
    found = await posts.bookmarks(call.db, call.me, call.params.request())
    return await timeline(
        call,
        "web/timelines/list.html",
        found,
        heading=call.text(later("Bookmarks")),
        empty_icon="ribbon",
        empty_title=call.text(later("Nothing put aside")),
        empty_text=call.text(later("What you mark with the ribbon stays here. Nobody else learns of it.")),
    )


@page("GET", "/favourites", audience="session", params=Slice)
async def favourites(call: Call[Slice]) -> Answer:
    """What one has favourited."""
    found = await posts.favourites(call.db, call.me, call.params.request())
    return await timeline(
        call,
        "web/timelines/list.html",
        found,
        heading=call.text(later("Favourites")),
        empty_icon="heart",
        empty_title=call.text(later("No favourites yet")),
        empty_text=call.text(later("The heart tells the author that you like it, and keeps it here.")),
    )
