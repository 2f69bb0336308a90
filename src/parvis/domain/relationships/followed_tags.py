"""Hashtags that somebody follows: public posts under them are shown at home."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Invalid
from parvis.base.events import TagFollowed
from parvis.base.ids import AccountId, IdSource
from parvis.base.pages import Page, PageRequest
from parvis.domain.relationships import tag_queries as queries
from parvis.infra import events
from parvis.infra import text as texts
from parvis.infra.postgres import Connection
from parvis.infra.text import fold_tag

MOST_TAGS = 1_000


async def follow(tx: Connection, ids: IdSource, account_id: AccountId, name: str, *, now: datetime) -> None:
    """The account follows the hashtag. Raises: Invalid for what is none, or one too many."""
    tag = _checked(name)
    if await queries.new_tag_follow(tx, account_id, tag, ids.next(), now):
        if await queries.tag_count(tx, account_id) > MOST_TAGS:
            raise Invalid("name", f"Validation failed: You can follow at most {MOST_TAGS} hashtags", "too_many")
        await events.record(tx, TagFollowed(account_id))


async def unfollow(tx: Connection, account_id: AccountId, name: str) -> None:
    """The account does not follow the hashtag."""
    await queries.tag_follow_deleted(tx, account_id, fold_tag(name.removeprefix("#")))


async def of(db: Connection, account_id: AccountId, page: PageRequest) -> Page[str]:
    """Folded names of the hashtags that the account follows, the latest first; cursors are those of the rows."""
    rows = await queries.followed_tags(db, account_id, page)
    if not rows:
        return Page([])
    names = [row["tag"] for row in rows]
    return Page(names, rows[0]["id"], rows[-1]["id"], more=len(rows) >= page.limit, prev_name="since_id")


async def any_followed(db: Connection, account_id: AccountId) -> bool:
    """Whether the account follows any hashtag."""
    return await queries.tag_count(db, account_id) > 0


def _checked(name: str) -> str:
    tag = texts.hashtag(name)
    if tag is None:
        raise Invalid("name", "Validation failed: Tag is invalid", "invalid")
    return tag
