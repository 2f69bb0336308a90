"""A verdict: what is wrong, how one sees it, whom it hurts, what to do, what that brings; translated where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from parvis.domain.health.verdicts.findings import Findings

Urgency = Literal["now", "soon", "note"]  # people lose by it · they will · it is unwise
Unit = Literal["count", "s", "bytes", "share", "per_s"]


class Words(msgspec.Struct, frozen=True):
    """A sentence in English, and what is put in its places."""

    text: str
    values: dict[str, str] = {}

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


class Figure(msgspec.Struct, frozen=True):
    """One number of the evidence."""

    label: str
    value: float
    unit: Unit = "count"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One rule's finding. `blame`: user-seconds lost a second, by which verdicts are ordered.

    `explains`: names of verdicts that are only what follows from this one, when both are found.
    `told`: those who run the place are told of it though it is only a note; the public is not.
    """

    name: str
    urgency: Urgency
    blame: float
    title: Words
    hurt: Words
    evidence: tuple[Figure, Figure, Figure]
    action: Words
    command: str = ""
    gain: Words
    explains: tuple[str, ...] = ()
    told: bool = False

    @property
    def runbook(self) -> str:
        return f"docs/runbooks/{self.page}.md"

    @property
    def page(self) -> str:
        """The name of its runbook."""
        return self.name.replace("_", "-")


Rule = Callable[[Findings], Verdict | None]


def say(text: str, /, **values: object) -> Words:
    return Words(text, {name: str(value) for name, value in values.items()})


def figure(label: str, value: float, unit: Unit = "count") -> Figure:
    return Figure(label, round(float(value), 4), unit)


# Whom it hurts and what the action brings, where many rules say the same.
EVERYBODY = say("Everybody who uses the place.")
WRITERS = say("Everybody who writes.")
NOBODY_YET = say("Nobody yet.")
WAITERS = say("Whoever waits for the work that is left lying.")
NEWCOMERS = say("Whoever wants to come in.")
OPERATORS = say("Those who run the place.")
AT_ONCE = say("It is over within a minute.")
AVERTED = say("It will not come to that.")


def shown(one: Figure) -> str:
    """The number with its unit, in English."""
    value = one.value
    match one.unit:
        case "bytes":
            return size(value)
        case "share":
            return f"{value:.0%}"
        case "s":
            return span(value)
        case "per_s":
            return f"{value:,.2f}/s"
        case _:
            return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def size(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def span(seconds: float) -> str:
    """`0.25 s`, `12 s`, `5 min`, `3.2 h`, `4.0 d`."""
    if abs(seconds) < 10:
        return f"{seconds:.2f} s"
    for limit, by, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if abs(seconds) < limit:
            return f"{seconds / by:.0f} {unit}"
    return f"{seconds / 86_400:.1f} d"
