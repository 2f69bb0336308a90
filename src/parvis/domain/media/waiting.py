"""The job by which everything is made of a video, of sound, or of an animation."""

from __future__ import annotations

from parvis.base.ids import AccountId, MediaId
from parvis.infra import jobs
from parvis.infra.postgres import Connection

TRANSCODE_JOB = "media.transcode"
_LAST_IN_LINE = 50


async def enqueue(tx: Connection, owner: AccountId, media_id: MediaId, *, lost: int = 0) -> None:
    """Everything will be made of the upload, after all other work."""
    payload = {"account_id": owner, "media_id": media_id, "lost": lost}
    await jobs.enqueue(tx, TRANSCODE_JOB, payload, priority=_LAST_IN_LINE, dedupe_key=str(media_id))
