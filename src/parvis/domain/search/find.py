"""Finding people by their names and words, and posts by theirs."""

from __future__ import annotations

import unicodedata

from parvis.base.ids import AccountId, PostId
from parvis.domain.search import ask, find_queries, tokens
from parvis.infra.postgres import Connection

FARTHEST = 1000  # nobody pages on and on through what is found


async def posts(
    db: Connection,
    query: str,
    *,
    domain: str,
    viewer_id: AccountId | None,
    limit: int = 20,
    offset: int = 0,
    author_id: AccountId | None = None,
    below: int | None = None,
    above: int = 0,
) -> list[PostId]:
    """Posts with these words that the viewer may find, the newest first; operators as in docs/search.md.

    `author_id`, `below` and `above` (ids) narrow it further, as operators do. Costs two statements at most.
    """
    asked = ask.understood(unicodedata.normalize("NFC", query).replace("\0", " "))
    if asked.is_empty or offset > FARTHEST or (asked.library and viewer_id is None):
        return []
    needs, refuses = list(asked.needs), list(asked.refuses)
    if asked.authors or asked.not_authors:
        known = await _authors(db, (*asked.authors, *asked.not_authors), domain, viewer_id)
        if any(known[one] is None for one in asked.authors):
            return []
        needs += [_by(known[one]) for one in asked.authors]
        refuses += [_by(known[one]) for one in asked.not_authors if known[one] is not None]
    if author_id is not None:
        needs.append(_by(author_id))
    anywhere = " & ".join([*needs, *(f"!{one}" for one in refuses)])
    limits = [one for one in (below, asked.below) if one is not None]
    wanted = anywhere
    if asked.library or not needs:  # something must narrow it; who may see a post is asked in any case
        scope = tokens.quoted(_scope(viewer_id, library=asked.library))
        wanted = f"{scope} & {anywhere}" if anywhere else scope
    return await find_queries.post_ids(
        db,
        viewer_id,
        wanted,
        anywhere,
        above=max(above, asked.above),
        below=min(limits) if limits else None,
        library=asked.library,
        limit=limit,
        offset=offset,
    )


async def people(
    db: Connection,
    text: str,
    *,
    domain: str,
    viewer_id: AccountId | None,
    limit: int = 40,
    offset: int = 0,
    only_followed: bool = False,
) -> list[AccountId]:
    """Accounts whose handle begins with the text or whose name or profile has it; `domain` is this server's.

    Nobody is found who blocks the viewer or is blocked by them; limited accounts only by their followers.
    """
    words = " ".join(unicodedata.normalize("NFC", text).replace("\0", "").split())[:100]
    handle, at, there = words.removeprefix("@").partition("@")
    if not words or not handle:
        return []
    asked = ask.understood(words) if not at else ask.Ask()
    return await find_queries.people_matching(
        db,
        unicodedata.normalize("NFKC", handle).casefold(),
        None if not at else _place(there, domain),
        handle,
        " & ".join(one for one in asked.needs if one[:2] not in ("'@", "'#", "'=")) or None,
        viewer_id,
        only_followed=only_followed,
        limit=limit,
        offset=offset,
    )


def words_of(query: str) -> str:
    """The question without its operators, as one looks for people and hashtags with it."""
    return ask.understood(unicodedata.normalize("NFC", query)).words


async def _authors(
    db: Connection, handles: tuple[str, ...], domain: str, viewer_id: AccountId | None
) -> dict[str, AccountId | None]:
    keys: dict[str, tuple[str, str]] = {}
    for one in handles:
        handle, at, there = one.partition("@")
        keys[one] = (unicodedata.normalize("NFKC", handle).casefold(), _place(there, domain) if at else "")
    known = await find_queries.account_ids_by_handle(db, list(keys.values()))
    return {one: viewer_id if one == "me" else known.get(key) for one, key in keys.items()}


def _scope(viewer_id: AccountId | None, *, library: bool) -> str:
    return ask.mark_of_reader(viewer_id) if library and viewer_id is not None else ask.PUBLIC


def _by(account_id: AccountId | None) -> str:
    assert account_id is not None
    return tokens.quoted(ask.mark_of_author(account_id))


def _place(there: str, domain: str) -> str:
    return "" if there.casefold() == domain.casefold() else there.casefold()
