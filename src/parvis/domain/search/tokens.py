"""Words as they are compared when something is looked for: one way for every script, on both sides.

PostgreSQL's own parser knows no words where none are separated, and the built-in one has no ICU. So we cut words ourselves:
letters and digits that belong together; pairs of neighbouring signs where words are not set apart (Chinese, Japanese, Thai …)
or carry what belongs to them (Korean); Arabic without its articles and endings. Accents and case make no difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import msgspec
import regex

LONGEST_WORD = 64
MOST_WORDS = 5000
_MOST_POSITIONS = 16_383  # PostgreSQL's bound

_RUNS = regex.compile(r"[\p{L}\p{M}\p{N}_]+")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー〆"
_PARTS = regex.compile(rf"(?P<unspaced>[{_UNSPACED}](?:[{_UNSPACED}\p{{M}}])*)|(?P<word>[^{_UNSPACED}]+)")
# Marks that only say how a letter is read; in other scripts they make another letter.
_MARKS = regex.compile(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Hebrew}\p{Arabic}])\p{Mn}+")
_LETTERS = str.maketrans({"ـ": "", "ٱ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي"})
_ARABIC = regex.compile(r"\p{Arabic}+")
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال", "و")
_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
_SHORTEST_STEM = 3


class Word(msgspec.Struct, frozen=True):
    """A word and where it stands."""

    text: str
    position: int


class Term(msgspec.Struct, frozen=True):
    """Words that must follow one another; `begins`: the only one may go on."""

    words: tuple[str, ...]
    begins: bool = False


def fold(text: str) -> str:
    """The text without what makes no difference when it is compared."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text
    text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text).translate(_LETTERS)


def words(text: str, start: int = 1) -> list[Word]:
    """The words of a text in order, the first at position `start`."""
    found: list[Word] = []
    at = start
    for unspaced, part in _parts(fold(text)):
        if unspaced:
            pairs = [part[n : n + 2] for n in range(max(len(part) - 1, 1))]
            found.extend(Word(pair, at + n) for n, pair in enumerate(pairs))
            at += len(pairs)
            if len(part) > 1:
                found.append(Word(part[-1], at - 1))  # so that every single sign begins some word
        else:
            found.append(Word(part, at))
            at += 1
        if len(found) >= MOST_WORDS:
            break
    return found


def terms(text: str) -> list[Term]:
    """What somebody looks for who writes this: one term a word, or a run of signs."""
    found: list[Term] = []
    for unspaced, part in _parts(fold(text)):
        if not unspaced:
            found.append(Term((part,), begins=len(part) >= 4 and not part.isdigit()))
        elif len(part) == 1:
            found.append(Term((part,), begins=True))
        else:
            found.append(Term(tuple(part[n : n + 2] for n in range(len(part) - 1))))
    return found


def document(texts: list[str], marks: list[str]) -> str:
    """A tsvector of the words of all texts, which do not run into each other, and of marks."""
    places: dict[str, list[int]] = {}
    at = 1
    for text in texts:
        for word in words(text, at):
            if word.position <= _MOST_POSITIONS:
                places.setdefault(word.text, []).append(word.position)
            at = word.position + 2
    parts = [f"{quoted(word)}:{','.join(map(str, at[:250]))}" for word, at in places.items()]
    return " ".join([*parts, *(quoted(mark) for mark in marks)])


def quoted(word: str) -> str:
    """The word as PostgreSQL reads it in a tsvector or tsquery."""
    if word.isalnum():
        return f"'{word}'"
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _parts(folded: str) -> Iterator[tuple[bool, str]]:
    """(whether its signs are set side by side, what belongs together)."""
    run: str
    for run in _RUNS.findall(folded):
        if run.isascii():  # one word, and no stem but itself: most of what people write here
            yield False, run[:LONGEST_WORD]
            continue
        for part in _PARTS.finditer(run):
            if part["unspaced"] is not None:
                yield True, part["unspaced"]
            else:
                yield False, _stem(part["word"])[:LONGEST_WORD]


def _stem(word: str) -> str:
    """An Arabic word without article and ending; any other word as it is."""
    if _ARABIC.fullmatch(word) is None:
        return word
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= _SHORTEST_STEM:
            word = word.removeprefix(article)
            break
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word
