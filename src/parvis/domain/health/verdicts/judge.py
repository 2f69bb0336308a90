"""The findings judged: what is wrong first, what only follows from it, or that nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Rule, Verdict

_RANK = {"now": 0, "soon": 1, "note": 2}
NEARLY = 0.5  # a second cause that costs at least that share of the first is named with it


class Judged(msgspec.Struct, frozen=True):
    """A verdict that stands by itself, and the names of those that follow from it. `blame` includes theirs."""

    verdict: Verdict
    blame: float
    followers: tuple[Verdict, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """`outcome`: `unknown` when the database could not be asked, so that something else may be hidden behind that."""

    at: datetime
    outcome: Literal["healthy", "one cause", "two causes", "unknown"]
    causes: tuple[Judged, ...]

    @property
    def first(self) -> Verdict | None:
        """What is named first."""
        return self.causes[0].verdict if self.causes else None

    @property
    def pressing(self) -> tuple[Judged, ...]:
        """Causes that are more than a note."""
        return tuple(one for one in self.causes if one.verdict.urgency != "note")

    @property
    def worth_telling(self) -> tuple[Judged, ...]:
        """What becomes an incident: what presses, and notes of which operators want to hear."""
        return tuple(one for one in self.causes if one.verdict.urgency != "note" or one.verdict.told)


def judge(seen: Findings, rules: Sequence[Rule]) -> Judgement:
    """What the rules say together. `rules`: those that explain others first."""
    found = [verdict for rule in rules if (verdict := rule(seen)) is not None]
    causes = _causes(found)
    pressing = [one for one in causes if one.verdict.urgency != "note"]
    if seen.database is None:
        return Judgement(seen.at, "unknown", tuple(causes))
    if not pressing:
        return Judgement(seen.at, "healthy", tuple(causes))
    return Judgement(seen.at, "two causes" if _two(pressing) else "one cause", tuple(causes))


def _causes(found: Sequence[Verdict]) -> list[Judged]:
    leads = _leads(found)
    judged: list[Judged] = []
    for verdict in found:
        if verdict.name in leads:
            continue
        followers = tuple(one for one in found if _root(leads, one.name) == verdict.name and one is not verdict)
        judged.append(Judged(verdict, verdict.blame + sum(one.blame for one in followers), followers))
    return sorted(judged, key=lambda one: (_RANK[one.verdict.urgency], -one.blame))


def _leads(found: Sequence[Verdict]) -> dict[str, str]:
    """By name of a verdict that follows from another: that other. What is only coming explains nothing that is there."""
    by_name = {one.name: one for one in found}
    leads: dict[str, str] = {}
    for verdict in found:
        for name in verdict.explains:
            follower = by_name.get(name)
            if follower is None or name in leads or _root(leads, verdict.name) == name:
                continue
            if _RANK[verdict.urgency] <= _RANK[follower.urgency]:
                leads[name] = verdict.name
    return leads


def _root(leads: dict[str, str], name: str) -> str:
    while name in leads:
        name = leads[name]
    return name


def _two(pressing: Sequence[Judged]) -> bool:
    if len(pressing) < 2:
        return False
    first, second = pressing[:2]
    return first.verdict.urgency == second.verdict.urgency == "now" and second.blame >= NEARLY * first.blame > 0
