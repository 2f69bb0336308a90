"""Telling the moderators about somebody, with posts and rules as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parvis.base.errors import Forbidden, Invalid, NotFound
from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain import accounts, posts
from parvis.domain.moderation import acting, house_rule_queries, letters, log, restriction_rules
from parvis.domain.moderation import report_queries as queries
from parvis.domain.moderation.types import CATEGORIES, Evidence, Outcome, Report
from parvis.infra import text as texts
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

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
    """The moderators will read it, once if it is sent again before they have decided; nobody else learns of it.

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
    known = await queries.same_report(tx, new)
    if known is not None:
        return known
    new = msgspec.structs.replace(new, evidence=Evidence(posts=await posts.as_they_are(tx, new.post_ids)))
    await queries.new_report(tx, new)
    return new


async def waiting(
    db: Connection, *, reader_id: AccountId | None = None, limit: int = 100, after: int = 0
) -> list[Report]:
    """Reports that nobody has decided, the oldest first, from those above `after`; none about who reads them."""
    return await queries.open_reports(db, reader_id, limit, after)


async def about(db: Connection, reader_id: AccountId, target_id: AccountId, *, limit: int = 50) -> list[Report]:
    """What was told about somebody, the latest first; nobody reads it of themselves."""
    return [] if reader_id == target_id else await queries.reports_about(db, target_id, limit)


async def one(db: Connection, report_id: int) -> Report:
    """The report. Raises: NotFound."""
    found = await queries.report_by_id(db, report_id)
    if found is None:
        raise NotFound
    return found


async def readable(db: Connection, reader_id: AccountId, report_id: int) -> Report:
    """The report. Raises: NotFound, also for one about who reads it: who told it must not become known to them."""
    found = await one(db, report_id)
    if found.target_id == reader_id:
        raise NotFound
    return found


async def dismiss(services: Services, actor_id: AccountId, report_id: int, *, answer: str, now: datetime) -> None:
    """Nobody is at fault, and whoever reported has been told why.

    Raises: NotFound; Forbidden by rank (`restriction_rules.may_clear`); Invalid without a reason.
    """

    async def do(tx: Connection) -> None:
        await acting.check_staff(tx, actor_id)  # before it is told whether there is such a report
        found = await one(tx, report_id)
        if not await acting.may_clear(tx, actor_id, found.target_id):
            raise Forbidden("An owner decides about this one.")
        reason = restriction_rules.check_reason("answer", answer)
        if await settle(tx, actor_id, report_id, found.target_id, outcome="no_fault", answer=reason, now=now):
            await acting.note(tx, actor_id, "report.dismiss", f"report:{report_id}", {"answer": reason}, now=now)

    await acting.acted(services, actor_id, "report.dismiss", f"report:{report_id}", do, now)


async def settle(
    tx: Connection,
    actor_id: AccountId | None,
    report_id: int,
    target_id: AccountId,
    *,
    outcome: Outcome,
    answer: str,
    now: datetime,
) -> bool:
    """The report is decided, and whoever made it will be told; False when it was decided before.

    Raises: NotFound for one that is about somebody else; Forbidden for who made it, or whom it is about.
    """
    found = await one(tx, report_id)
    if found.target_id != target_id:
        raise NotFound
    if actor_id in (found.account_id, found.target_id):
        raise Forbidden("Somebody else decides about a report that you made, or that is about you.")
    if not await queries.report_settled(tx, report_id, actor_id, outcome, answer, now):
        return False
    await letters.want_outcome(tx, report_id)
    return True


async def open_count(db: Connection, reader_id: AccountId) -> tuple[int, datetime | None]:
    """How many nobody has decided, and since when the oldest waits; without those about who reads it."""
    return await queries.open_report_count(db, reader_id)


async def dismiss_by_command(tx: Connection, report_id: int, *, answer: str, now: datetime) -> None:
    """The same by who has the machine in hand, and the log says so. Raises: NotFound, also for one that was decided before."""
    found = await one(tx, report_id)
    reason = restriction_rules.check_reason("answer", answer)
    if not await settle(tx, None, report_id, found.target_id, outcome="no_fault", answer=reason, now=now):
        raise NotFound
    subject = f"report:{report_id}"
    await log.record(tx, actor_id=None, act="report.dismiss", subject=subject, details={"answer": reason}, now=now)


async def _evidence(
    tx: Connection, account_id: AccountId, target_id: AccountId, wanted: Sequence[PostId]
) -> list[PostId]:
    ids = list(dict.fromkeys(wanted))[:MOST_POSTS]
    seen = {one.id: one for one in await posts.views(tx, ids, viewer_id=account_id)}
    if any(post_id not in seen or seen[post_id].author.id != target_id for post_id in ids):
        raise NotFound
    return ids


async def _broken(tx: Connection, wanted: Sequence[int]) -> list[int]:
    known = {rule.id for rule in await house_rule_queries.house_rules(tx)}
    if not set(wanted) <= known:
        raise Invalid("rule_ids", "Validation failed: Rules does not reference valid rules", "invalid")
    return list(dict.fromkeys(wanted))


def _category(named: str | None, rule_ids: Sequence[int]) -> str:
    if rule_ids:
        return "violation"
    if named is not None and named not in CATEGORIES:
        raise Invalid("category", "Validation failed: Category is not included in the list", "inclusion")
    return named or "other"
