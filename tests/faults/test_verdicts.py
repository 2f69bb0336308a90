"""What goes wrong for real is named by its cause within a minute, and the action that is given ends it.

Each fault can be run alone: `pytest -m long tests/faults/test_verdicts.py -k table_lock_held -s`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parvis.domain import health
from tests.faults.injections import FAULTS, Fault
from tests.faults.place import Place

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(os.getuid() != 0, reason="root is needed to mount file systems that can be filled"),
]

WITHIN_S = 60.0
OVER_WITHIN_S = 120.0
RIGHT_SHARE = 0.9


@dataclass
class Row:
    """What became of one fault."""

    title: str
    expected: str
    named: str = "nothing"
    named_after_s: float | None = None
    ended_after_s: float | None = None
    before: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        after = "–" if self.named_after_s is None else f"{self.named_after_s:.0f} s"
        ended = "–" if self.ended_after_s is None else f"{self.ended_after_s:.0f} s"
        return f"{self.title:28} {self.named:22} {after:>6} {ended:>6}  {', '.join(dict.fromkeys(self.before))}"


_rows: dict[str, Row] = {}


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    made = Place(Path(tmp_path_factory.mktemp("place")))
    try:
        await made.open()
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize("key", FAULTS)
async def test_the_cause_is_named_and_the_action_ends_it(place: Place, key: str) -> None:
    fault = FAULTS[key]
    if not fault.needs():
        pytest.skip("this machine lacks what it takes")
    await _calm(place)
    row = _rows[key] = Row(fault.title, fault.names[0])
    async with fault.inject(place) as act:
        verdict = await _named(place, fault, row)
        if verdict is not None:
            print(
                f"\n{verdict.title}\n  {[f'{one.label} {one.value}' for one in verdict.evidence]}\n  {verdict.command}"
            )
            await act(verdict)
            row.ended_after_s = await _ended(place, fault)
    print(row)
    assert row.named_after_s is not None, row
    assert row.ended_after_s is not None, row


async def test_nine_of_ten_were_named_rightly(place: Place) -> None:
    """Run with the others, this sums up what was tried."""
    assert _rows, "nothing was tried: this is to be run with the faults"
    print("\n" + "\n".join(str(row) for row in _rows.values()))
    named = [row for row in _rows.values() if row.named_after_s is not None]
    ended = [row for row in _rows.values() if row.ended_after_s is not None]
    print(f"{len(named)} of {len(_rows)} named first within {WITHIN_S:.0f} s, {len(ended)} ended by the action")
    assert len(named) >= RIGHT_SHARE * len(_rows)


async def test_a_place_where_nothing_is_wrong_is_called_well(place: Place) -> None:
    await _calm(place)
    for _ in range(10):
        judgement = await place.look()
        assert judgement.outcome == "healthy", [str(one.verdict.title) for one in judgement.pressing]
        await asyncio.sleep(2)


async def _calm(place: Place, within_s: float = 90) -> None:
    """Nothing presses, or it does not go away by itself."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        await place.forget_deaths()
        judgement = await place.look()
        if not judgement.pressing:
            return
        await asyncio.sleep(2)
    print(f"still: {[str(one.verdict.title) for one in judgement.pressing]}")


async def _named(place: Place, fault: Fault, row: Row) -> health.Verdict | None:
    """The verdict that names the fault before all others, if it comes in time."""
    began = time.monotonic()
    while time.monotonic() - began < WITHIN_S:
        first = (await place.look()).first
        if first is not None and first.name in fault.names:
            row.named, row.named_after_s = first.name, time.monotonic() - began
            return first
        row.before.append(first.name if first is not None else "nothing")
        await asyncio.sleep(1)
    row.named = row.before[-1]
    return None


async def _ended(place: Place, fault: Fault) -> float | None:
    """How long it took until nothing names the fault any more."""
    began = time.monotonic()
    while time.monotonic() - began < OVER_WITHIN_S:
        judgement = await place.look()
        names = {one.verdict.name for one in judgement.causes} | {
            follower.name for one in judgement.causes for follower in one.followers
        }
        if judgement.outcome != "unknown" and not names & set(fault.names):
            return time.monotonic() - began
        await asyncio.sleep(1)
    return None
