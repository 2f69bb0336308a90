"""Bringing tables from another place: read at once, taken in by a job, row by row, however often it is interrupted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import Invalid, NotFound, Problem
from parvis.base.ids import MAX_ID, AccountId, ListId, PostId
from parvis.domain import accounts, posts, relationships
from parvis.domain.belongings import queries, tables
from parvis.domain.belongings.tables import Kind
from parvis.domain.belongings.types import Import
from parvis.domain.relationships import lists
from parvis.infra import jobs
from parvis.infra.encoding import to_json
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

IMPORT_JOB = "belongings.import"
MOST_OPEN = 3
AT_ONCE = 50
_NAMED = 20  # so many of the rows that failed are shown
_SHOWN = 10
_POST = re.compile(r"/@[A-Za-z0-9_]+/(\d{1,19})/?$|/statuses/(\d{1,19})/?$")


async def begin(
    tx: Connection, services: Services, account_id: AccountId, *, kind: str, data: bytes, replaces: bool, now: datetime
) -> int:
    """The table was read and will be taken in; the id of the import. With `replaces`, what is not in it will go.

    Raises: Invalid for a kind that does not exist, a file that is no such table, or too many imports at once.
    """
    if kind not in tables.KINDS:
        raise Invalid("kind", "There is no such table", "inclusion")
    rows = tables.read(kind, data)
    if await queries.open_imports(tx, account_id) >= MOST_OPEN:
        raise Invalid("file", "Wait until what you brought before is taken in", "too_many")
    import_id = services.ids.next()
    await queries.new_import(tx, account_id, import_id, kind, replaces, to_json(rows), now)
    await jobs.enqueue(tx, IMPORT_JOB, {"account_id": account_id, "import_id": import_id}, priority=5)
    return import_id


async def of(db: Connection, account_id: AccountId) -> list[Import]:
    """The account's latest imports, the newest first."""
    return await queries.imports(db, account_id, _SHOWN)


async def take_in(services: Services, account_id: AccountId, import_id: int, *, now: datetime) -> None:
    """Every row was taken in or counts as failed. Each batch is one transaction, so nothing is done twice or left out."""
    more = True
    while more:
        async with services.db.transaction() as tx:
            more = await _batch(tx, services, account_id, import_id, now)
        await jobs.wake(services)


async def _batch(tx: Connection, services: Services, account_id: AccountId, import_id: int, now: datetime) -> bool:
    found = await queries.import_locked(tx, account_id, import_id)
    if found is None:
        return False
    what, rows = found
    failed: list[str] = []
    for row in rows[what.done : what.done + AT_ONCE]:
        try:
            async with tx.transaction():
                await _take(tx, services, account_id, what.kind, row, now)
        except Problem:
            failed.append(", ".join(cell for cell in row if cell)[:200])
    done = min(what.done + AT_ONCE, len(rows))
    await queries.import_advanced(tx, account_id, import_id, done, failed, _NAMED)
    if done < len(rows):
        return True
    if what.replaces:
        await _drop_others(tx, services, account_id, what.kind, rows)
    await queries.import_finished(tx, account_id, import_id, now)
    return False


async def _take(
    tx: Connection, services: Services, account_id: AccountId, kind: Kind, row: Sequence[str], now: datetime
) -> None:
    """The row holds. Raises: Problem when it cannot."""
    match kind:
        case "follows":
            languages = [one.strip() for one in row[3].split(",") if one.strip()] or None
            target = await _account(tx, services, row[0])
            await relationships.follow(
                tx,
                services.ids,
                account_id,
                target,
                show_reposts=tables.yes(row[1], otherwise=True),
                notify=tables.yes(row[2], otherwise=False),
                languages=languages,
                now=now,
            )
        case "blocks":
            await relationships.block(tx, services.ids, account_id, await _account(tx, services, row[0]), now=now)
        case "mutes":
            hide = tables.yes(row[1], otherwise=True)
            target = await _account(tx, services, row[0])
            await relationships.mute(tx, services.ids, account_id, target, hide_notifications=hide, now=now)
        case "lists":
            await _list(tx, services, account_id, row[0], await _account(tx, services, row[1]), now)
        case "bookmarks":
            await posts.bookmark(tx, services.ids, account_id, _post(row[0], services), now=now)


