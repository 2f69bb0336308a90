"""Ids: 63 bits, ordered by time. 41 bits of milliseconds since 2020, 10 of a leased process number, 12 of sequence.

Notification and push subscription ids stay below 2^53 because clients read them as JSON numbers.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import NewType

AccountId = NewType("AccountId", int)
PostId = NewType("PostId", int)
MediaId = NewType("MediaId", int)
NotificationId = NewType("NotificationId", int)
AppId = NewType("AppId", int)
ListId = NewType("ListId", int)
FilterId = NewType("FilterId", int)
ConversationId = NewType("ConversationId", int)

EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
MAX_ID = (1 << 63) - 1


class IdSource:
    """A stream of ids that only rises, unique while the process number is leased to this process alone."""

    def __init__(self, process_number: int) -> None:
        self.process_number = process_number
        self._last_ms = 0
        self._sequence = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        """A fresh 63-bit id of this moment."""
        ms, sequence = self._tick(4096)
        return ms << 22 | (self.process_number & 1023) << 12 | sequence

    def next_small(self) -> int:
        """A fresh id below 2^53; unique within one account's rows, which is all its tables ask for."""
        ms, sequence = self._tick(4096)
        return ms << 12 | ((self.process_number * 257 + sequence) & 4095)

    def _tick(self, size: int) -> tuple[int, int]:
        with self._lock:
            now = time.time_ns() // 1_000_000 - EPOCH_MS
            if now > self._last_ms:
                self._last_ms, self._sequence = now, 0
            else:  # same millisecond, or a clock that went back: never repeat
                self._sequence += 1
                if self._sequence >= size:
                    self._last_ms, self._sequence = self._last_ms + 1, 0
            return self._last_ms, self._sequence


def id_at(moment: datetime, sequence: int = 0) -> int:
    """The smallest id of that moment, plus a sequence of up to 22 bits; for imports, seeds and age limits."""
    ms = int(moment.timestamp() * 1000) - EPOCH_MS
    return max(ms, 0) << 22 | sequence


def time_of(id_: int) -> datetime:
    """When that id was made (UTC, to the millisecond)."""
    return datetime.fromtimestamp(((id_ >> 22) + EPOCH_MS) / 1000, UTC)
