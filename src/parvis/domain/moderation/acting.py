"""How staff acts: in one transaction with its line in the log; what is refused undoes the act, and is in the log as well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

from parvis.base.errors import Forbidden, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.moderation import log, restriction_rules
from parvis.domain.moderation.log import Detail
from parvis.infra import jobs
from parvis.infra.postgres import Connection
from parvis.infra.secrets import Secrets
from parvis.infra.services import Services

T = TypeVar("T")


class Refused(Forbidden):
    """This action is not allowed, and that it was tried is in the log"""


async def acted(
    services: Services,
    actor_id: AccountId,
    act: str,
    subject: str,
    do: Callable[[Connection], Awaitable[T]],
    now: datetime,
) -> T:
    """What `do` does is done, in a transaction of its own. A refusal undoes it, so its line in the log has another."""
    try:
        async with services.db.transaction() as tx:
            done = await do(tx)
    except Forbidden as refusal:
        async with services.db.transaction() as tx:
            details = {"why": refusal.message}
            await log.record(tx, actor_id=actor_id, act=act, subject=subject, details=details, refused=True, now=now)
        raise Refused(refusal.message) from None
    await jobs.wake(services)
    return done


async def note(
    tx: Connection, actor_id: AccountId, act: str, subject: str, details: Mapping[str, Detail], *, now: datetime
) -> None:
    """The act is in the log. Called last: until the transaction ends, everybody else who notes something waits."""
    await log.record(tx, actor_id=actor_id, act=act, subject=subject, details=details, now=now)


async def check_rank(db: Connection, actor_id: AccountId, subject_id: AccountId) -> None:
    """The actor may act on that account (case D1). Raises: Forbidden."""
    restriction_rules.check_rank(await _role(db, actor_id), await _role(db, subject_id))


async def may_clear(db: Connection, actor_id: AccountId, subject_id: AccountId) -> bool:
    """Whether the actor may find that account without fault; nobody does so for themselves."""
    ranks = await _role(db, actor_id), await _role(db, subject_id)
    return actor_id != subject_id and restriction_rules.may_clear(*ranks)


async def check_staff(db: Connection, actor_id: AccountId) -> None:
    """The actor is one of those who run the place. Raises: Forbidden."""
    restriction_rules.check_rank(await _role(db, actor_id), accounts.Role.MEMBER)


def pseudonym(secrets: Secrets, moderator_id: AccountId) -> str:
    """What a moderator is called before people: always the same, and nobody outside can tell whose it is."""
    return secrets.keyed_hash("pseudonym", str(moderator_id)).hex()[:6]


async def _role(db: Connection, account_id: AccountId) -> accounts.Role:
    try:
        return (await accounts.login_of(db, account_id)).role
    except NotFound:  # nobody signs in with it
        return accounts.Role.MEMBER
