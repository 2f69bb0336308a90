"""How many jobs of a kind were done a second, and how long they took, is told once."""

from __future__ import annotations

import pytest

from parvis.base.clock import utc_now
from parvis.domain.health.headroom import merged
from parvis.domain.health.types import Reading
from parvis.worker.times import Times


def test_what_was_done_is_told_by_kind_and_a_kind_that_rests_is_told_with_nothing() -> None:
    times = Times()
    assert (times.probe(5.0).used, times.probe(5.0).facts) == (0.0, {"mean_s": 0.0, "longest_s": 0.0})
    for kind, seconds in (("a", 1.0), ("a", 2.0), ("b", 6.0)):
        times.took(kind, seconds, failed=seconds == 2.0)
    told = times.probe(5.0)
    assert told.used == 0.6
    of_a = {"done_per_s@a": 0.2, "failed_per_s@a": 0.2, "worked_s_per_s@a": 0.6, "took_s@a": 1.5, "longest_s@a": 2.0}
    of_b = {"done_per_s@b": 0.2, "worked_s_per_s@b": 1.2, "took_s@b": 6.0, "longest_s@b": 6.0}
    assert told.facts == {"mean_s": 3.0, "longest_s": 6.0, **of_a, **of_b}
    rests = {"mean_s": 0.0, "longest_s": 0.0, "done_per_s@a": 0.0, "done_per_s@b": 0.0, "failed_per_s@a": 0.0}
    assert times.probe(5.0).facts == rests


def test_what_several_workers_do_is_done_together() -> None:
    one, other = Times(), Times()
    one.took("a", 2.0, failed=True)
    other.took("a", 4.0, failed=True)
    readings = [
        Reading(name, "work", "here", utc_now(), times.probe(5.0)) for name, times in (("x", one), ("y", other))
    ]
    facts = merged(readings)["jobs_run"].facts
    assert facts.pop("worked_s_per_s@a") == pytest.approx(1.2)
    assert facts == {
        "mean_s": 4.0, "longest_s": 4.0, "done_per_s@a": 0.0, "failed_per_s@a": 0.4, "took_s@a": 4.0, "longest_s@a": 4.0,
    }  # fmt: skip
