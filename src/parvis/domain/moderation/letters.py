"""Letters of the moderators: the statement of reasons, what became of an appeal, what became of a report."""

from __future__ import annotations

from typing import Literal

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.accounts import Login
from parvis.domain.moderation import report_queries, restriction_queries
from parvis.domain.moderation.types import Restriction
from parvis.domain.moderation.words import MEANINGS, NAMES
from parvis.infra import jobs
from parvis.infra.catalogues import catalogue_of
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

STATEMENT_JOB = "moderation.send_statement"
OUTCOME_JOB = "moderation.send_outcome"

What = Literal["made", "lifted", "upheld"]
_STATEMENTS: dict[What, str] = {"made": "restricted", "lifted": "lifted", "upheld": "appeal_upheld"}


async def want_statement(tx: Connection, restriction_id: int, what: What) -> None:
    """Whoever is restricted will have a letter about it."""
    payload = {"restriction_id": restriction_id, "what": what}
    await jobs.enqueue(tx, STATEMENT_JOB, payload, dedupe_key=f"{restriction_id}:{what}")


async def want_outcome(tx: Connection, report_id: int) -> None:
    """Whoever made the report will have a letter about what became of it."""
    await jobs.enqueue(tx, OUTCOME_JOB, {"report_id": report_id}, dedupe_key=str(report_id))


async def send_statement(services: Services, restriction_id: int, what: What) -> None:
    """The address of whoever is restricted has the letter, if they have one that is their own."""
    async with services.db.connection() as db:
        found = await restriction_queries.by_ids(db, [restriction_id])
        whose = await _receiver(db, found[0].account_id) if found else None
    if whose is not None:
        await _send(services, _STATEMENTS[what], whose, "/settings/standing", _statement(found[0], what, whose[0]))


async def send_outcome(services: Services, report_id: int) -> None:
    """The address of whoever made the report has the letter."""
    async with services.db.connection() as db:
        report = await report_queries.report_by_id(db, report_id)
        whose = None if report is None else await _receiver(db, report.account_id)
        about = {} if report is None else await accounts.by_ids(db, [report.target_id])
    if report is None or whose is None or report.target_id not in about:
        return
    name = "report_restricted" if report.outcome == "restricted" else "report_no_fault"
    told = {"who": about[report.target_id].acct, "answer": report.answer or ""}
    await _send(services, name, whose, "/about", told)


async def _receiver(db: Connection, account_id: AccountId) -> tuple[Login, str] | None:
    """Login and handle of somebody who has an address of their own."""
    try:
        login, person = await accounts.login_of(db, account_id), await accounts.by_id(db, account_id)
    except NotFound:
        return None
    return None if login.confirmed_at is None else (login, person.handle)


def _statement(one: Restriction, what: What, login: Login) -> dict[str, str]:
    words = catalogue_of(login.locale)
    # What was upheld may be lifted later all the same, for another reason.
    answer = one.lifted_why if what == "lifted" else one.appeal and one.appeal.answer
    return {
        "what": words.text(NAMES[one.kind]),
        "meaning": words.text(MEANINGS[one.kind]),
        "rule": one.rule_text,
        "reason": one.reason,
        "answer": answer or "",
    }


async def _send(services: Services, name: str, whose: tuple[Login, str], path: str, about: dict[str, str]) -> None:
    login, handle = whose
    letter = accounts.letter(name, login.locale, services, handle=handle, path=path, **about)
    await services.mail.send(login.email, letter.subject, letter.text)
