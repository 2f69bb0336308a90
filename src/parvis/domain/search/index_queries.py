"""The SQL of putting words into the index and taking them out."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, PostId
from parvis.infra.postgres import Connection, Row

# Locked, so that a post that is removed meanwhile is removed from the index after us, not before.
_SAID = """
    SELECT p.account_id, p.id, p.visibility, p.language, p.text, p.warning, p.sensitive, p.edited_at, p.in_reply_to_id,
           p.attachments, p.mentions, p.mentioned_ids, p.tags, a.bot,
           CASE WHEN p.has_poll THEN (
               SELECT q.options FROM poll q WHERE q.account_id = p.account_id AND q.post_id = p.id) END AS poll_options
      FROM post_directory d
      JOIN post p ON p.account_id = d.account_id AND p.id = d.id
      JOIN account a ON a.id = p.account_id
     WHERE d.id = ANY ($1::bigint[]) AND p.deleted_at IS NULL AND p.repost_of_id IS NULL
     ORDER BY p.id
       FOR SHARE OF p
"""


async def said(tx: Connection, ids: Sequence[PostId]) -> list[Row]:
    """What those of the posts say that are still there, and who may read it; they stay until our commit."""
    return await tx.fetch(_SAID, ids)


async def posts_indexed(tx: Connection, rows: Sequence[tuple[AccountId, PostId, str]]) -> None:
    """(author, post, tsvector): the index has these words of these posts and no others."""
    await tx.execute(
        """
        INSERT INTO search_post (account_id, post_id, tokens)
        SELECT account_id, post_id, tokens::tsvector
          FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS t (account_id, post_id, tokens)
            ON CONFLICT (account_id, post_id) DO UPDATE SET tokens = excluded.tokens
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
    )


async def post_forgotten(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """The index has no word of the post."""
    await tx.execute("DELETE FROM search_post WHERE account_id = $1 AND post_id = $2", author, post_id)


async def people(tx: Connection, ids: Sequence[AccountId]) -> list[Row]:
    """What those accounts say of themselves; those that are gone are left out."""
    return await tx.fetch(
        """
        SELECT id, handle, display_name, note, fields, discoverable
          FROM account
         WHERE id = ANY ($1::bigint[]) AND state < 3
         ORDER BY id
           FOR SHARE
        """,
        ids,
    )


async def accounts_indexed(tx: Connection, wanted: Sequence[AccountId], rows: Sequence[tuple[AccountId, str]]) -> None:
    """Of the wanted accounts the index has these, with these words."""
    kept = [row[0] for row in rows]
    gone = list(set(wanted) - set(kept))
    if gone:
        await tx.execute("DELETE FROM search_account WHERE account_id = ANY ($1::bigint[])", gone)
    await tx.execute(
        """
        INSERT INTO search_account (account_id, tokens)
        SELECT account_id, tokens::tsvector FROM unnest($1::bigint[], $2::text[]) AS t (account_id, tokens)
            ON CONFLICT (account_id) DO UPDATE SET tokens = excluded.tokens
        """,
        kept,
        [row[1] for row in rows],
    )


# ── what was there before the index ──


async def backlog_begun(tx: Connection) -> None:
    """Everything will be put into the index once more, by and by."""
    await tx.execute(
        f"""
        INSERT INTO search_backlog (kind, below) VALUES ('post', {2**63 - 1}), ('account', {2**63 - 1})
            ON CONFLICT (kind) DO UPDATE SET below = excluded.below
        """
    )


async def next_of_backlog(tx: Connection, kind: str, most: int) -> list[int] | None:
    """The next ids of that kind, newest first; None when nothing is missing any more. The place is kept with our commit."""
    below = await tx.fetchval("SELECT below FROM search_backlog WHERE kind = $1 FOR UPDATE", kind)
    if below is None:
        return None
    table = {"post": "post_directory", "account": "account"}[kind]
    rows = await tx.fetch(f"SELECT id FROM {table} WHERE id < $1 ORDER BY id DESC LIMIT $2", below, most)
    ids = [row["id"] for row in rows]
    if ids:
        await tx.execute("UPDATE search_backlog SET below = $2 WHERE kind = $1", kind, ids[-1])
    else:
        await tx.execute("DELETE FROM search_backlog WHERE kind = $1", kind)
    return ids or None
