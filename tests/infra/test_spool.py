"""Records that survive: kept whole, torn ends passed over, taken out once."""

from __future__ import annotations

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
