"""Telling the moderators about somebody, with posts and rules as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain import accounts, posts
from parvis.domain.moderation import queries
from parvis.domain.moderation.types import CATEGORIES, Report
from parvis.infra import text as texts
from parvis.infra.postgres import Connection

LONGEST_COMMENT = 1_000
MOST_POSTS = 100


async def report(
    tx: Connection,
    ids: IdSource,
    account_id: AccountId,
    target_id: AccountId,
    *,
    post_ids: Sequence[PostId] = (),
    rule_ids: Sequence[int] = (),
    category: str | None = None,
    comment: str = "",
    now: datetime,
) -> Report:
    """The moderators will read it; nobody else learns of it.

    Raises: NotFound for an account that is not there, and for a post that is not theirs or out of the reporter's sight;
    Invalid for oneself, a rule that does not hold, a category that we do not know, or words too long.
    """
    await accounts.by_id(tx, target_id)
    comment = texts.clean(comment)
    if len(comment) > LONGEST_COMMENT:
        raise Invalid("comment", f"Validation failed: Comment is longer than {LONGEST_COMMENT} characters", "too_long")
    if target_id == account_id:
        raise Invalid("account_id", "Validation failed: You cannot report yourself", "invalid")
    new = Report(
        ids.next(),
        account_id,
        target_id,
        await _evidence(tx, account_id, target_id, post_ids),
        await _broken(tx, rule_ids),
        _category(category, rule_ids),  # type: ignore[arg-type]
        comment,
        now,
        None,
    )
    await queries.new_report(tx, new)
    return new


async def waiting(db: Connection, *, limit: int = 100) -> list[Report]:
    """Reports that nobody has decided, the oldest first."""
    return await queries.open_reports(db, limit)


async def open_count(db: Connection) -> tuple[int, datetime | None]:
    """How many nobody has decided, and since when the oldest waits."""
    return await queries.open_report_count(db)


async def decide(tx: Connection, report_id: int, *, now: datetime) -> None:
    """Somebody has dealt with the report. Raises: NotFound, also for one that was decided before."""
    if not await queries.report_decided(tx, report_id, now):
        raise NotFound


async def _evidence(
    tx: Connection, account_id: AccountId, target_id: AccountId, wanted: Sequence[PostId]
) -> list[PostId]:
    ids = list(dict.fromkeys(wanted))[:MOST_POSTS]
    seen = {one.id: one for one in await posts.views(tx, ids, viewer_id=account_id)}
    if any(post_id not in seen or seen[post_id].author.id != target_id for post_id in ids):
        raise NotFound
    return ids


async def _broken(tx: Connection, wanted: Sequence[int]) -> list[int]:
    known = {rule.id for rule in await queries.house_rules(tx)}
    if not set(wanted) <= known:
        raise Invalid("rule_ids", "Validation failed: Rules does not reference valid rules", "invalid")
    return list(dict.fromkeys(wanted))


def _category(named: str | None, rule_ids: Sequence[int]) -> str:
    if rule_ids:
        return "violation"
    if named is not None and named not in CATEGORIES:
        raise Invalid("category", "Validation failed: Category is not included in the list", "inclusion")
    return named or "other"
