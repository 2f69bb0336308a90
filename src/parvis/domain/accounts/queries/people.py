"""Accounts and their handles, counters and totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from parvis.base.ids import AccountId
from parvis.domain.accounts.types import Account, Field, NewAccount, Role, State, Totals
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row

# What `account_of` reads, from account a, account_counter c and login l.
ACCOUNT_COLUMNS = """
    a.id, a.handle, a.domain, a.display_name, a.note, a.note_html, a.fields::text AS fields, a.avatar_key, a.header_key,
    a.avatar_description, a.header_description, a.locked, a.bot, a.discoverable, a.indexable, a.hide_collections,
    a.show_media, a.show_media_replies, a.show_featured, a.state, a.version, a.created_at,
    c.posts, c.followers, c.following, c.last_post_on, l.role
"""


async def handle_taken_by(tx: Connection, handle: str, account_id: AccountId) -> bool:
    """Whether the handle belongs to that account now; False when somebody else had it first."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO account_handle (handle, account_id)
            VALUES ($1, $2)
                ON CONFLICT (handle, domain) DO NOTHING
            RETURNING true
            """,
            handle,
            account_id,
        )
    )


async def handles_reserved(tx: Connection, wanted: Mapping[int, str]) -> set[int]:
    """Who of those who want a handle has it now. Taken in alphabetical order, so that two never wait for each other."""
    rows = await tx.fetch(
        """
        INSERT INTO account_handle (handle, account_id)
        SELECT w.handle, w.holder
          FROM unnest($1::text[], $2::bigint[]) AS w (handle, holder)
         ORDER BY w.handle, w.holder
            ON CONFLICT (handle, domain) DO NOTHING
        RETURNING account_id
        """,
        list(wanted.values()),
        list(wanted),
    )
    return {row["account_id"] for row in rows}


async def handles_released(tx: Connection, held: Mapping[int, str]) -> None:
    """Handles that these have reserved are free."""
    await tx.execute(
        """
        DELETE FROM account_handle h
         USING unnest($1::text[], $2::bigint[]) AS w (handle, holder)
         WHERE h.handle = w.handle
           AND h.domain = ''
           AND h.account_id = w.holder
        """,
        list(held.values()),
        list(held),
    )


async def new_account(
    tx: Connection,
    account_id: AccountId,
    new: NewAccount,
    email_hash: bytes,
    confirmed_at: datetime | None,
    now: datetime,
) -> None:
    """The rows of an account whose handle is already its own."""
    await tx.execute(
        """
        WITH made AS (
            INSERT INTO account (id, handle, display_name, bot, created_at)
            VALUES ($1, $2, $3, $4, $11)
        ), counted AS (
            INSERT INTO account_counter (account_id)
            VALUES ($1)
        )
        INSERT INTO login (account_id, email, email_hash, password_hash, role, confirmed_at, locale, created_at,
                           password_changed_at)
        VALUES ($1, $5, $6, $7, $8, $9, $10, $11, $11)
        """,
        account_id,
        new.handle,
        new.display_name,
        new.bot,
        new.email,
        email_hash,
        new.password_hash,
        int(new.role),
        confirmed_at,
        new.locale,
        now,
    )


async def accounts_by_id(db: Connection, ids: Sequence[AccountId]) -> dict[AccountId, Account]:
    """Those accounts that exist, with counts and roles."""
    rows = await db.fetch(
        f"""
        SELECT {ACCOUNT_COLUMNS}
          FROM account a
          LEFT JOIN account_counter c ON c.account_id = a.id
          LEFT JOIN login l ON l.account_id = a.id
         WHERE a.id = ANY ($1::bigint[])
           AND a.state < 3
        """,
        ids,
    )
    return {row["id"]: account_of(row) for row in rows}


async def account_by_handle(db: Connection, handle: str, domain: str) -> Account | None:
    """The account with that handle; `domain` is empty for local ones."""
    row = await db.fetchrow(
        f"""
        SELECT {ACCOUNT_COLUMNS}
          FROM account_handle h
          JOIN account a ON a.id = h.account_id
          LEFT JOIN account_counter c ON c.account_id = a.id
          LEFT JOIN login l ON l.account_id = a.id
         WHERE h.handle = $1
           AND h.domain = $2
           AND a.state < 3
        """,
        handle,
        domain,
    )
    return account_of(row) if row else None


def account_of(row: Row | Mapping[str, Any]) -> Account:
    """An account from the columns above; what a suspended one says about itself is blank."""
    state = State(row["state"])
    quiet = state >= State.SUSPENDED
    return Account(
        id=row["id"],
        handle=row["handle"],
        domain=row["domain"],
        display_name="" if quiet else row["display_name"],
        note="" if quiet else row["note"],
        note_html="" if quiet else row["note_html"],
        fields=[] if quiet or row["fields"] == "[]" else from_json(row["fields"], list[Field]),
        avatar_key=None if quiet else row["avatar_key"],
        header_key=None if quiet else row["header_key"],
        avatar_description="" if quiet else row["avatar_description"],
        header_description="" if quiet else row["header_description"],
        locked=row["locked"],
        bot=row["bot"],
        discoverable=row["discoverable"],
        indexable=row["indexable"],
        hide_collections=row["hide_collections"],
        state=state,
        version=row["version"],
        created_at=row["created_at"],
        posts_count=row["posts"] or 0,
        followers_count=row["followers"] or 0,
        following_count=row["following"] or 0,
        last_post_on=row["last_post_on"],
        role=None if row["role"] is None else Role(row["role"]),
        show_media=row["show_media"],
        show_media_replies=row["show_media_replies"],
        show_featured=row["show_featured"],
    )


_PROFILE_COLUMNS = frozenset(
    """
    display_name note note_html fields locked bot discoverable indexable hide_collections avatar_key header_key
    avatar_description header_description show_media show_media_replies show_featured
    """.split()
)
_LOGIN_COLUMNS = frozenset(
    """
    default_visibility default_sensitive default_language default_quote_policy default_reply_policy attribution_domains
    locale theme
    """.split()
)


async def profile_changed(tx: Connection, account_id: AccountId, values: Mapping[str, Any]) -> bool:
    """Whether the account was there to be changed; its version has risen."""
    return await _changed(tx, "account", "id", _PROFILE_COLUMNS, account_id, values, ", version = version + 1")


async def preferences_changed(tx: Connection, account_id: AccountId, values: Mapping[str, Any]) -> bool:
    """Whether there was a login to be changed."""
    return await _changed(tx, "login", "account_id", _LOGIN_COLUMNS, account_id, values, "")


async def _changed(
    tx: Connection, table: str, key: str, allowed: frozenset[str], id_: int, values: Mapping[str, Any], also: str
) -> bool:
    chosen = {name: value for name, value in values.items() if name in allowed}
    if not chosen:
        return True
    # Column names come from the constant sets above, never from a request.
    casts = {"fields": "::jsonb"}
    sets = ", ".join(f"{name} = ${n}{casts.get(name, '')}" for n, name in enumerate(chosen, start=2))
    bound = [to_json(value) if name == "fields" else value for name, value in chosen.items()]
    done = await tx.execute(f"UPDATE {table} SET {sets}{also} WHERE {key} = $1", id_, *bound)
    return done != "UPDATE 0"


async def counters_changed(tx: Connection, changes: Sequence[tuple[int, int, int]]) -> None:
    """(account, following by, followers by) are added, in ascending order of accounts, so that no two writers wait
    for each other."""
    await tx.executemany(
        """
        UPDATE account_counter
           SET following = following + $2,
               followers = followers + $3
         WHERE account_id = $1
        """,
        sorted(changes),
    )


async def totals(db: Connection, since: datetime) -> Totals:
    """Local accounts, their posts, and how many of them were here since that moment."""
    row = await db.fetchrow(
        """
        SELECT (SELECT count(*) FROM login WHERE confirmed_at IS NOT NULL) AS accounts,
               (SELECT coalesce(sum(posts), 0)::bigint FROM account_counter) AS posts,
               (SELECT count(*)
                  FROM (SELECT account_id FROM session WHERE last_seen_at > $1
                         UNION
                        SELECT account_id FROM oauth_token WHERE last_used_at > $1 AND account_id IS NOT NULL) seen
               ) AS active
        """,
        since,
    )
    assert row is not None
    return Totals(accounts=row["accounts"], posts=row["posts"], active_month=row["active"])


async def oldest_of_highest_role(db: Connection) -> AccountId | None:
    """The owner who has been here longest: whom people write to."""
    return await db.fetchval(
        """
        SELECT l.account_id
          FROM login l
          JOIN account a ON a.id = l.account_id
         WHERE l.role = 2
           AND a.state = 0
         ORDER BY l.account_id
         LIMIT 1
        """
    )


async def closed(tx: Connection, account_id: AccountId) -> bool:
    """Whether the account was there; now it counts as deleted."""
    return bool(
        await tx.fetchval(
            "UPDATE account SET state = 3, version = version + 1 WHERE id = $1 AND state < 3 RETURNING true", account_id
        )
    )
