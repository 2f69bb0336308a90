"""Keyword filters: words and single posts that somebody does not want to meet, and what is to be done about them.

Every change gives the account's filters another version (see `sieves`, which applies them).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, FilterId, IdSource, PostId
from parvis.domain.relationships import filter_queries as queries
from parvis.infra import text as texts
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row

Place = Literal["home", "notifications", "public", "thread", "account"]
PLACES: tuple[Place, ...] = ("home", "notifications", "public", "thread", "account")
Action = Literal["warn", "hide", "blur"]
ACTIONS: tuple[Action, ...] = ("warn", "hide", "blur")

MOST_FILTERS = 100
MOST_KEYWORDS = 500  # of all filters of an account: each is looked for in each post
MOST_POSTS = 2_000
LONGEST_TITLE = 256
LONGEST_KEYWORD = 512
LONGEST_S = 100 * 365 * 86_400


class Keyword(msgspec.Struct, frozen=True):
    """Words to look for, in one piece; `whole_word`: not inside a longer word."""

    id: int
    keyword: str
    whole_word: bool


class FilteredPost(msgspec.Struct, frozen=True):
    """A single post that a filter is for."""

    id: int
    post_id: PostId


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for, in which places, and what is to be done with what is found."""

    id: FilterId
    title: str
    places: list[Place]
    action: Action
    expires_at: datetime | None
    keywords: list[Keyword] = []
    posts: list[FilteredPost] = []


class FilterChange(msgspec.Struct, frozen=True, kw_only=True):
    """What should become different; None and UNSET keep what was. `expires_in_s` None means never."""

    title: str | None = None
    places: list[str] | None = None
    action: str | None = None
    expires_in_s: int | UnsetType | None = UNSET


class KeywordChange(msgspec.Struct, frozen=True, kw_only=True):
    """A keyword to be added (without `id`), changed or removed."""

    id: int | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    remove: bool = False


async def of(db: Connection, account_id: AccountId) -> list[Filter]:
    """The account's filters with everything in them, the oldest first."""
    return [filter_of(row) for row in await queries.filters(db, account_id)]


async def one(db: Connection, account_id: AccountId, filter_id: FilterId) -> Filter:
    """Raises: NotFound, also for somebody else's."""
    rows = await queries.filters(db, account_id, filter_id)
    if not rows:
        raise NotFound
    return filter_of(rows[0])


async def create(
    tx: Connection,
    ids: IdSource,
    account_id: AccountId,
    *,
    wanted: FilterChange,
    keywords: Sequence[KeywordChange] = (),
    now: datetime,
) -> FilterId:
    """A new filter. Raises: Invalid."""
    wanted = _checked(wanted)
    if not wanted.title:
        raise Invalid("title", "Validation failed: Title can't be blank", "blank")
    if not wanted.places:
        raise Invalid("context", "Validation failed: Context can't be blank", "blank")
    await queries.new_version(tx, account_id, ids.next())
    if await queries.filter_count(tx, account_id) >= MOST_FILTERS:
        raise Invalid("base", f"Validation failed: You have reached the maximum of {MOST_FILTERS} filters", "too_many")
    filter_id = FilterId(ids.next())
    await queries.new_filter(
        tx,
        account_id,
        filter_id,
        title=wanted.title,
        places=wanted.places,
        action=wanted.action or "warn",
        expires_at=None if wanted.expires_in_s is UNSET else _end(wanted.expires_in_s, now),
        now=now,
    )
    await _change_keywords(tx, ids, account_id, filter_id, keywords)
    return filter_id


async def change(
    tx: Connection,
    ids: IdSource,
    account_id: AccountId,
    filter_id: FilterId,
    *,
    wanted: FilterChange,
    keywords: Sequence[KeywordChange] = (),
    now: datetime,
) -> None:
    """The filter is as wanted. Raises: NotFound, also for a keyword of another filter; Invalid."""
    wanted = _checked(wanted)
    await queries.new_version(tx, account_id, ids.next())
    changed = await queries.filter_changed(
        tx,
        account_id,
        filter_id,
        title=wanted.title,
        places=wanted.places,
        action=wanted.action,
        changes_end=wanted.expires_in_s is not UNSET,
        expires_at=None if wanted.expires_in_s is UNSET else _end(wanted.expires_in_s, now),
    )
    if not changed:
        raise NotFound
    await _change_keywords(tx, ids, account_id, filter_id, keywords)


async def remove(tx: Connection, ids: IdSource, account_id: AccountId, filter_id: FilterId) -> None:
    """The filter is gone with everything in it. Raises: NotFound."""
    await queries.new_version(tx, account_id, ids.next())
    if not await queries.filter_deleted(tx, account_id, filter_id):
        raise NotFound
    await queries.no_version_without_filters(tx, account_id)


# ── keywords ──


async def keyword(db: Connection, account_id: AccountId, keyword_id: int) -> tuple[Keyword, Filter]:
    """A keyword and its filter. Raises: NotFound."""
    filter_id = await queries.filter_of_keyword(db, account_id, keyword_id)
    if filter_id is None:
        raise NotFound
    found = await one(db, account_id, filter_id)
    return next(k for k in found.keywords if k.id == keyword_id), found


async def add_keyword(
    tx: Connection, ids: IdSource, account_id: AccountId, filter_id: FilterId, *, keyword: str, whole_word: bool
) -> Keyword:
    """The filter looks for this as well. Raises: NotFound; Invalid."""
    await queries.new_version(tx, account_id, ids.next())
    await one(tx, account_id, filter_id)
    wanted = KeywordChange(keyword=keyword, whole_word=whole_word)
    added = await _change_keywords(tx, ids, account_id, filter_id, [wanted])
    return added[0]


