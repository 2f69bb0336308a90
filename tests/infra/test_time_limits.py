"""Work has a time limit, and standing still does not use it up."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from parvis.infra.time_limits import excuse, limited
from tests.infra.test_pressure import a_long_encoding, stopped, until


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError):
        async with limited(0.05):
            await asyncio.sleep(60)


async def test_a_rest_moves_the_limit_and_two_at_once_move_it_once() -> None:
    begun = time.monotonic()
    rested: list[float] = []

    async def rest_and_hang() -> None:
        await asyncio.gather(rest(begun), rest(begun))
        rested.append(time.monotonic() - begun)
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        async with limited(1):
            await rest_and_hang()
    took_s = time.monotonic() - begun
    assert rested, "the rest itself was longer than the limit"
    assert 0.95 + rested[0] <= took_s < 1 + 2 * rested[0]


async def rest(since: float) -> None:
    for _ in range(16):
        await asyncio.sleep(0.1)
        excuse(since)


async def test_nothing_is_moved_where_nothing_is_limited() -> None:
    excuse(time.monotonic() - 5)


async def test_an_encoder_that_stands_still_is_not_out_of_time(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    begun = time.monotonic()
    async with limited(2):
        encoding = a_long_encoding(tmp_path, lambda: True)
        await until(lambda: stopped(tmp_path))
        while time.monotonic() - begun < 3:  # noqa: ASYNC110  # past the limit
            await asyncio.sleep(0.1)
        assert not encoding.done()
        encoding.cancel()
        await asyncio.gather(encoding, return_exceptions=True)
