"""What other rooms see of imports and archives."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.domain.belongings.tables import Kind


class Import(msgspec.Struct, frozen=True):
    """A table being brought in. `done` rows of `total` were dealt with; `failed` names the first of the `failures`."""

    id: int
    kind: Kind
    replaces: bool
    total: int
    done: int
    failures: int
    failed: list[str]
    created_at: datetime
    finished_at: datetime | None


class Archive(msgspec.Struct, frozen=True):
    """Everything somebody wrote, in one file. `key` and `size_bytes` are there once it is ready."""

    id: int
    key: str | None
    size_bytes: int | None
    created_at: datetime
    ready_at: datetime | None
