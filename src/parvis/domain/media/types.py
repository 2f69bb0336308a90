"""Pictures as they cross room borders."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.base.ids import AccountId, MediaId, PostId


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stored file of an attachment. `name` stands in the attachment's folder; sound has no size."""

    name: str
    width: int
    height: int
    size_bytes: int = 0
    content_type: str = "image/webp"
    duration_ms: int = 0
    frame_rate: str = ""
    bit_rate: int = 0


class Attachment(msgspec.Struct, frozen=True):
    """A picture as a post carries it: copied from `media` at publication."""

    id: MediaId
    kind: str
    key: str
    files: dict[str, Picture]
    blurhash: str | None = None
    description: str | None = None
    focus_x: float = 0.0
    focus_y: float = 0.0


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as its owner sees it. `files` holds `original`, `small` and `preview` once it is ready."""

    id: MediaId
    account_id: AccountId
    post_id: PostId | None
    kind: str
    state: str
    key: str
    files: dict[str, Picture]
    blurhash: str | None
    description: str | None
    focus_x: float
    focus_y: float
    size_bytes: int
    created_at: datetime
    source_key: str | None = None
    percent: int = 0
    doing: str | None = None
    problem: str | None = None
    problem_code: str | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be shown and attached."""
        return self.state == "ready"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that comes in parts. `media_id` once all of it is here."""

    account_id: AccountId
    id: int
    key: str
    size_bytes: int
    received_bytes: int = 0
    parts: list[str] = []
    description: str | None = None
    media_id: MediaId | None = None
    expires_at: datetime
