"""Refusals go out when nothing better is to be done: to send many away must not cost those who are served their turn."""

from __future__ import annotations

import asyncio

LONGEST_S = 2.0  # that a refusal waits
MOST_HELD = 8000
LEAST_A_S, MOST_A_S = 300.0, 50_000.0
LATE_S = 0.010  # the clock of a loop that does too much at once; half of what the controller takes for waiting
SLOT_S = 0.02  # those who are due within it go out together: one timer for all


class Pace:
    """How many refusals a second leave a process: fewer while its clock is late, more while it is not."""

    def __init__(self) -> None:
        self.rate = MOST_A_S
        self.held = 0
        self._free_at = 0.0
        self._slots: dict[int, list[asyncio.Future[None]]] = {}

    def step(self, lag_s: float) -> None:
        """The rate is set anew, once a tick."""
        wanted = self.rate * 0.8 if lag_s > LATE_S else self.rate * 1.1
        self.rate = min(max(wanted, LEAST_A_S), MOST_A_S)

    def delay_s(self, now: float) -> float:
        """How long the refusal that comes now waits; its place in the row is taken. At most `LONGEST_S`, 0 if it may go."""
        at = max(now, self._free_at)
        self._free_at = min(at + 1.0 / self.rate, now + LONGEST_S)
        return at - now

    async def turn(self, now: float) -> None:
        """It is this refusal's turn."""
        delay = self.delay_s(now)
        if delay < SLOT_S or self.held >= MOST_HELD:
            return
        loop = asyncio.get_running_loop()
        slot = int((now + delay) / SLOT_S)
        if slot not in self._slots:
            self._slots[slot] = []
            loop.call_at(slot * SLOT_S, self._release, slot)
        coming = loop.create_future()
        self._slots[slot].append(coming)
        self.held += 1
        try:
            await coming
        finally:
            self.held -= 1

    def _release(self, slot: int) -> None:
        for coming in self._slots.pop(slot):
            if not coming.done():
                coming.set_result(None)
