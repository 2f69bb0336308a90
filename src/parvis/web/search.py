"""Finding people, posts and hashtags."""

from __future__ import annotations

from parvis.domain import posts, search
from parvis.infra.catalogues import later
from parvis.infra.doors import READING
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call, page
from parvis.web.slices import LIMIT, Slice, people

MOST_PEOPLE = 5
MOST_TAGS = 6
LONGEST_QUERY = 500

OPERATORS = (
    (("from:me", "from:alice"), later("written by somebody")),
    (("has:image", "has:video", "has:audio", "has:poll", "has:link"), later("with something in it")),
    (("is:reply", "is:sensitive", "is:edited", "is:bot"), later("of a certain kind")),
    (("before:2026-01-31", "after:2026-01-01", "during:2026-01-15"), later("of a certain time")),
    (("language:en",), later("in a language")),
    (("in:library",), later("what you wrote, favourited or bookmarked, and what mentions you")),
)


class Wanted(Slice, frozen=True):
    q: str = ""
    only: str = ""  # people, posts or hashtags


@page("GET", "/search", urgency=READING, params=Wanted)
async def find(call: Call[Wanted]) -> Answer:
    """People whose name or profile has the words, hashtags that begin with them, posts that contain them."""
    query, only = " ".join(call.params.q.split())[:LONGEST_QUERY], call.params.only
    words = search.words_of(query)[:100]
    found, tags = [], []
    if call.swaps:  # the next posts only
        return Page("web/posts/_posts.html", await _posts(call, query))
    if words and not words.startswith("#") and only in ("", "people"):
        most = 40 if only else MOST_PEOPLE
        found = await search.people(call.db, words, domain=call.settings.domain, viewer_id=call.viewer_id, limit=most)
    if words.lstrip("#") and not words.startswith("@") and only in ("", "hashtags"):
        most = 40 if only else MOST_TAGS
        tags = await search.tags(call.db, words.lstrip("#"), limit=most, offset=0, now=call.now)
    parts = await _posts(call, query) if query and only in ("", "posts") else {"posts": [], "next": None}
    context = {"query": query, "only": only, "people": await people(call, found), "tags": tags, "operators": OPERATORS}
    return Page("web/search.html", parts | context)


async def _posts(call: Call[Wanted], query: str) -> dict[str, object]:
    ids = await search.posts(
        call.db, query, domain=call.settings.domain, viewer_id=call.viewer_id, limit=LIMIT, below=call.params.before
    )
    shown = await posts.views(call.db, ids, viewer_id=call.viewer_id)
    older = {"q": query, "only": call.params.only, "before": str(ids[-1])} if len(ids) == LIMIT else None
    return {
        "posts": shown,
        "next": with_query("/search", older) if older else None,
        "older": call.params.before is not None,
    }
