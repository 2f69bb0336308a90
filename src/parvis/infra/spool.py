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
from contextlib import contextmanager
from pathlib import Path

_HEAD = struct.Struct(">II")


class Spool:
    """The file at `path`, which only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has_records(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def append(self, records: Sequence[bytes]) -> None:
        """The records are on the disk. Blocks: call it in a thread. Raises: OSError when the disk does not take them."""
        new = not self.path.exists()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _, end = _sound(descriptor)
            os.ftruncate(descriptor, end)  # or what follows a torn record would be lost with it
            os.pwrite(descriptor, b"".join(_HEAD.pack(len(one), zlib.crc32(one)) + one for one in records), end)
            os.fsync(descriptor)
            if new:
                _sync_folder(self.path.parent)
        finally:
            os.close(descriptor)

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


def _sound(descriptor: int) -> tuple[list[bytes], int]:
    """The whole records, and where they end."""
    text = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    records: list[bytes] = []
    at = 0
    while at + _HEAD.size <= len(text):
        length, checksum = _HEAD.unpack_from(text, at)
        one = text[at + _HEAD.size : at + _HEAD.size + length]
        if len(one) < length or zlib.crc32(one) != checksum or not length:
            break
        records.append(one)
        at += _HEAD.size + length
    return records, at


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
