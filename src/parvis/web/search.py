"""Finding people and hashtags."""

from __future__ import annotations

from parvis.domain import relationships, search
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, people

MOST_PEOPLE = 20
MOST_TAGS = 10


class Wanted(Slice, frozen=True):
    q: str = ""


@page("GET", "/search", params=Wanted)
async def find(call: Call[Wanted]) -> Answer:
    """People whose name or handle has the words, hashtags that begin with them."""
    query = " ".join(call.params.q.split())[:100]
    found, tags = [], []
    if query and not query.startswith("#"):
        found = await relationships.search(
            call.db, query, domain=call.settings.domain, viewer_id=call.viewer_id, limit=MOST_PEOPLE
        )
    if query.lstrip("#") and not query.startswith("@"):
        tags = await search.tags(call.db, query.lstrip("#"), limit=MOST_TAGS, offset=0, now=call.now)
    return Page(
        "web/search.html",
        {
            "query": query,
            "people": await people(call, found),
            "next": None,
            "tags": [one.name for one in tags],
        },
    )
