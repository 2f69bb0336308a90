"""How long jobs take: what the runner counts, and what is told of it every few seconds."""

from __future__ import annotations

from collections import Counter

from parvis.domain.health import Signal


class Times:
    """Of the jobs that this process has run since it was last asked."""

    def __init__(self) -> None:
        self._sum_s, self._longest_s = 0.0, 0.0
        self._ended: Counter[str] = Counter()  # by kind; a kind that once was is told of with 0

    def took(self, kind: str, seconds: float) -> None:
        """A job has ended, well or not."""
        self._ended[kind] += 1
        self._sum_s += seconds
        self._longest_s = max(self._longest_s, seconds)

    def probe(self, elapsed_s: float) -> Signal:
        """Jobs a second, in all and by kind, and how long each took; what it was so far is forgotten."""
        count, sum_s, longest_s = self._ended.total(), self._sum_s, self._longest_s
        facts = {"mean_s": sum_s / count if count else 0.0, "longest_s": longest_s}
        facts |= {f"done_per_s@{kind}": ended / elapsed_s for kind, ended in self._ended.items()}
        self._ended = Counter(dict.fromkeys(self._ended, 0))
        self._sum_s, self._longest_s = 0.0, 0.0
        return Signal("jobs_run", count / elapsed_s, 0.0, None, facts)
