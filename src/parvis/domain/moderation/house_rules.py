"""The rules of the place: shown to everybody, named in reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import IdSource
from parvis.domain.moderation import house_rule_queries as queries
from parvis.domain.moderation.types import HouseRule, RuleVersion
from parvis.infra import text as texts
from parvis.infra.postgres import Connection

LONGEST_RULE = 500


async def current(db: Connection) -> list[HouseRule]:
    """The rules that hold now, in the order in which they were made."""
    return await queries.house_rules(db)


async def words_of(db: Connection, ids: Sequence[int]) -> dict[int, str]:
    """What these versions of rules say, whether they hold or not."""
    return await queries.rule_texts(db, ids) if ids else {}


async def add(tx: Connection, ids: IdSource, *, text: str, hint: str = "", now: datetime) -> HouseRule:
    """The rule holds from now on. Raises: Invalid for an empty or a long one."""
    rule = _checked(ids, text, hint)
    await queries.new_house_rule(tx, rule, now)
    return rule


async def holds(tx: Connection, *, text: str, hint: str) -> bool:
    """Whether there is a rule in these words."""
    return await queries.rule_in_words(tx, texts.clean_line(text), texts.clean_line(hint))


async def change(
    tx: Connection, ids: IdSource, rule_id: int, *, text: str, hint: str = "", now: datetime
) -> HouseRule | None:
    """A new version of the rule holds from now on, at its place; what names the old one goes on to.

    None where that version, in these words, took its place before.

    Raises: Invalid for an empty or a long one; NotFound for a rule that does not hold.
    """
    rule = _checked(ids, text, hint)
    first_id = await queries.house_rule_removed(tx, rule_id, now)
    if first_id is None:
        held = await queries.version_that_holds(tx, rule_id)
        if held is None or (held.text, held.hint) != (rule.text, rule.hint):
            raise NotFound
        return None
    await queries.new_house_rule(tx, rule, now, first_id)
    return rule


async def versions(db: Connection, *, limit: int = 500) -> list[RuleVersion]:
    """Every rule that ever held, version by version, the newest first."""
    return await queries.rule_versions(db, limit)


async def remove(tx: Connection, rule_id: int, *, now: datetime) -> None:
    """The rule does not hold any more; reports that name it go on to. Raises: NotFound."""
    if await queries.house_rule_removed(tx, rule_id, now) is None:
        raise NotFound


def _checked(ids: IdSource, text: str, hint: str) -> HouseRule:
    rule = HouseRule(ids.next(), texts.clean_line(text), texts.clean_line(hint))
    if not rule.text or len(rule.text) > LONGEST_RULE:
        raise Invalid("text", f"Validation failed: A rule has 1 to {LONGEST_RULE} characters", "invalid")
    if len(rule.hint) > LONGEST_RULE:
        raise Invalid("hint", f"Validation failed: An explanation has at most {LONGEST_RULE} characters", "too_long")
    return rule
