"""Text people write: cleaned, measured, and turned into the HTML that clients and pages expect.

Stored HTML names this server as ORIGIN_MARK, so that a moved server needs no rewriting; doors put the origin in.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable

import msgspec
import nh3
import regex
from linkify_it import LinkifyIt

ORIGIN_MARK = "https://origin.invalid"
URL_LENGTH = 23  # what a link counts, however long (client-api: characters_reserved_per_url)
MOST_COMBINING = 4

_links = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
_MENTION = regex.compile(r"(?<![\w/@.])@([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9.-]{1,253}(?::\d{1,5})?))?", regex.ASCII)
_HASHTAG = regex.compile(r"(?<![\w/&#])#([\w·]{1,100})")
_GRAPHEME = regex.compile(r"\X")
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}--[\n\t]]", regex.VERSION1)
_FORMAT = regex.compile(r"[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_COMBINING = regex.compile(r"(\p{M}{%d})\p{M}+" % MOST_COMBINING)

_ALLOWED_TAGS = set("p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp".split())


class Found(msgspec.Struct, frozen=True):
    """A link, mention or hashtag in a text, and where it stands."""

    kind: str
    start: int
    end: int
    value: str
    domain: str | None = None


def clean(text: str) -> str:
    """Valid NFC text: no control characters but newline and tab, no runaway accents, line ends as \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    text = unicodedata.normalize("NFC", text)
    return _COMBINING.sub(r"\1", text).strip()


def clean_line(text: str) -> str:
    """One line of clean text, also without zero-width and direction-changing characters (names, titles)."""
    return " ".join(_FORMAT.sub("", clean(text)).split())


def length(text: str) -> int:
    """Characters as people count them: graphemes, a link as 23, a mention without its domain."""
    total, at = 0, 0
    for one in find(text):
        total += len(_GRAPHEME.findall(text[at : one.start]))
        total += URL_LENGTH if one.kind == "link" else len(one.value) + 1
        at = one.end
    return total + len(_GRAPHEME.findall(text[at:]))


def find(text: str) -> list[Found]:
    """Links, mentions and hashtags in order of appearance; none inside another."""
    found = [Found("link", m.index, m.last_index, m.url) for m in _web_links(text)]
    taken = [(one.start, one.end) for one in found]
    for match in _MENTION.finditer(text):
        if not _overlaps(taken, match.start(), match.end()):
            domain = match.group(2)
            end = match.end()
            if domain and domain.endswith("."):  # the full stop of the sentence
                domain, end = domain.rstrip("."), end - (len(domain) - len(domain.rstrip(".")))
            found.append(Found("mention", match.start(), end, match.group(1), domain or None))
    for match in _HASHTAG.finditer(text):
        if not match.group(1).isdigit() and not _overlaps(taken, match.start(), match.end()):
            found.append(Found("hashtag", match.start(), match.end(), match.group(1)))
    return sorted(found, key=lambda one: one.start)


def _web_links(text: str) -> list:
    if "://" not in text:
        return []
    return [m for m in _links.match(text) or [] if m.schema in ("http:", "https:")]


def _overlaps(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(start < stop and begin < end for begin, stop in taken)


def fold_tag(tag: str) -> str:
    """The form in which hashtags are compared."""
    return unicodedata.normalize("NFKC", tag).casefold()


def render(text: str, *, mention_path: Callable[[Found], str | None]) -> str:
    """The text as HTML: paragraphs, breaks, links, mentions that `mention_path` knows, hashtags.

    `mention_path` gives the address of a mentioned account (local ones as a path), or None for plain text.
    """
    parts, at = [], 0
    for one in find(text):
        parts.append(html.escape(text[at : one.start], quote=False))
        parts.append(_markup(text, one, mention_path))
        at = one.end
    parts.append(html.escape(text[at:], quote=False))
    body = "".join(parts)
    paragraphs = [p.strip("\n") for p in regex.split(r"\n{2,}", body) if p.strip()]
    return "".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs)


def _markup(text: str, one: Found, mention_path: Callable[[Found], str | None]) -> str:
    written = text[one.start : one.end]
    if one.kind == "link":
        return _link(one.value)
    if one.kind == "hashtag":
        href = f"{ORIGIN_MARK}/tags/{fold_tag(one.value)}"
        name = html.escape(one.value)
        return f'<a href="{html.escape(href)}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'
    path = mention_path(one)
    if path is None:
        return html.escape(written, quote=False)
    href = ORIGIN_MARK + path if path.startswith("/") else path
    return (
        f'<span class="h-card" translate="no"><a href="{html.escape(href)}" class="u-url mention">'
        f"@<span>{html.escape(one.value)}</span></a></span>"
    )


def _link(url: str) -> str:
    scheme, _, rest = url.partition("://")
    hidden = f"{scheme}://"
    if rest.startswith("www."):
        hidden, rest = hidden + "www.", rest[4:]
    shown, more = rest[:30], rest[30:]
    middle = "ellipsis" if more else ""
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{html.escape(hidden)}</span><span class="{middle}">{html.escape(shown)}</span>'
        f'<span class="invisible">{html.escape(more)}</span></a>'
    )


def _keep_class(tag: str, name: str, value: str) -> str | None:
    if name != "class":
        return value
    kept = [
        c
        for c in value.split()
        if c[:2] in ("h-", "p-", "u-", "e-")
        or c.startswith("dt-")
        or c in ("mention", "hashtag", "ellipsis", "invisible", "quote-inline")
    ]
    return " ".join(kept)


def sanitise(markup: str) -> str:
    """HTML from elsewhere, reduced to what a post may contain; text is kept, everything else is dropped."""
    return nh3.clean(
        markup,
        tags=_ALLOWED_TAGS,
        attributes={
            "*": {"lang"},
            "a": {"href", "class", "translate"},
            "span": {"class", "translate"},
            "p": {"class"},
            "ol": {"start", "reversed"},
            "li": {"value"},
        },
        attribute_filter=_keep_class,
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )


def with_origin(markup: str, origin: str) -> str:
    """Stored HTML with this server's address put in (`""` for paths)."""
    return markup.replace(ORIGIN_MARK, origin)


_TAGS = regex.compile(r"<br\s*/?>|</p>")
_ANY_TAG = regex.compile(r"<[^>]{0,2000}>")


def plain(markup: str) -> str:
    """The words of stored HTML, for previews, mail and feeds."""
    return html.unescape(_ANY_TAG.sub("", _TAGS.sub("\n", markup))).strip()
