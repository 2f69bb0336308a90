"""Records on the local disk for when the database is gone: acknowledged once fsynced, taken out once they are elsewhere.

One file for all processes of a machine. A record is its length, its checksum and itself; what a crash tore off at the
end was never acknowledged and is passed over.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_HEAD = struct.Struct(">II")


class Spool:
    """The file at `path`, which only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: tuple[int, bytes] | None = None  # the last record written from here, and where it begins

    def has_records(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def records(self) -> list[bytes]:
        """All that is there, and stays there."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        try:
            return _sound(descriptor)[0]
        finally:
            os.close(descriptor)

    def append(self, records: Sequence[bytes], *, wait: bool = True) -> None:
        """The records are on the disk. Blocks: call it in a thread.

        Raises: OSError when the disk does not take them, and then none is there; BlockingIOError instead of waiting while
        somebody else writes.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            end = self._sound_end(descriptor)
            os.ftruncate(descriptor, end)  # or what follows a torn record would be lost with it
            framed = [_HEAD.pack(len(one), zlib.crc32(one)) + one for one in records]
            text = b"".join(framed)
            _write(descriptor, text, end)
            if not end:
                _sync_folder(self.path.parent)
            if framed:
                self._last = end + len(text) - len(framed[-1]), framed[-1]
        finally:
            os.close(descriptor)

    def _sound_end(self, descriptor: int) -> int:
        """Where the whole records end. What was checked before is not read again, or a long outage would read it a
        thousand times: whoever writes cuts off what is torn first, so all before a record that still stands is whole."""
        begin = 0
        if self._last is not None:
            at, text = self._last
            if os.pread(descriptor, len(text), at) == text:
                begin = at + len(text)
        return _sound(descriptor, begin)[1]

    @contextmanager
    def emptied(self) -> Iterator[list[bytes]]:
        """All records; gone when the block ends well. Nobody appends meanwhile. Raises: BlockingIOError while
        somebody else does this."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            records, _ = _sound(descriptor)
            yield records
            os.ftruncate(descriptor, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(descriptor: int, text: bytes, end: int) -> None:
    """All of it is on the disk, or none: a disk that is nearly full takes a part and says so by a number only."""
    left = memoryview(text)
    try:
        while left:
            left = left[os.pwrite(descriptor, left, end + len(text) - len(left)) :]
        os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            os.ftruncate(descriptor, end)
        raise


def _sound(descriptor: int, begin: int = 0) -> tuple[list[bytes], int]:
    """The whole records from there on, and where they end."""
    text = _read(descriptor, begin)
    records: list[bytes] = []
    at = 0
    while at + _HEAD.size <= len(text):
        length, checksum = _HEAD.unpack_from(text, at)
        one = text[at + _HEAD.size : at + _HEAD.size + length]
        if len(one) < length or zlib.crc32(one) != checksum or not length:
            break
        records.append(one)
        at += _HEAD.size + length
    return records, begin + at


def _read(descriptor: int, begin: int) -> bytes:
    """All from there on; one call gives two gigabytes at most."""
    parts: list[bytes] = []
    while part := os.pread(descriptor, os.fstat(descriptor).st_size - begin, begin):
        parts.append(part)
        begin += len(part)
    return b"".join(parts)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
