"""Refusals: at once while there is room, spread out while the clock is late, never held for long."""

from __future__ import annotations

import asyncio

from parvis.infra.overload.pacing import LATE_S, LEAST_A_S, LONGEST_S, MOST_A_S, MOST_HELD, Pace


def test_a_refusal_goes_out_at_once_while_the_clock_is_on_time() -> None:
    pace = Pace()
    assert max(pace.delay_s(10.0) for _ in range(500)) < 0.02


def test_a_late_clock_spreads_refusals_and_one_on_time_brings_them_together_again() -> None:
    pace = Pace()
    for _ in range(100):
        pace.step(2 * LATE_S)
    assert pace.rate == LEAST_A_S
    delays = [pace.delay_s(10.0) for _ in range(100)]
    assert delays[0] == 0
    assert abs(delays[99] - 99 / LEAST_A_S) < 1e-6
    for _ in range(100):
        pace.step(0.0)
    assert pace.rate == MOST_A_S


def test_nobody_waits_longer_than_the_longest_wait_however_many_come() -> None:
    pace = Pace()
    for _ in range(100):
        pace.step(1.0)
    delays = [pace.delay_s(20.0) for _ in range(20_000)]
    assert max(delays) <= LONGEST_S + 1e-6
    assert pace.delay_s(20.0 + LONGEST_S) <= 1 / LEAST_A_S + 1e-6, "the row is as long as the longest wait, no longer"


async def test_those_who_wait_are_all_let_go_and_those_who_leave_are_forgotten() -> None:
    pace = Pace()
    for _ in range(100):
        pace.step(1.0)
    now = asyncio.get_running_loop().time()
    waiting = [asyncio.create_task(pace.turn(now)) for _ in range(60)]
    await asyncio.sleep(0)
    assert pace.held > 40
    waiting[50].cancel()
    await asyncio.wait(waiting, timeout=10)
    assert [task.done() for task in waiting] == [True] * 60
    assert waiting[50].cancelled()
    assert pace.held == 0


async def test_a_process_holds_only_so_many() -> None:
    pace = Pace()
    for _ in range(100):
        pace.step(1.0)
    pace.held = MOST_HELD
    now = asyncio.get_running_loop().time()
    async with asyncio.timeout(0.3):
        for _ in range(1000):
            await pace.turn(now)
