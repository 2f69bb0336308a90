"""Servers of whose people somebody wants nothing, kept for the day this server speaks with others.

Until then nobody here is of another server, so a block hides nobody and ends no follow; what asks about an account's
server (relationships, quotes) asks it already.
"""

from __future__ import annotations

import re
from datetime import datetime

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId, IdSource
from parvis.base.pages import Page, PageRequest
from parvis.domain.relationships import showing_queries as queries
from parvis.infra.postgres import Connection

MOST_BLOCKED = 1_000
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+(:\d{1,5})?", re.ASCII)


async def block_domain(
    tx: Connection, ids: IdSource, account_id: AccountId, domain: str, *, own: str, now: datetime
) -> None:
    """That the account wants nothing of that server's people is kept.

    Raises: Invalid for what is no domain, for this server (`own`), or for one too many.
    """
    name = checked(domain)
    if name == own.lower():
        raise Invalid("domain", "Validation failed: Domain is this server's own", "invalid")
    if not await queries.new_domain_block(tx, account_id, name, ids.next(), now):
        return
    if await queries.domain_block_count(tx, account_id) > MOST_BLOCKED:
        raise Invalid("domain", f"Validation failed: You can block at most {MOST_BLOCKED} servers", "too_many")


async def unblock_domain(tx: Connection, account_id: AccountId, domain: str) -> None:
    """The account does not block that server."""
    await queries.domain_block_deleted(tx, account_id, domain.strip().lower())


async def blocked_domains(db: Connection, account_id: AccountId, page: PageRequest) -> Page[str]:
    """Which servers the account blocks, the latest first; cursors are those of the rows."""
    rows = await queries.domain_blocks(db, account_id, page)
    if not rows:
        return Page([])
    names = [row["domain"] for row in rows]
    return Page(names, rows[0]["id"], rows[-1]["id"], more=len(rows) >= page.limit, prev_name="since_id")


def checked(domain: str) -> str:
    """The domain in lower case. Raises: Invalid."""
    name = domain.strip().lower()
    if not _DOMAIN.fullmatch(name):
        raise Invalid("domain", "Validation failed: Domain is not a valid domain name", "invalid")
    return name
