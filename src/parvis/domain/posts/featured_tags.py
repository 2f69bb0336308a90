"""Hashtags that somebody shows on their profile, with how often they have used them in public."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, IdSource
from parvis.domain import accounts
from parvis.domain.posts import featured_queries as queries
from parvis.infra import text as texts
from parvis.infra.postgres import Connection
from parvis.infra.text import fold_tag

MOST_FEATURED = 10


class FeaturedTag(msgspec.Struct, frozen=True):
    """`name` is how its owner writes it, `tag` the folded form. Only public and quiet posts are counted."""

    id: int
    tag: str
    name: str
    posts: int
    last_on: date | None


async def feature(tx: Connection, ids: IdSource, account_id: AccountId, name: str, *, now: datetime) -> FeaturedTag:
    """The account shows the hashtag; a second time changes nothing. Raises: Invalid for what is none, or one too many."""
    written = name.strip().removeprefix("#")
    tag = _checked(written)
    made = await queries.new_featured_tag(tx, account_id, tag, written, ids.next(), now)
    if made and await queries.featured_count(tx, account_id) > MOST_FEATURED:
        raise Invalid("base", f"Validation failed: You can feature at most {MOST_FEATURED} hashtags", "too_many")
    return next(one for one in await _of(tx, account_id) if one.tag == tag)


async def unfeature(tx: Connection, account_id: AccountId, name: str) -> None:
    """The account does not show the hashtag."""
    await queries.featured_tag_deleted(tx, account_id, fold_tag(name.removeprefix("#")))


async def unfeature_by_id(tx: Connection, account_id: AccountId, row_id: int) -> None:
    """The account does not show that hashtag. Raises: NotFound."""
    if not await queries.featured_tag_deleted_by_id(tx, account_id, row_id):
        raise NotFound


async def featured(db: Connection, account_id: AccountId) -> list[FeaturedTag]:
    """The hashtags that the account shows, the most used first. Raises: NotFound for an account that is not there."""
    found = await _of(db, account_id)
    if not found:
        await accounts.by_id(db, account_id)
    return found


async def ties(db: Connection, account_id: AccountId, tags: list[str]) -> tuple[set[str], set[str]]:
    """Those of the (folded) names that the account follows, and those that it shows; in one statement."""
    rows = await queries.ties(db, account_id, tags) if tags else []
    return {row["tag"] for row in rows if row["followed"]}, {row["tag"] for row in rows if row["featured"]}


async def used_most(db: Connection, account_id: AccountId) -> list[str]:
    """Folded names of the hashtags that the account uses most and does not show."""
    return await queries.used_most(db, account_id, MOST_FEATURED)


async def _of(db: Connection, account_id: AccountId) -> list[FeaturedTag]:
    rows = await queries.featured_tags(db, account_id)
    return [FeaturedTag(row["id"], row["tag"], row["name"], row["posts"], row["last_on"]) for row in rows]


def _checked(name: str) -> str:
    tag = texts.hashtag(name)
    if tag is None:
        raise Invalid("name", "Validation failed: Tag is invalid", "invalid")
    return tag
