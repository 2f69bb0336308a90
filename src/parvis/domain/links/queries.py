"""The SQL of links and their previews."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.infra.postgres import Connection, Row


async def link_named(
    tx: Connection, link_id: int, url_hash: bytes, url: str, post_id: PostId, author: AccountId, now: datetime
) -> Row:
    """The link (id, card_id, looked_at) that the post now names and no other; nobody else finishes a look at it meanwhile."""
    await tx.execute(
        "INSERT INTO link (id, url_hash, url, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (url_hash) DO NOTHING",
        link_id,
        url_hash,
        url,
        now,
    )
    row = await tx.fetchrow("SELECT id, card_id, looked_at FROM link WHERE url_hash = $1 FOR SHARE", url_hash)
    assert row is not None
    await tx.execute(
        """
        WITH others AS (
            DELETE FROM post_link WHERE account_id = $2 AND post_id = $3 AND link_id <> $1
        )
        INSERT INTO post_link (link_id, account_id, post_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
        """,
        row["id"],
        author,
        post_id,
    )
    return row


async def link_unnamed(tx: Connection, author: AccountId, post_id: PostId) -> bool:
    """Whether the post named a link; now it names none."""
    gone = await tx.fetch(
        "DELETE FROM post_link WHERE account_id = $1 AND post_id = $2 RETURNING link_id", author, post_id
    )
    return bool(gone)


async def leased(
    tx: Connection, link_id: int, now: datetime, until: datetime, fresh_since: datetime, *, anew: bool
) -> str | None:
    """The address, ours alone to look at until then; None when somebody else does or lately did.

    `anew`: whoever looked at it last is dead.
    """
    return await tx.fetchval(
        """
        UPDATE link
           SET leased_until = $3
         WHERE id = $1
           AND ($5 OR leased_until IS NULL OR leased_until < $2)
           AND (looked_at IS NULL OR looked_at < $4)
        RETURNING url
        """,
        link_id,
        now,
        until,
        fresh_since,
        anew,
    )


async def looked(tx: Connection, link_id: int, card_id: int | None, card: str | None, now: datetime) -> int | None:
    """The look is over. The id of the card that posts show from now on: the new one, or the last one that there was."""
    if card is not None:
        await tx.execute(
            "INSERT INTO card (id, link_id, content, created_at) VALUES ($1, $2, $3, $4)", card_id, link_id, card, now
        )
    return await tx.fetchval(
        """
        UPDATE link
           SET card_id = coalesce($2, card_id), looked_at = $3, leased_until = NULL
         WHERE id = $1
        RETURNING card_id
        """,
        link_id,
        card_id,
        now,
    )


async def card_now(db: Connection, link_id: int) -> int | None:
    """The id of the newest preview."""
    return await db.fetchval("SELECT card_id FROM link WHERE id = $1", link_id)


async def last_card(db: Connection, link_id: int) -> str | None:
    """What the newest preview says."""
    return await db.fetchval("SELECT c.content FROM link l JOIN card c ON c.id = l.card_id WHERE l.id = $1", link_id)


async def posts_naming(db: Connection, link_id: int) -> list[Row]:
    """account_id and post_id of every post that names the link."""
    return await db.fetch("SELECT account_id, post_id FROM post_link WHERE link_id = $1", link_id)


async def unused(tx: Connection, before: datetime, most: int) -> list[Row]:
    """Previews that were of links which no post has named since; they are gone (id, content)."""
    return await tx.fetch(
        """
        WITH old AS (
            SELECT l.id
              FROM link l
             WHERE l.created_at < $1 AND NOT EXISTS (SELECT FROM post_link n WHERE n.link_id = l.id)
             LIMIT $2
               FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM link WHERE id IN (SELECT id FROM old)
        )
        DELETE FROM card WHERE link_id IN (SELECT id FROM old) RETURNING id, content
        """,
        before,
        most,
    )
