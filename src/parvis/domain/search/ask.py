"""What somebody asks for, taken apart: words, phrases, and the operators from:, has:, is:, in:, language:, before:, after:."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import regex

from parvis.base.ids import id_at
from parvis.domain.search import tokens
from parvis.domain.search.tokens import Term, quoted

LONGEST = 500
MOST_PARTS = 24

# What can stand behind has: and is:, and the mark it is found by.
HAS = {
    "media": "media", "image": "image", "picture": "image", "video": "video", "audio": "audio", "poll": "poll",
    "link": "link", "card": "link", "embed": "link", "warning": "warning",
}  # fmt: skip
IS = {"reply": "reply", "answer": "reply", "sensitive": "sensitive", "edited": "edited", "bot": "bot"}
_PART = regex.compile(r'(-?)(?:([a-z]{2,8}):)?(?:"([^"]*)"?|(\S+))', regex.IGNORECASE)
_HANDLE = regex.compile(r"@?[\w.-]{1,64}(?:@[\w.:-]{1,255})?")


class Ask(msgspec.Struct, frozen=True):
    """`needs` and `refuses` hold parts of a tsquery; `authors` are handles, or `me`."""

    needs: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    not_authors: tuple[str, ...] = ()
    above: int = 0  # ids above this
    below: int | None = None  # and below this
    library: bool = False
    words: str = ""  # without the operators

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for that a post could have or lack."""
        return not (self.needs or self.authors or self.library or self.above or self.below is not None)


def understood(query: str) -> Ask:
    """The question, as far as we understand it; an operator with a value we do not know is taken for words."""
    asked = _Asked()
    for count, match in enumerate(_PART.finditer(query[:LONGEST])):
        if count >= MOST_PARTS:
            break
        minus, operator, phrase, word = match.groups()
        value = phrase if phrase is not None else word
        if operator is None or not asked.operate(operator.casefold(), value, refused=bool(minus)):
            written = value if operator is None else f"{operator}:{value}"
            asked.look_for(written, refused=bool(minus), phrase=phrase is not None)
    return asked.done()


class _Asked:
    """A question while it is read."""

    def __init__(self) -> None:
        self._needs: list[str] = []
        self._refuses: list[str] = []
        self._authors: list[str] = []
        self._not_authors: list[str] = []
        self._words: list[str] = []
        self._above = 0
        self._below: int | None = None
        self._library = False

    def done(self) -> Ask:
        return Ask(
            tuple(self._needs), tuple(self._refuses), tuple(self._authors), tuple(self._not_authors),
            self._above, self._below, self._library, " ".join(self._words),
        )  # fmt: skip

    def look_for(self, text: str, *, refused: bool, phrase: bool) -> None:
        if text.startswith(("#", "@")) and len(text) > 1 and not phrase:
            mark = text.partition("@")[0] if text.startswith("#") else text
            self._add(quoted(mark[0] + tokens.fold(mark[1:])), refused)
        elif phrase:
            found = tokens.words(text)
            self._add(_one(_phrase(found)), refused)
        else:
            self._add(_one([_term(one) for one in tokens.terms(text)]), refused)
        if not refused:
            self._words.append(text)

    def operate(self, operator: str, value: str, *, refused: bool) -> bool:
        """Whether that is an operator, with a value it can have."""
        value = value.casefold()
        if operator == "from" and _HANDLE.fullmatch(value):
            (self._not_authors if refused else self._authors).append(value.removeprefix("@"))
        elif operator == "has" and value.removesuffix("s") in HAS:
            self._add(quoted(f"=h{HAS[value.removesuffix('s')]}"), refused)
        elif operator == "is" and value in IS:
            self._add(quoted(f"=i{IS[value]}"), refused)
        elif operator in ("language", "lang") and regex.fullmatch(r"[a-z]{2,3}(-\w{1,16})?", value):
            self._add(quoted(f"=l{value}"), refused)
        elif operator == "in" and value in ("all", "library", "public"):
            self._library = value == "library"
        elif operator in ("before", "after", "during") and (day := _day(value)) is not None and not refused:
            self._bound(operator, day)
        else:
            return False
        return True

    def _bound(self, operator: str, day: datetime) -> None:
        next_day = id_at(day + timedelta(days=1))
        if operator in ("before", "during"):
            end = id_at(day) if operator == "before" else next_day
            self._below = end if self._below is None else min(self._below, end)
        if operator in ("after", "during"):
            start = next_day if operator == "after" else id_at(day)
            self._above = max(self._above, start - 1)

    def _add(self, part: str, refused: bool) -> None:
        if part:
            (self._refuses if refused else self._needs).append(part)


def mark_of_author(account_id: int) -> str:
    """The mark of what that account wrote."""
    return f"=a{account_id}"


def mark_of_reader(account_id: int) -> str:
    """The mark of what that account wrote or is mentioned in."""
    return f"=r{account_id}"


PUBLIC = "=v0"


def _term(term: Term) -> str:
    if len(term.words) == 1:
        return quoted(term.words[0]) + (":*" if term.begins else "")
    return "(" + " <-> ".join(map(quoted, term.words)) + ")"


def _phrase(found: list[tokens.Word]) -> list[str]:
    """The words one behind the other; of a run of signs only the pairs."""
    at: dict[int, str] = {}
    for word in found:
        at.setdefault(word.position, word.text)
    places = sorted(at)
    return ["(" + " <-> ".join(quoted(at[place]) for place in places) + ")"] if places else []


def _one(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " & ".join(parts) + ")" if parts else ""


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if 1970 < day.year < 9000 else None
