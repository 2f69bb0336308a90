"""Reading a page: what it says of itself in its head, as plain text. No I/O here, and nothing of its markup comes out."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urljoin

import regex
from selectolax.lexbor import LexborHTMLParser

from parvis.domain.links.types import Card, Found
from parvis.infra import text as texts
from parvis.infra.destinations import Refused, destination

SCHEMES = frozenset({"http", "https"})
MOST_TITLE, MOST_DESCRIPTION, MOST_NAME = 300, 500, 100
_CHARSET = regex.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_\-]{1,40})""", regex.IGNORECASE)
_LANGUAGE = regex.compile(r"[A-Za-z]{2,3}")


def address_of(url: str, *, private: bool = False) -> str | None:
    """The address in its one form, or None for one that we do not go to."""
    try:
        return destination(url, schemes=SCHEMES, private=private).url
    except Refused:
        return None


def read_page(body: bytes, content_type: str, url: str, *, asked: str, private: bool = False) -> Found | None:
    """What the page at `url` says of itself to those who `asked` for that address; None when it is no page or says nothing."""
    if content_type.partition(";")[0].strip().lower() not in ("text/html", "application/xhtml+xml"):
        return None
    tree = LexborHTMLParser(_decoded(body, content_type))
    said = _meta(tree)
    heading = tree.css_first("title")
    title = _text(said.get("og:title") or said.get("twitter:title") or (heading.text() if heading else ""), MOST_TITLE)
    if not title:
        return None
    described = said.get("og:description") or said.get("description") or said.get("twitter:description") or ""
    picture = said.get("og:image:secure_url") or said.get("og:image") or said.get("twitter:image") or ""
    root = tree.css_first("html")
    author, author_url = _author(said)
    card = Card(
        url=asked,
        title=title,
        description=_text(described, MOST_DESCRIPTION),
        provider=_text(said.get("og:site_name", ""), MOST_NAME),
        author=author,
        author_url=address_of(author_url, private=private) or "" if author_url else "",
        language=_language(root.attributes.get("lang") if root else None),
        published_at=_moment(said.get("article:published_time", "")),
    )
    where = address_of(urljoin(url, picture), private=private) if picture and len(picture) < 2000 else None
    return Found(card, where, _text(said.get("og:image:alt", ""), MOST_DESCRIPTION))


def _decoded(body: bytes, content_type: str) -> str:
    for declared in (_CHARSET.search(content_type.encode("latin-1", "replace")), _CHARSET.search(body[:4096])):
        if declared is not None:
            try:
                return body.decode(declared[1].decode(), "replace")
            except (LookupError, ValueError):
                continue
    return body.decode("utf-8", "replace")


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    """The first value of each name."""
    said: dict[str, str] = {}
    for node in tree.css("meta")[:300]:
        name = node.attributes.get("property") or node.attributes.get("name")
        value = node.attributes.get("content")
        if name and value:
            said.setdefault(name.strip().lower()[:100], value[:5000])
    return said


def _author(said: dict[str, str]) -> tuple[str, str]:
    """Name and address; `article:author` is either."""
    named = said.get("article:author", "")
    if named.startswith(("http://", "https://")):
        return _text(said.get("author", ""), MOST_NAME), named
    return _text(named or said.get("author", ""), MOST_NAME), ""


def _text(value: str, most: int) -> str:
    line = texts.clean_line(value[: most * 10])
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _language(tag: str | None) -> str | None:
    match = _LANGUAGE.match(tag or "")
    return match[0].lower() if match else None


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.strip()[:40])
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return moment.astimezone(UTC) if 1990 < moment.year < 2200 else None
