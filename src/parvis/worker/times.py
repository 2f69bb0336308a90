"""How long jobs take and how many fail: what the runner counts, and what is told of it every few seconds."""

from __future__ import annotations

from collections import Counter

from parvis.domain.health import Signal


class Times:
    """Of the jobs that this process has run since it was last asked. Kinds that once were are told of with 0.

    What failed is tried again, and is not done.
    """

    def __init__(self) -> None:
        self._ended: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._worked_s: dict[str, float] = {}
        self._longest_s: dict[str, float] = {}

    def took(self, kind: str, seconds: float, *, failed: bool = False) -> None:
        """A job has ended, well or not."""
        self._ended[kind] += 1
        if failed:
            self._failed[kind] += 1
        self._worked_s[kind] = self._worked_s.get(kind, 0.0) + seconds
        self._longest_s[kind] = max(self._longest_s.get(kind, 0.0), seconds)

    def probe(self, elapsed_s: float) -> Signal:
        """Jobs a second, in all and by kind, and how long each took; what it was so far is forgotten."""
        count, worked_s = self._ended.total(), sum(self._worked_s.values())
        facts = {"mean_s": worked_s / count if count else 0.0, "longest_s": max(self._longest_s.values(), default=0.0)}
        facts |= {f"done_per_s@{kind}": (n - self._failed[kind]) / elapsed_s for kind, n in self._ended.items()}
        facts |= {f"failed_per_s@{kind}": failed / elapsed_s for kind, failed in self._failed.items()}
        for kind, seconds in self._worked_s.items():  # of a kind of which none ended, nothing is known of these
            facts[f"worked_s_per_s@{kind}"] = seconds / elapsed_s
            facts[f"took_s@{kind}"] = seconds / self._ended[kind]
            facts[f"longest_s@{kind}"] = self._longest_s[kind]
        self._ended, self._failed = (Counter(dict.fromkeys(one, 0)) for one in (self._ended, self._failed))
        self._worked_s, self._longest_s = {}, {}
        return Signal("jobs_run", count / elapsed_s, 0.0, None, facts)
