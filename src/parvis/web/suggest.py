"""What scripts ask for while somebody writes or searches: who or what may be meant, and the emoji to choose from."""

from __future__ import annotations

import msgspec

from parvis.domain import accounts, search
from parvis.domain.accounts.types import Account
from parvis.infra import emoji
from parvis.infra.catalogues import later
from parvis.infra.doors import READING
from parvis.infra.html.assets import asset_path, has_asset
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call, page
from parvis.web.search import OPERATORS

MOST = 6
LONGEST = 100

# The groups of Unicode in its order, each with a sign that stands for it.
GROUPS = (
    ("😀", later("Smileys and feelings")),
    ("👋", later("People and bodies")),
    ("🐻", later("Animals and nature")),
    ("🍞", later("Food and drink")),
    ("🚲", later("Travel and places")),
    ("⚽", later("Activities")),
    ("💡", later("Objects")),
    ("🔣", later("Signs")),
    ("🏁", later("Flags")),
)
TONES = ("👋", "👋🏻", "👋🏼", "👋🏽", "👋🏾", "👋🏿")


class Begun(msgspec.Struct, frozen=True):
    """What has been typed so far; `only` people or hashtags when a text says which it wants."""

    q: str = ""
    only: str = ""


@page("GET", "/suggest", urgency=READING, params=Begun)
async def suggest(call: Call[Begun]) -> Answer:
    """The options of a list (for suggest.js): people and hashtags, and in a search its operators too."""
    query, only = " ".join(call.params.q.split())[:LONGEST], call.params.only
    words = query if only else search.words_of(query)
    people: list[Account] = []
    tags: list[str] = []
    if words and not words.startswith("#") and only in ("", "people"):
        people = await _people(call, words)
    if words.lstrip("#") and not words.startswith("@") and only in ("", "hashtags"):
        found = await search.tags(call.db, words.lstrip("#"), limit=MOST, offset=0, now=call.now)
        tags = [one.name for one in found]
    operators = [] if only else _operators(query)
    return Page("web/_suggestions.html", {"people": people, "tags": tags, "operators": operators, "only": only})


async def _people(call: Call[Begun], words: str) -> list[Account]:
    ids = await search.people(
        call.db, words, domain=call.settings.domain, viewer_id=call.viewer_id, limit=MOST if call.params.only else 4
    )
    found = await accounts.by_ids(call.db, ids)
    return [found[one] for one in ids if one in found]


def _operators(query: str) -> list[tuple[str, str, str]]:
    """The question with its last word made an operator, that operator, and what it asks for."""
    before, _, last = query.rpartition(" ")
    bare = last.removeprefix("-").casefold()
    if len(bare) < 2:
        return []
    sign = last[: len(last) - len(bare)]
    fitting = [(one, meaning) for codes, meaning in OPERATORS for one in codes if one.startswith(bare) and one != bare]
    return [(f"{before} {sign}{one}".strip(), sign + one, meaning) for one, meaning in fitting[:MOST]]


@page("GET", "/compose/emoji", audience="session")
async def picker(call: Call[msgspec.Struct]) -> Answer:
    """The box to choose emoji from (for emoji.js), with those of this place; those of Unicode are a file."""
    known = emoji.known()
    own = [(one.shortcode, f"/media/{one.key}", one.category or "") for one in known.every if one.listed]
    listed = f"vendor/emoji.{call.locale}.json"
    context = {
        "own": msgspec.json.encode(own).decode(),
        "listed": asset_path(listed) if has_asset(listed) else "",
        "groups": GROUPS,
        "tones": TONES,
    }
    return Page("web/posts/_emoji.html", context)