async def _list(
    tx: Connection, services: Services, account_id: AccountId, title: str, member: AccountId, now: datetime
) -> None:
    known = {one.title: one.id for one in await lists.of(tx, account_id)}
    list_id = known.get(title)
    if list_id is None:
        list_id = (await lists.create(tx, services.ids, account_id, wanted=lists.ListChange(title=title), now=now)).id
    await lists.add(tx, account_id, list_id, [member])


async def _drop_others(
    tx: Connection, services: Services, account_id: AccountId, kind: Kind, rows: Sequence[Sequence[str]]
) -> None:
    """What the table does not name is gone."""
    named = {(_key(kind, row[0], services),) for row in rows}
    domain = services.settings.domain
    match kind:
        case "follows":
            for row in await queries.followed(tx, account_id):
                if (f"{row['handle']}@{row['domain'] or domain}".casefold(),) not in named:
                    await relationships.unfollow(
                        tx, account_id, await _account(tx, services, _of(row["handle"], row["domain"]))
                    )
        case "blocks":
            for row in await queries.blocked(tx, account_id):
                if (f"{row['handle']}@{row['domain'] or domain}".casefold(),) not in named:
                    await relationships.unblock(
                        tx, account_id, await _account(tx, services, _of(row["handle"], row["domain"]))
                    )
        case "mutes":
            for row in await queries.muted(tx, account_id):
                if (f"{row['handle']}@{row['domain'] or domain}".casefold(),) not in named:
                    await relationships.unmute(
                        tx, account_id, await _account(tx, services, _of(row["handle"], row["domain"]))
                    )
        case "lists":
            await _drop_from_lists(tx, services, account_id, rows)
        case "bookmarks":
            for row in await queries.bookmarked(tx, account_id):
                if (str(row["id"]),) not in named:
                    await posts.unbookmark(tx, account_id, PostId(row["id"]))


async def _drop_from_lists(
    tx: Connection, services: Services, account_id: AccountId, rows: Sequence[Sequence[str]]
) -> None:
    """Lists that are not named are gone, and members that are not named are in no list that stays."""
    titles = {row[0] for row in rows}
    kept: dict[str, ListId] = {}
    for one in await lists.of(tx, account_id):
        if one.title in titles:
            kept[one.title] = one.id
        else:
            await lists.remove(tx, account_id, one.id)
    named = {(row[0], _key("lists", row[1], services)) for row in rows}
    for row in await queries.listed(tx, account_id):
        address = f"{row['handle']}@{row['domain'] or services.settings.domain}".casefold()
        if (row["title"], address) not in named:
            member = await _account(tx, services, _of(row["handle"], row["domain"]))
            await lists.drop(tx, account_id, kept[row["title"]], [member])


def _of(handle: str, domain: str | None) -> str:
    return f"{handle}@{domain}" if domain else handle


def _key(kind: Kind, cell: str, services: Services) -> str:
    if kind == "bookmarks":
        found = _POST.search(cell)
        return (found[1] or found[2]) if found else ""
    address = cell.removeprefix("acct:").removeprefix("@").casefold()
    return address if "@" in address else f"{address}@{services.settings.domain.casefold()}"


async def _account(db: Connection, services: Services, address: str) -> AccountId:
    found = await accounts.by_handle(db, address.removeprefix("acct:"), domain=services.settings.domain)
    return found.id


def _post(address: str, services: Services) -> PostId:
    """The post of this place with that address. Raises: NotFound for another place's."""
    found = _POST.search(address)
    origin = services.settings.public_origin
    if found is None or not (address.startswith(f"{origin}/") or address.startswith("/")):
        raise NotFound
    number = int(found[1] or found[2])
    if number > MAX_ID:
        raise NotFound
    return PostId(number)
