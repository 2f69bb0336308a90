"""Paths of our own: the only places that a redirect may lead to."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

_MOST_CHARACTERS = 2000


def safe_path(wanted: str | None, otherwise: str = "/") -> str:
    """The wanted path if it stays on this server, whatever tricks it is written with (case E9)."""
    if not wanted or len(wanted) > _MOST_CHARACTERS or not wanted.startswith("/"):
        return otherwise
    if wanted[1:2] in ("/", "\\") or "\\" in wanted or any(ord(c) < 33 or ord(c) == 127 for c in wanted):
        return otherwise
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else encoded(wanted)


def encoded(path: str) -> str:
    """The path as a header can carry it."""
    return quote(path, safe="/@:?&=%#+,;~-._!$'()*")


def with_query(path: str, values: dict[str, str]) -> str:
    """The path with its query."""
    return f"{path}?{urlencode(values)}" if values else path
