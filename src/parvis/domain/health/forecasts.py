"""What will be over, and when, if things go on as they do: room, letters, the certificate, work that waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, cast, get_args

import msgspec

from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.mail_quota import letters_end_in_s
from parvis.domain.health.verdicts.verdict import Words, say

What = Literal["disk", "files", "journal", "letters", "certificate", "work"]

RESOURCE, UNIT = "forecast", "_in_s"
FURTHEST_S = 366 * 86_400.0  # what is further away than that, nobody plans for


class Forecast(msgspec.Struct, frozen=True):
    """`of`: which one, where there are several: a folder, a kind of job. At the present pace it happens `in_s` seconds."""

    what: What
    of: str
    in_s: float

    @property
    def words(self) -> Words:
        """What happens then."""
        match self.what:
            case "disk":
                return say("The disk of %(folder)s is full", folder=self.of)
            case "files":
                return say("The disk of %(folder)s has no room for more files", folder=self.of)
            case "journal":
                return say("The database's journal fills its disk")
            case "letters":
                return say("The mail service's letters of a day are used up")
            case "certificate":
                return say("The certificate runs out")
            case "work":
                return say("What waits of %(kind)s is done, if no more comes", kind=self.of)


def forecasts(seen: Findings) -> tuple[Forecast, ...]:
    """The soonest first; what will not happen at this pace, or cannot be told, is not there."""
    return _in_order(_foreseen(seen))


def as_signal(found: Iterable[Forecast]) -> Signal:
    """The same as facts, so that they are written down with everything else that was seen."""
    return Signal(RESOURCE, 0.0, 0.0, None, {f"{one.what}{UNIT}@{one.of}": one.in_s for one in found})


def from_facts(facts: Mapping[str, float]) -> tuple[Forecast, ...]:
    """Forecasts as they were written down."""
    found: list[Forecast] = []
    for name, in_s in facts.items():
        what, _, of = name.partition(f"{UNIT}@")
        if what in get_args(What):  # another version may foretell other things
            found.append(Forecast(cast("What", what), of, in_s))
    return _in_order(found)


def _in_order(found: Iterable[Forecast]) -> tuple[Forecast, ...]:
    return tuple(sorted((one for one in found if one.in_s < FURTHEST_S), key=lambda one: one.in_s))


def _foreseen(seen: Findings) -> Iterator[Forecast]:
    yield from (Forecast("disk", one.folder, one.full_in_s) for one in seen.disks if one.full_in_s is not None)
    yield from (
        Forecast("files", one.folder, one.files_end_in_s) for one in seen.disks if one.files_end_in_s is not None
    )
    if seen.journal_full_in_s is not None:
        yield Forecast("journal", "", seen.journal_full_in_s)
    if seen.certificate_ends_in_s is not None:
        yield Forecast("certificate", "", max(0.0, seen.certificate_ends_in_s))
    if (in_s := letters_end_in_s(seen)) is not None:
        yield Forecast("letters", "", in_s)
    for one in seen.jobs.late:
        done_per_s = seen.lately("jobs_run", f"done_per_s@{one.kind}")
        if one.jobs and done_per_s:
            yield Forecast("work", one.kind, max(one.jobs, one.in_all) / done_per_s)
