"""Whether what somebody came in with still opens the door; asked again and again while a connection stays open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.domain.accounts.queries import alive
from parvis.infra.postgres import Connection


async def still_valid(
    db: Connection, *, tokens: Sequence[int], sessions: Sequence[int], now: datetime
) -> tuple[set[int], set[int]]:
    """Those of the tokens and of the sessions (by id) that work now and whose account is neither suspended nor gone."""
    return (
        await alive.valid_tokens(db, tokens) if tokens else set(),
        await alive.valid_sessions(db, sessions, now) if sessions else set(),
    )
