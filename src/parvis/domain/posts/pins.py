"""Posts that their author pins to the top of the profile."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain.posts import queries
from parvis.domain.posts.sight import may_see
from parvis.domain.posts.types import Visibility
from parvis.infra.postgres import Connection

MOST_PINS = 5


async def pin(tx: Connection, ids: IdSource, author: AccountId, post_id: PostId, *, now: datetime) -> None:
    """The post is pinned. Raises: NotFound out of sight; Invalid for what cannot be pinned, or one too many."""
    post = await queries.visible_post(tx, post_id, author)
    if post is None:
        raise NotFound
    if post["account_id"] != author or post["repost_of_id"] is not None:
        raise Invalid("id", "Validation failed: Only a post of your own can be pinned", "invalid")
    if post["visibility"] >= Visibility.MENTIONED:
        raise Invalid("id", "Validation failed: A post for mentioned people cannot be pinned", "invalid")
    # One at a time for an author, or two requests at once could both be the fifth.
    await tx.execute("SELECT pg_advisory_xact_lock(7702, hashint8($1))", author)
    pinned = await tx.fetch("SELECT post_id FROM pin WHERE account_id = $1", author)
    if any(row["post_id"] == post_id for row in pinned):
        return
    if len(pinned) >= MOST_PINS:
        raise Invalid("id", f"Validation failed: You have already pinned {MOST_PINS} posts", "too_many")
    await tx.execute(
        "INSERT INTO pin (account_id, post_id, id, created_at) VALUES ($1, $2, $3, $4)",
        author,
        post_id,
        ids.next(),
        now,
    )


async def unpin(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """The post is not pinned. Raises: NotFound out of sight."""
    if await queries.visible_post(tx, post_id, author) is None:
        raise NotFound
    await tx.execute("DELETE FROM pin WHERE account_id = $1 AND post_id = $2", author, post_id)


async def pinned(db: Connection, author: AccountId, *, viewer_id: AccountId | None) -> list[PostId]:
    """The author's pinned posts that the viewer may see, the latest pin first."""
    rows = await db.fetch(
        f"""
        SELECT p.id
          FROM pin
          JOIN post p ON p.account_id = pin.account_id AND p.id = pin.post_id
          JOIN account a ON a.id = p.account_id
         WHERE pin.account_id = $2 AND {may_see()}
         ORDER BY pin.id DESC
        """,
        viewer_id,
        author,
    )
    return [PostId(row["id"]) for row in rows]
