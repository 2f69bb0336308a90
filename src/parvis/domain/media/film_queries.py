"""The SQL of video and sound that is being worked on."""

from __future__ import annotations

from parvis.base.ids import AccountId, MediaId
from parvis.domain.media.queries import COLUMNS, media_of
from parvis.domain.media.types import Media, Picture
from parvis.infra.encoding import to_json
from parvis.infra.postgres import Connection


async def shown(
    tx: Connection,
    owner: AccountId,
    media_id: MediaId,
    *,
    files: dict[str, Picture],
    blurhash: str | None,
    complete: bool,
) -> Media | None:
    """The upload with what is made of it until now; once it is complete, without its source."""
    row = await tx.fetchrow(
        f"""
        UPDATE media
           SET state = 'ready',
               -- Captions may have come meanwhile, and a poster that somebody chose.
               files = files || CASE WHEN files ? 'chosen' THEN $3::jsonb - 'small' - 'preview' ELSE $3 END,
               blurhash = CASE WHEN files ? 'chosen' THEN blurhash ELSE $4 END,
               source_key = CASE WHEN $5 THEN NULL ELSE source_key END,
               percent = CASE WHEN $5 THEN 100 ELSE percent END,
               doing = CASE WHEN $5 THEN NULL ELSE doing END
         WHERE account_id = $1
           AND id = $2
           AND state IN ('processing', 'ready')
        RETURNING {COLUMNS}
        """,
        owner,
        media_id,
        to_json(files),
        blurhash,
        complete,
    )
    return media_of(row) if row else None


async def with_poster(
    tx: Connection, owner: AccountId, media_id: MediaId, *, files: dict[str, Picture], blurhash: str | None
) -> Media | None:
    """The upload with a picture that was chosen for it and stays, unless a post has it."""
    row = await tx.fetchrow(
        f"""
        UPDATE media
           SET files = files || $3::jsonb,
               blurhash = $4
         WHERE account_id = $1
           AND id = $2
           AND post_id IS NULL
           AND state IN ('processing', 'ready')
        RETURNING {COLUMNS}
        """,
        owner,
        media_id,
        to_json(files | {"chosen": files["small"]}),
        blurhash,
    )
    return media_of(row) if row else None


async def with_file(
    tx: Connection, owner: AccountId, media_id: MediaId, name: str, file: Picture | None
) -> Media | None:
    """The upload with that file beside its others, or without it."""
    row = await tx.fetchrow(
        f"""
        UPDATE media
           SET files = CASE WHEN $4::text IS NULL THEN files - $3::text
                            ELSE files || jsonb_build_object($3::text, $4::jsonb) END
         WHERE account_id = $1
           AND id = $2
           AND state IN ('processing', 'ready')
        RETURNING {COLUMNS}
        """,
        owner,
        media_id,
        name,
        None if file is None else to_json(file),
    )
    return media_of(row) if row else None


async def set_progress(tx: Connection, owner: AccountId, media_id: MediaId, *, percent: int, doing: str) -> None:
    """The owner can see how far it is."""
    await tx.execute(
        "UPDATE media SET percent = $3, doing = $4 WHERE account_id = $1 AND id = $2", owner, media_id, percent, doing
    )


async def refused(tx: Connection, owner: AccountId, media_id: MediaId, problem: str, code: str) -> str | None:
    """It will never be ready, and why; answers the key of its source."""
    return await tx.fetchval(
        """
        UPDATE media
           SET state = 'refused', problem = $3, problem_code = $4, doing = NULL
         WHERE account_id = $1
           AND id = $2
           AND state = 'processing'
        RETURNING source_key
        """,
        owner,
        media_id,
        problem,
        code,
    )
