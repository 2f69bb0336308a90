"""Which keys do what, as a page and as a box that the key `?` opens."""

from __future__ import annotations

from parvis.infra.catalogues import later
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call, page

READING = (
    (("j", "k"), later("next and previous %(post)s")),
    (("o",), later("open it")),
    (("x",), later("show or hide what is folded")),
    (("r",), later("reply")),
    (("f",), later("favourite it")),
    (("b",), later("repost it")),
    (("s",), later("bookmark it")),
    ((".",), later("new %(posts)s, and to the top")),
)
WRITING = ((("n",), later("write")), (("Ctrl", "Enter"), later("publish")), (("/",), later("search")))
GOING = (
    (("g", "h"), later("Home")),
    (("g", "l"), later("The square")),
    (("g", "e"), later("Explore")),
    (("g", "n"), later("Notifications")),
    (("g", "c"), later("Conversations")),
    (("g", "b"), later("Bookmarks")),
    (("g", "p"), later("Your profile")),
    (("g", "s"), later("Settings")),
)
GROUPS = ((later("Reading"), READING), (later("Writing and searching"), WRITING), (later("Going somewhere"), GOING))


@page("GET", "/keys", audience="session")
async def keys(call: Call[None]) -> Answer:
    """Every key there is, and the choice to use none."""
    return Page("web/_keys.html" if call.swaps else "web/keys.html", {"groups": GROUPS})
