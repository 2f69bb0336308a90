"""The SQL of edits."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts.types import Draft
from parvis.infra.postgres import Connection, Row


async def locked_post(tx: Connection, author: AccountId, post_id: PostId) -> Row | None:
    """The author's post as it is, held until the transaction ends; `visibility` as its author chose it, withheld or not."""
    return await tx.fetchrow(
        """
        SELECT text, warning, sensitive, language, attachments, repost_of_id, warned_as,
               coalesce(withheld_as, visibility) AS visibility, quote_state, quote_of_account_id
          FROM post
         WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL
           FOR UPDATE
        """,
        author,
        post_id,
    )


async def poll_before(tx: Connection, author: AccountId, post_id: PostId) -> Row | None:
    return await tx.fetchrow(
        "SELECT options, multiple, hide_totals FROM poll WHERE account_id = $1 AND post_id = $2 FOR UPDATE",
        author,
        post_id,
    )


async def keep_revision(tx: Connection, author: AccountId, post_id: PostId, poll_options: list[str] | None) -> None:
    """What the post says now is kept as a revision."""
    await tx.execute(
        """
        INSERT INTO post_edit (account_id, post_id, version, created_at, text, html, warning, sensitive, attachments,
                               poll_options)
        SELECT account_id, id, version, coalesce(edited_at, created_at), text, html, warning, sensitive, attachments, $3
          FROM post
         WHERE account_id = $1 AND id = $2
        """,
        author,
        post_id,
        poll_options,
    )


async def forget_revisions(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """What the post said before each edit is gone."""
    await tx.execute("DELETE FROM post_edit WHERE account_id = $1 AND post_id = $2", author, post_id)


async def rewrite(
    tx: Connection,
    author: AccountId,
    post_id: PostId,
    *,
    draft: Draft,
    html: str,
    attachments: str,
    mentions: str,
    mentioned_ids: list[int],
    tags: list[str],
    now: datetime,
) -> None:
    await tx.execute(
        """
        UPDATE post
           SET text = $3, html = $4, warning = $5, language = $7, sensitive = $6, attachments = $8, mentions = $9,
               mentioned_ids = $10, tags = $11, edited_at = $12, version = version + 1
         WHERE account_id = $1 AND id = $2
        """,
        author,
        post_id,
        draft.text,
        html,
        draft.warning,
        draft.sensitive,
        draft.language,
        attachments,
        mentions,
        mentioned_ids,
        tags,
        now,
    )


async def revisions(db: Connection, author: AccountId, post_id: PostId) -> list[Row]:
    """Every revision, oldest first, and the present words."""
    return await db.fetch(
        """
        SELECT version, created_at, html, warning, sensitive, attachments, poll_options
          FROM post_edit
         WHERE account_id = $1 AND post_id = $2
         UNION ALL
        SELECT p.version, coalesce(p.edited_at, p.created_at), p.html, p.warning, p.sensitive, p.attachments, o.options
          FROM post p
          LEFT JOIN poll o ON o.account_id = p.account_id AND o.post_id = p.id
         WHERE p.account_id = $1 AND p.id = $2
         ORDER BY version
        """,
        author,
        post_id,
    )


async def replace_attachment(tx: Connection, author: AccountId, post_id: PostId, media_id: int, files: str) -> None:
    """The attachment of that id has these files; a new version, so that nobody shows what was kept of the old one."""
    await tx.execute(
        """
        UPDATE post
           SET version = version + 1,
               attachments = (SELECT jsonb_agg(CASE WHEN (one ->> 'id')::bigint = $3::bigint
                                                    THEN one || jsonb_build_object('files', $4::jsonb)
                                                    ELSE one END ORDER BY place)
                                FROM jsonb_array_elements(attachments) WITH ORDINALITY AS had (one, place))
         WHERE account_id = $1
           AND id = $2
           AND deleted_at IS NULL
           AND attachments @> jsonb_build_array(jsonb_build_object('id', $3::bigint))
        """,
        author, post_id, media_id, files,
    )  # fmt: skip
