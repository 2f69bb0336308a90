"""Records that survive: kept whole, torn ends passed over, taken out once."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parvis.infra.spool import Spool


def test_records_come_back_in_order_and_are_gone_afterwards(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool" / "records")
    assert not spool.has_records()
    spool.append([b"one", b"two"])
    spool.append([b"three"])
    with spool.emptied() as records:
        assert records == [b"one", b"two", b"three"]
    assert not spool.has_records()
    assert spool.path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_gone_when_taking_it_out_fails(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "records")
    spool.append([b"one"])
    with pytest.raises(RuntimeError), spool.emptied():
        raise RuntimeError
    with spool.emptied() as records:
        assert records == [b"one"]


def test_a_torn_end_is_passed_over_and_what_follows_is_not_lost_with_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "records")
    spool.append([b"one", b"two"])
    whole = spool.path.read_bytes()
    for length in range(len(whole) - 1, 11, -1):
        spool.path.write_bytes(whole[:length])
        spool.append([b"three"])
        with spool.emptied() as records:
            assert records == [b"one", b"three"]


def test_two_do_not_take_out_the_same_records(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "records")
    spool.append([b"one"])
    with spool.emptied(), pytest.raises(BlockingIOError), spool.emptied():
        pass


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """The kernel takes a part of what would go beyond, as a disk does that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_the_disk_takes_a_part_of_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "records")
    spool.append([b"one"])
    size = spool.path.stat().st_size
    with files_of_at_most(1000), pytest.raises(OSError, match="File too large"):
        spool.append([b"two" * 200, b"three" * 200])
    assert spool.path.stat().st_size == size
    spool.append([b"four"])
    with spool.emptied() as records:
        assert records == [b"one", b"four"]


def test_a_long_outage_costs_no_more_a_record_than_a_short_one(tmp_path: Path) -> None:
    """Two processes write by turns, and neither reads again what it has read."""
    one, other = Spool(tmp_path / "records"), Spool(tmp_path / "records")
    before = _bytes_read()
    for _ in range(150):
        one.append([b"x" * 10_000])
        other.append([b"y" * 10_000])
    assert _bytes_read() - before < 4 * 300 * 10_000
    with other.emptied() as records:
        assert records == [b"x" * 10_000, b"y" * 10_000] * 150


def _bytes_read() -> int:
    """By this process, so far."""
    [told] = (line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("rchar:"))
    return int(told.split()[1])


def test_what_others_took_out_or_tore_is_noticed_before_more_is_written(tmp_path: Path) -> None:
    one, other = Spool(tmp_path / "records"), Spool(tmp_path / "records")
    one.append([b"one", b"two"])
    with other.emptied():
        pass
    other.append([b"three", b"a longer one"])
    other.path.write_bytes(other.path.read_bytes()[:-1])
    one.append([b"four"])
    one.append([b"five"])
    assert one.records() == other.records() == [b"three", b"four", b"five"]
