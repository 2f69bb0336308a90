"""The gate as others see it, and what it remembers from one decision to the next."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.domain.admission.forecast import Experience
from parvis.domain.admission.rate import Known, Mode


class Remembered(msgspec.Struct, frozen=True):
    """`rate_per_s`: of the last decision as measured, whatever the operator said. `measured`: what it went by."""

    rate_per_s: float | None = None
    known: dict[str, Known] = {}
    experience: Experience = Experience()
    measured: dict[str, dict[str, float]] = {}


class Expectation(msgspec.Struct, frozen=True):
    """With so many people ahead, in eight of ten cases it takes between `low_s` and `high_s`."""

    ahead: int
    low_s: float
    high_s: float


class Published(msgspec.Struct, frozen=True):
    """What everybody may know. `within_range`: how often people got in within what they were told, in the last day.

    `cause`: the name of the verdict that may be why the door is narrow; empty for none.
    """

    ranges: list[Expectation] = []
    within_range: float | None = None
    cause: str = ""


class Standing(msgspec.Struct, frozen=True):
    """How the door stands. `came`: who came in at once since the last decision."""

    mode: Mode
    cap_per_s: float | None
    message: str | None
    decided_at: datetime | None
    rate_per_s: float | None
    target_per_s: float | None
    binding: str | None
    tokens: float
    came: int
    last_number: int
    remembered: Remembered
    published: Published
    waiting: int = 0


class Change(msgspec.Struct, frozen=True):
    """One change and its reason. `measured`: by resource, use and what it alone would allow a second."""

    at: datetime
    mode: str
    rate_per_s: float | None
    binding: str | None
    message: str | None = None
    by_id: int | None = None
    measured: dict[str, dict[str, float]] = {}


class Minute(msgspec.Struct, frozen=True):
    """What a minute saw: for charts."""

    at: datetime
    rate_per_s: float
    binding: str
    received: int
    admitted: int
    waiting: int
