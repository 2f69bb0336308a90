"""What counts as a page view, and what is kept of it. Pure. The rule for programs is published in docs/insights.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

PAUSE = timedelta(minutes=30)  # whoever looks at nothing for so long, and comes again, comes for another visit

# A program says so in its name, has none, or says nothing of languages; whatever claims to be a browser is believed.
_PROGRAM = re.compile(
    rb"(?<!cu)bot|crawl|spider|slurp|scrap|fetch|monitor|preview|archiv|index|scan|probe|check|feed|rss|lighthouse|headless"
    rb"|phantom|selenium|curl|wget|python|java/|okhttp|axios|node|go-http|ruby|perl|php|http_|httpclient|\+http",
    re.IGNORECASE,
)
_ORIGIN = re.compile(rb"[^/?#]{1,60}//[^/?#]{1,260}")
_LANGUAGE = re.compile(rb"\s*([A-Za-z]{2,3})(?:[-_;,\s]|$)")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,98}[a-z0-9_])?")
_NOT_THE_PLACE = re.compile(r"^(?:www|m|mobile|l|lm|out|away|amp)\.(?=[^.]+\.)")

_AHEAD = re.compile(rb"prefetch|prerender|preview", re.IGNORECASE)
_PURPOSES = frozenset((b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"))

MOST_AGENT = 500  # of a browser's name; what comes behind it is not looked at
DIRECT, HERE, OTHER = "", "", "other"


class Look(msgspec.Struct, frozen=True):
    """One look of somebody at a page."""

    agent: bytes
    language: str
    source: str


def look_of(said: Mapping[bytes, bytes], hosts: frozenset[str]) -> Look | None:
    """Who looks at a page, as far as that is kept; None when nobody does: a program, a look ahead, a part of a page.

    `said`: the request's headers by name.
    """
    if not is_document(said) or (not _PURPOSES.isdisjoint(said) and is_ahead(said)):
        return None
    origin = origin_of(said.get(b"referer", b""))
    return _look(said.get(b"user-agent", b"")[:MOST_AGENT], said.get(b"accept-language", b"")[:40], origin, hosts)


@lru_cache(4096)
def _look(agent: bytes, languages: bytes, origin: bytes, hosts: frozenset[str]) -> Look | None:
    if not languages or is_program(agent):
        return None
    return Look(agent, language_of(languages), source_of(origin, hosts))


def is_program(agent: bytes) -> bool:
    """Whether no person is behind it."""
    return not agent or _PROGRAM.search(agent) is not None


def is_document(said: Mapping[bytes, bytes]) -> bool:
    """Whether somebody goes to the page. What a service worker fetches for them has no destination, but still that mode."""
    destination = said.get(b"sec-fetch-dest", b"document")
    return destination == b"document" or (destination == b"empty" and said.get(b"sec-fetch-mode") == b"navigate")


def is_ahead(said: Mapping[bytes, bytes]) -> bool:
    """Whether the page is only fetched in case somebody wants it."""
    return any(_AHEAD.search(said[name]) for name in _PURPOSES if name in said)


def language_of(accepted: bytes) -> str:
    """The language somebody likes best, without a region: `fr` for `fr-CA,fr;q=0.8`."""
    found = _LANGUAGE.match(accepted)
    return found[1].decode().lower() if found else OTHER


def origin_of(referrer: bytes) -> bytes:
    """The address of a site, without path and query, which are nobody's business and are not even remembered."""
    found = _ORIGIN.match(referrer)
    return found[0] if found else referrer[:1]


def source_of(referrer: bytes, hosts: frozenset[str]) -> str:
    """The host of the page before, without `www.` and its like; empty when there was none, or it was one of ours."""
    if not referrer:
        return DIRECT
    try:
        parts = urlsplit(referrer.decode("latin-1"))
        host = (parts.hostname or "").rstrip(".")
        if (host if parts.port is None else f"{host}:{parts.port}") in hosts or host in hosts:
            return HERE
    except ValueError:
        return OTHER
    if not _HOST.fullmatch(host):
        return OTHER
    return _NOT_THE_PLACE.sub("", host)
