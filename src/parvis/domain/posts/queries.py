"""All SQL of posts that writes; reading many as one viewer sees them is in view_queries.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts.sight import may_see, may_see_original
from parvis.domain.posts.types import Draft
from parvis.infra.postgres import Connection, Row


async def visible_post(db: Connection, post_id: PostId, viewer: AccountId | None) -> Row | None:
    """The post's bones if the viewer may see it: id, account_id, visibility, thread_id, repost_of_id, mentions …"""
    return await db.fetchrow(
        f"""
        SELECT p.id, p.account_id, p.visibility, p.thread_id, p.language, p.repost_of_id, p.repost_of_account_id,
               p.in_reply_to_id, p.in_reply_to_account_id, p.mentioned_ids
          FROM post_directory d
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
         WHERE d.id = $2 AND {may_see()} AND {may_see_original()}
        """,
        viewer,
        post_id,
    )


async def accounts_by_handle(db: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """(handle, domain) → id, handle, domain of active accounts."""
    if not wanted:
        return {}
    rows = await db.fetch(
        """
        SELECT h.handle AS folded, h.domain AS there, a.id, a.handle, a.domain
          FROM unnest($1::text[], $2::text[]) AS w (handle, domain)
          JOIN account_handle h ON h.handle = w.handle AND h.domain = w.domain
          JOIN account a ON a.id = h.account_id AND a.state < 2
        """,
        [handle for handle, _ in wanted],
        [domain for _, domain in wanted],
    )
    return {(row["folded"], row["there"]): row for row in rows}


async def claim_key(
    tx: Connection, author: AccountId, key: str, body_hash: bytes, post_id: PostId, now: datetime
) -> Row | None:
    """None when the key is new and now stands for this post; otherwise what it stands for (waits for a rival)."""
    fresh = await tx.fetchval(
        """
        INSERT INTO publish_key (account_id, key, body_hash, post_id, created_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (account_id, key) DO NOTHING
        RETURNING true
        """,
        author,
        key,
        body_hash,
        post_id,
        now,
    )
    return None if fresh else await known_key(tx, author, key)


async def known_key(tx: Connection, author: AccountId, key: str) -> Row | None:
    """What the key stands for: post_id, body_hash."""
    return await tx.fetchrow(
        "SELECT post_id, body_hash FROM publish_key WHERE account_id = $1 AND key = $2", author, key
    )


async def insert_post(
    tx: Connection,
    *,
    post_id: PostId,
    author: AccountId,
    draft: Draft,
    html: str,
    thread_id: PostId,
    in_reply_to_account_id: AccountId | None,
    parent_visibility: int | None,
    reply_policy: int,
    quote: Row | None,
    attachments: str,
    mentions: str,
    mentioned_ids: list[int],
    tags: list[str],
    app_name: str | None,
    app_website: str | None,
    now: datetime,
) -> None:
    """The post stands with everything that counts it, in one statement: its author's number and day, its parent's,
    that of what it quotes (which may be its parent).

    A number is for everybody, so it must not tell of what is not (case C8): an author's leaves out posts for mentioned
    people, a parent's leaves out answers that are not public or quiet, and so do quotes.
    """
    await tx.execute(
        """
        WITH directory AS (
            INSERT INTO post_directory (id, account_id) VALUES ($1, $2)
        ), counter AS (
            INSERT INTO post_counter (account_id, post_id) VALUES ($2, $1)
        ), author AS (
            UPDATE account_counter SET posts = posts + 1, last_post_on = $3::timestamptz::date
             WHERE account_id = $2 AND $4::smallint < 3
        ), others AS (
            UPDATE post_counter
               SET replies = replies + coalesce(post_id = $10, false)::int,
                   quotes = quotes + coalesce(post_id = $20, false)::int
             WHERE $4::smallint < 2
               AND ((account_id = $11 AND post_id = $10) OR (account_id = $21 AND post_id = $20))
        )
        INSERT INTO post (id, account_id, created_at, visibility, language, text, html, warning, sensitive,
                          in_reply_to_id, in_reply_to_account_id, thread_id, attachments, mentions, mentioned_ids,
                          tags, app_name, app_website, parent_visibility, quote_of_id, quote_of_account_id, quote_state,
                          quote_policy, reply_policy)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                CASE WHEN $20::bigint IS NOT NULL THEN 1 END, $22, $23)
        """,
        post_id,
        author,
        now,
        int(draft.visibility),
        draft.language,
        draft.text,
        html,
        draft.warning,
        draft.sensitive,
        draft.in_reply_to_id,
        in_reply_to_account_id,
        thread_id,
        attachments,
        mentions,
        mentioned_ids,
        tags,
        app_name,
        app_website,
        parent_visibility,
        quote["id"] if quote else None,
        quote["account_id"] if quote else None,
        int(draft.quote_policy),
        reply_policy,
    )


async def insert_repost(
    tx: Connection, *, repost_id: PostId, author: AccountId, original: Row, visibility: int, now: datetime
) -> PostId | None:
    """The new repost's id, or None when this account had reposted that post before."""
    fresh = await tx.fetchval(
        """
        INSERT INTO repost (account_id, post_id, repost_id) VALUES ($1, $2, $3)
            ON CONFLICT (account_id, post_id) DO NOTHING
        RETURNING true
        """,
        author,
        original["id"],
        repost_id,
    )
    if not fresh:
        return None
    await tx.execute(
        """
        WITH directory AS (
            INSERT INTO post_directory (id, account_id) VALUES ($1, $2)
        )
        INSERT INTO post (id, account_id, created_at, visibility, language, thread_id, repost_of_id, repost_of_account_id)
        VALUES ($1, $2, $3, $4, $5, $1, $6, $7)
        """,
        repost_id,
        author,
        now,
        visibility,
        original["language"],
        original["id"],
        original["account_id"],
    )
    return repost_id


async def repost_of(db: Connection, author: AccountId, post_id: PostId) -> PostId | None:
    """The id of this account's repost of that post."""
    return await db.fetchval("SELECT repost_id FROM repost WHERE account_id = $1 AND post_id = $2", author, post_id)


async def delete_repost(tx: Connection, author: AccountId, post_id: PostId, now: datetime) -> PostId | None:
    """The id of the repost that was taken back, or None if there was none."""
    repost_id = await tx.fetchval(
        "DELETE FROM repost WHERE account_id = $1 AND post_id = $2 RETURNING repost_id", author, post_id
    )
    if repost_id is not None:
        await mark_deleted(tx, author, repost_id, now)
    return repost_id


async def mark_deleted(tx: Connection, author: AccountId, post_id: PostId, now: datetime) -> Row | None:
    """The post is gone for everybody and its words with it; None when it was not there."""
    return await tx.fetchrow(
        """
        UPDATE post
           SET deleted_at = $3, text = '', html = '', warning = '', attachments = '[]', version = version + 1
         WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL
        RETURNING id, visibility, in_reply_to_id, in_reply_to_account_id, repost_of_id, repost_of_account_id, tags,
                  quote_of_id, quote_of_account_id, quote_state
        """,
        author,
        post_id,
        now,
    )


async def orphan_replies(tx: Connection, post_id: PostId) -> None:
    """Answers to the post tell nothing of it any more."""
    await tx.execute("UPDATE post SET parent_visibility = 4 WHERE in_reply_to_id = $1", post_id)


async def delete_tags(tx: Connection, post_id: PostId) -> None:
    await tx.execute("DELETE FROM post_tag WHERE post_id = $1", post_id)


async def insert_tags(
    tx: Connection, author: AccountId, post_id: PostId, tags: Sequence[tuple[str, str]], now: datetime
) -> None:
    """The post is listed under each (folded, as written) tag; a tag's written form is its first."""
    folded, written = [f for f, _ in tags], [w for _, w in tags]
    await tx.execute(
        """
        WITH known AS (
            INSERT INTO tag (name, display_name, created_at)
            SELECT f, w, $5 FROM unnest($3::text[], $4::text[]) AS t (f, w) ORDER BY f
                ON CONFLICT (name) DO NOTHING
        )
        INSERT INTO post_tag (tag, post_id, account_id)
        SELECT f, $2, $1 FROM unnest($3::text[]) AS t (f)
        """,
        author,
        post_id,
        folded,
        written,
        now,
    )


async def count_post(tx: Connection, author: AccountId, change: int, now: datetime | None) -> None:
    """The author's number of posts has changed by that much."""
    await tx.execute(
        """
        UPDATE account_counter
           SET posts = greatest(posts + $2, 0), last_post_on = coalesce($3::date, last_post_on)
         WHERE account_id = $1
        """,
        author,
        change,
        now,
    )


async def count(tx: Connection, column: str, author: AccountId, post_id: PostId, change: int) -> None:
    """One of a post's numbers (replies, reposts, favourites, quotes) has changed by that much."""
    assert column in ("replies", "reposts", "favourites", "quotes")
    await tx.execute(
        f"""
        UPDATE post_counter SET {column} = greatest({column} + $3, 0) WHERE account_id = $1 AND post_id = $2
        """,
        author,
        post_id,
        change,
    )


async def insert_favourite(tx: Connection, viewer: AccountId, post_id: PostId, row_id: int, now: datetime) -> bool:
    """Whether it is new."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO favourite (account_id, post_id, id, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account_id, post_id) DO NOTHING
            RETURNING true
            """,
            viewer,
            post_id,
            row_id,
            now,
        )
    )


async def delete_favourite(tx: Connection, viewer: AccountId, post_id: PostId) -> bool:
    """Whether there was one."""
    return bool(
        await tx.fetchval(
            "DELETE FROM favourite WHERE account_id = $1 AND post_id = $2 RETURNING true", viewer, post_id
        )
    )


async def insert_bookmark(tx: Connection, viewer: AccountId, post_id: PostId, row_id: int, now: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO bookmark (account_id, post_id, id, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, post_id) DO NOTHING
        """,
        viewer,
        post_id,
        row_id,
        now,
    )


async def delete_bookmark(tx: Connection, viewer: AccountId, post_id: PostId) -> None:
    await tx.execute("DELETE FROM bookmark WHERE account_id = $1 AND post_id = $2", viewer, post_id)


async def reposts_of(tx: Connection, post_id: PostId, limit: int) -> list[Row]:
    """Reposts that still stand, for the sweep after a deletion: id, account_id."""
    return await tx.fetch(
        "SELECT id, account_id FROM post WHERE repost_of_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT $2",
        post_id,
        limit,
    )


async def delete_keys(tx: Connection, before: datetime) -> None:
    """Idempotency keys used before that are gone."""
    await tx.execute("DELETE FROM publish_key WHERE created_at < $1", before)
