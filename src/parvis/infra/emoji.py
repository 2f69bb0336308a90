"""Pictures of this place that stand for words between colons, `:like_this:`. Every process keeps the few that there are.

Texts are stored as they were written; a picture is put in when a text is shown, and only between tags, never inside one
(case E3). Who keeps the table is `domain/media`; `keep` is called there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

import msgspec

SHORTCODE = re.compile(r"[a-zA-Z0-9_]{2,30}")
_CODE = re.compile(r"(?<![a-zA-Z0-9_:]):([a-zA-Z0-9_]{2,30}):(?![a-zA-Z0-9_:])")
# A tag ends at the first `>` outside its quotation marks.
_TAG = re.compile(r"""(<(?:[^"'>]|"[^"]*"|'[^']*')*>)""")


class Emoji(msgspec.Struct, frozen=True):
    """`key`: its file in the media store. `listed`: pickers show it."""

    shortcode: str
    key: str
    category: str | None = None
    listed: bool = True


class Emojis:
    """The emoji of one moment."""

    def __init__(self, every: Iterable[Emoji] = (), place: str = "") -> None:
        self.every = tuple(every)
        self.place = place
        self._by_code = {one.shortcode: one for one in self.every}

    def within(self, *texts: str) -> list[Emoji]:
        """Those that occur in texts or stored HTML, each once, in order of appearance."""
        if not self._by_code:
            return []
        found: dict[str, Emoji] = {}
        for text in texts:
            if ":" in text:
                for code in _codes(text):
                    if code in self._by_code:
                        found[code] = self._by_code[code]
        return list(found.values())

    def shown(self, markup: str) -> str:
        """The HTML with pictures where their codes stand in its text."""
        if not self._by_code or ":" not in markup:
            return markup
        parts = _TAG.split(markup)
        return "".join(part if at % 2 else _CODE.sub(self._picture, part) for at, part in enumerate(parts))

    def _picture(self, match: re.Match[str]) -> str:
        one = self._by_code.get(match.group(1))
        if one is None:
            return match.group()
        code = html.escape(match.group())
        return f'<img class="emoji" src="/media/{html.escape(one.key)}" alt="{code}" title="{code}" width="20" height="20">'


def _codes(text: str) -> Iterator[str]:
    for at, part in enumerate(_TAG.split(text)):
        if not at % 2:
            yield from _CODE.findall(part)


_known = Emojis()


def known() -> Emojis:
    """The emoji that this process knows of."""
    return _known


def keep(every: Iterable[Emoji], place: str) -> bool:
    """Texts are shown with these from now on; whether that is a change. `place`: the address of the media store."""
    global _known
    fresh = Emojis(every, place)
    changed = (fresh.every, fresh.place) != (_known.every, _known.place)
    if changed:
        _known = fresh
    return changed
