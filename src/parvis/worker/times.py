"""How long jobs take: what the runner counts, and what is told of it every few seconds."""

from __future__ import annotations

from parvis.domain.health import Signal


class Times:
    """Of the jobs that this process has run since it was last asked."""

    def __init__(self) -> None:
        self._count, self._sum_s, self._longest_s = 0, 0.0, 0.0

    def took(self, seconds: float) -> None:
        """A job has ended, well or not."""
        self._count += 1
        self._sum_s += seconds
        self._longest_s = max(self._longest_s, seconds)

    def probe(self, elapsed_s: float) -> Signal:
        """Jobs a second, and how long each took; what it was so far is forgotten."""
        count, sum_s, longest_s = self._count, self._sum_s, self._longest_s
        self._count, self._sum_s, self._longest_s = 0, 0.0, 0.0
        facts = {"mean_s": sum_s / count if count else 0.0, "longest_s": longest_s}
        return Signal("jobs_run", count / elapsed_s, 0.0, None, facts)
