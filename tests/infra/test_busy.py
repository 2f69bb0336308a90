"""Whether a machine has enough to do without work that can wait."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from parvis.infra import busy


class Machine:
    """Its clock, and the kernel's count of how its processors were used."""

    def __init__(self, stat: Path) -> None:
        self.now, self.ordinary, self.nice, self.stat = 100.0, 0.0, 0.0, stat
        self.passes(1, ordinary=0, nice=0)

    def passes(self, seconds: float, *, ordinary: float, nice: float) -> None:
        """Time passes, with such shares of all (two) processors."""
        self.now += seconds
        self.ordinary += 2 * seconds * ordinary
        self.nice += 2 * seconds * nice
        ticks = busy.os.sysconf("SC_CLK_TCK")
        self.stat.write_text(f"cpu  {self.ordinary * ticks:.0f} {self.nice * ticks:.0f} 0 9 9 0 0 0 0 0\ncpu0 1 2 3\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "stat")
    monkeypatch.setattr(busy, "_STAT", made.stat)
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    monkeypatch.setattr(busy.os, "cpu_count", lambda: 2)
    return made


def test_what_is_nice_does_not_make_a_machine_busy_and_what_is_not_does(machine: Machine) -> None:
    asked = busy.Busy()
    assert not asked(), "nothing is known yet"
    machine.passes(1, ordinary=0.1, nice=0.9)
    assert not asked()
    machine.passes(1, ordinary=0.6, nice=0.4)
    assert asked()
    machine.passes(1, ordinary=0.4, nice=0)
    assert asked(), "it is calm only when much less is used"
    machine.passes(1, ordinary=0.3, nice=0.7)
    assert not asked()
    machine.passes(0.1, ordinary=1, nice=0)
    assert not asked(), "it looks twice a second"


def test_this_machine_counts_what_was_used() -> None:
    before = busy.used_seconds()
    assert 0 < before <= busy.used_seconds()
