"""What an examination finds."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    subject: str
    verdict: Literal["ok", "warning", "failed"]
    message: str


def ok(subject: str, message: str) -> Finding:
    return Finding(subject, "ok", message)


def warning(subject: str, message: str) -> Finding:
    return Finding(subject, "warning", message)


def failed(subject: str, message: str) -> Finding:
    return Finding(subject, "failed", message)
