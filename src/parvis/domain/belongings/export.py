"""Tables to take along."""

from __future__ import annotations

from parvis.base.ids import AccountId
from parvis.domain.belongings import queries, tables
from parvis.domain.belongings.tables import Kind
from parvis.infra.postgres import Connection, Row


async def exported(db: Connection, account_id: AccountId, kind: Kind, *, domain: str, origin: str) -> str:
    """That table of the account's, as other servers read it; posts are named by their addresses."""
    match kind:
        case "follows":
            rows = [
                [
                    _address(row, domain),
                    _word(row["show_reposts"]),
                    _word(row["notify"]),
                    ", ".join(row["languages"] or []),
                ]
                for row in await queries.followed(db, account_id)
            ]
        case "blocks":
            rows = [[_address(row, domain)] for row in await queries.blocked(db, account_id)]
        case "mutes":
            rows = [
                [_address(row, domain), _word(row["hide_notifications"])] for row in await queries.muted(db, account_id)
            ]
        case "lists":
            rows = [[row["title"], _address(row, domain)] for row in await queries.listed(db, account_id)]
        case "bookmarks":
            rows = [[f"{origin}/@{row['handle']}/{row['id']}"] for row in await queries.bookmarked(db, account_id)]
    return tables.written(kind, rows)


async def numbers(db: Connection, account_id: AccountId) -> dict[Kind, int]:
    """How many rows each table would have."""
    row = await queries.counts(db, account_id)
    return {kind: row[kind] for kind in tables.KINDS}


def _address(row: Row, domain: str) -> str:
    return f"{row['handle']}@{row['domain'] or domain}"


def _word(value: bool) -> str:
    return "true" if value else "false"