async def change_keyword(
    tx: Connection, ids: IdSource, account_id: AccountId, keyword_id: int, *, keyword: str, whole_word: bool | None
) -> None:
    """The keyword is as wanted. Raises: NotFound; Invalid."""
    await queries.new_version(tx, account_id, ids.next())
    filter_id = await queries.filter_of_keyword(tx, account_id, keyword_id)
    if filter_id is None:
        raise NotFound
    wanted = KeywordChange(id=keyword_id, keyword=keyword, whole_word=whole_word)
    await _change_keywords(tx, ids, account_id, filter_id, [wanted])


async def remove_keyword(
    tx: Connection, ids: IdSource, account_id: AccountId, keyword_id: int, *, with_empty_filter: bool = False
) -> None:
    """The keyword is gone, on demand with its filter when nothing else is in that. Raises: NotFound."""
    await queries.new_version(tx, account_id, ids.next())
    filter_id = await queries.keyword_deleted(tx, account_id, keyword_id)
    if filter_id is None:
        raise NotFound
    if with_empty_filter:
        rest = await one(tx, account_id, filter_id)
        if not rest.keywords and not rest.posts:
            await queries.filter_deleted(tx, account_id, filter_id)
            await queries.no_version_without_filters(tx, account_id)


async def _change_keywords(
    tx: Connection, ids: IdSource, account_id: AccountId, filter_id: FilterId, wanted: Sequence[KeywordChange]
) -> list[Keyword]:
    """Every keyword is as wanted; those that are new come back."""
    added: list[Keyword] = []
    for change in wanted:
        if change.id is None:
            if not change.remove:
                added.append(
                    Keyword(ids.next(), _checked_keyword(change.keyword or ""), change.whole_word is not False)
                )
            continue
        if change.remove:
            found = await queries.keyword_deleted(tx, account_id, change.id, filter_id) is not None
        else:
            text = None if change.keyword is None else _checked_keyword(change.keyword)
            found = await queries.keyword_changed(tx, account_id, filter_id, change.id, text, change.whole_word)
        if not found:
            raise NotFound
    if added:
        await queries.new_keywords(tx, account_id, filter_id, added)
        if await queries.keyword_count(tx, account_id) > MOST_KEYWORDS:
            raise Invalid("base", f"Validation failed: You can have at most {MOST_KEYWORDS} keywords", "too_many")
    return added


# ── single posts ──


async def filtered_post(db: Connection, account_id: AccountId, entry_id: int) -> FilteredPost:
    """Raises: NotFound."""
    row = await queries.post_by_entry(db, account_id, entry_id)
    if row is None:
        raise NotFound
    return FilteredPost(row["id"], row["post_id"])


async def add_post(
    tx: Connection, ids: IdSource, account_id: AccountId, filter_id: FilterId, post_id: PostId
) -> FilteredPost:
    """The filter is for this post as well. That the account may see it is the caller's business.

    Raises: NotFound; Invalid past the largest number of posts.
    """
    await queries.new_version(tx, account_id, ids.next())
    found = await one(tx, account_id, filter_id)
    if len(found.posts) >= MOST_POSTS:
        raise Invalid("base", f"Validation failed: A filter is for at most {MOST_POSTS} posts", "too_many")
    row = await queries.post_entered(tx, account_id, filter_id, post_id, ids.next())
    return FilteredPost(row["id"], row["post_id"])


async def remove_post(tx: Connection, ids: IdSource, account_id: AccountId, entry_id: int) -> FilteredPost:
    """The filter is not for that post; what was removed comes back. Raises: NotFound."""
    await queries.new_version(tx, account_id, ids.next())
    row = await queries.entry_deleted(tx, account_id, entry_id)
    if row is None:
        raise NotFound
    return FilteredPost(row["id"], row["post_id"])


# ── decisions ──


def _checked(wanted: FilterChange) -> FilterChange:
    title = None if wanted.title is None else texts.clean_line(wanted.title)
    if title == "":
        raise Invalid("title", "Validation failed: Title can't be blank", "blank")
    if title is not None and len(title) > LONGEST_TITLE:
        raise Invalid("title", f"Validation failed: Title is too long (maximum is {LONGEST_TITLE})", "too_long")
    if wanted.places is not None and (not wanted.places or set(wanted.places) - set(PLACES)):
        raise Invalid("context", "Validation failed: Context None or invalid context supplied", "invalid")
    if wanted.action is not None and wanted.action not in ACTIONS:
        raise Invalid("filter_action", "Validation failed: Filter action is not included in the list", "inclusion")
    places = None if wanted.places is None else [place for place in PLACES if place in wanted.places]
    return msgspec.structs.replace(wanted, title=title, places=places)


def _checked_keyword(keyword: str) -> str:
    cleaned = texts.clean_line(keyword)
    if not cleaned:
        raise Invalid("keyword", "Validation failed: Keyword can't be blank", "blank")
    if len(cleaned) > LONGEST_KEYWORD:
        raise Invalid("keyword", f"Validation failed: Keyword is too long (maximum is {LONGEST_KEYWORD})", "too_long")
    return cleaned


def _end(seconds: int | None, now: datetime) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=max(-LONGEST_S, min(seconds, LONGEST_S)))


def filter_of(row: Row) -> Filter:
    """A row of `filter_queries.filters` as a struct."""
    return Filter(
        id=row["id"],
        title=row["title"],
        places=row["places"],
        action=row["action"],
        expires_at=row["expires_at"],
        keywords=from_json(row["keywords"], list[Keyword]),
        posts=from_json(row["posts"], list[FilteredPost]),
    )
