"""The SQL of previews below posts."""

from __future__ import annotations

from parvis.base.ids import AccountId, PostId
from parvis.infra.postgres import Connection, Row


async def locked_words(tx: Connection, post_id: PostId) -> Row | None:
    """account_id, text, card_id of the post and its author's domain; nobody removes it until our commit."""
    return await tx.fetchrow(
        """
        SELECT p.account_id, p.text, p.card_id, a.domain
          FROM post_directory d
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
         WHERE d.id = $1 AND p.deleted_at IS NULL AND p.repost_of_id IS NULL
           FOR UPDATE OF p
        """,
        post_id,
    )


async def card_set(tx: Connection, author: AccountId, post_id: PostId, card_id: int | None) -> None:
    """The post shows that preview; its version is new if that is."""
    await tx.execute(
        """
        UPDATE post SET card_id = $3, version = version + 1
         WHERE account_id = $1 AND id = $2 AND card_id IS DISTINCT FROM $3
        """,
        author,
        post_id,
        card_id,
    )


async def card_shown(tx: Connection, link_id: int, card_id: int) -> None:
    """The preview stands below all posts with the link that have none; their versions are new."""
    await tx.execute(
        """
        UPDATE post p SET card_id = $2, version = p.version + 1
          FROM post_link n
         WHERE n.link_id = $1 AND p.account_id = n.account_id AND p.id = n.post_id
           AND p.card_id IS NULL AND p.deleted_at IS NULL
        """,
        link_id,
        card_id,
    )
