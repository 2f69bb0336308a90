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

ORIGIN_MARK = "https://origin.invalid"
URL_LENGTH = 23  # what a link counts, however long (client-api: characters_reserved_per_url)
MOST_COMBINING = 4

# One expression with bounded parts, read once from left to right: the work grows in step with the text (case I9).
_FOUND = regex.compile(
    r"""
      (?P<link> (?<![\w]) https?://[\w\[][^\s<>"\x00-\x20\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]{0,2000} )
    | (?<![\w/@.]) @ (?P<handle>[A-Za-z0-9_]{1,64})
                    (?: @ (?P<domain>[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}(?::\d{1,5})?) )?
    | (?<![\w/&\#]) \# (?P<tag>[\w·]{1,100})
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_CLOSERS = {")": "(", "]": "[", "}": "{"}
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
    found = []
    for match in _FOUND.finditer(text):
        link, handle, tag = match.group("link"), match.group("handle"), match.group("tag")
        if link is not None:
            url = _without_sentence_end(link)
            found.append(Found("link", match.start(), match.start() + len(url), url))
        elif handle is not None:
            found.append(Found("mention", match.start(), match.end(), handle, match.group("domain")))
        elif not tag.isdigit():
            found.append(Found("hashtag", match.start(), match.end(), tag))
    return found


def _without_sentence_end(url: str) -> str:
    """The link without the punctuation of the sentence around it; a closing bracket stays if it was opened inside."""
    while True:
        last = url[-1]
        if last in ".,;:!?'*_~»”’" or (last in _CLOSERS and url.count(last) > url.count(_CLOSERS[last])):
            url = url[:-1]
        else:
            return url


def fold_tag(tag: str) -> str:
    """The form in which hashtags are compared."""
    return unicodedata.normalize("NFKC", tag).casefold()


def hashtag(name: str) -> str | None:
    """The folded name, without `#`, of the hashtag that is called so; None if no text could name one so."""
    folded = fold_tag(name.removeprefix("#"))
    found = find(f"#{folded}")
    return folded if len(found) == 1 and found[0].kind == "hashtag" and found[0].value == folded else None


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
