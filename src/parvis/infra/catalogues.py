"""Words in people's languages: gettext catalogues, read once from `locales/` without a build step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from gettext import c2py
from pathlib import Path

import msgspec
from babel import Locale
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol

# Languages that somebody who speaks them has read; these are complete. English comes first: it stands where others have
# nothing.
REVIEWED = ("en", "fr")
# Every language, by its own name. Those that nobody has read yet say so, in their own words.
LOCALE_NAMES = {
    "en": "English",
    "fr": "Français",
    "es": "Español (sin revisar)",
    "de": "Deutsch (ungeprüft)",
    "pt": "Português (não revisto)",
    "ar": "العربية (غير مراجَعة)",
    "ja": "日本語（未校閲）",
}
LOCALES = tuple(LOCALE_NAMES)
FOLDER = Path(__file__).parent.parent / "locales"


class Catalogue(msgspec.Struct, frozen=True):
    """The texts of one language. A text that is missing stays English."""

    locale: str
    texts: dict[str, str]
    plurals: dict[str, tuple[str, ...]]
    form_of: Callable[[int], int]

    def text(self, message: str) -> str:
        """The message in this language."""
        return self.texts.get(message) or message

    def counted(self, one: str, many: str, number: int) -> str:
        """The message in the form that this number takes in this language."""
        forms = self.plurals.get(one)
        form = self.form_of(number)
        if forms and form < len(forms) and forms[form]:
            return forms[form]
        return one if number == 1 else many


@cache
def catalogue_of(locale: str) -> Catalogue:
    """The catalogue of one of LOCALES."""
    with (FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            texts[message.id] = str(message.string)
        else:
            plurals[message.id[0]] = tuple(message.string or ())
    return Catalogue(locale, texts, plurals, c2py(catalog.plural_expr))


def known_locale(wanted: str | None) -> str:
    """The wanted language if we speak it, else English."""
    short = (wanted or "").partition("-")[0].partition("_")[0].lower()
    return short if short in LOCALES else LOCALES[0]


def accepted_locale(header: str) -> str:
    """The best of our languages for an Accept-Language header."""
    wanted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        wanted.append((-quality, tag.partition("-")[0].lower()))
    return next((tag for quality, tag in sorted(wanted, key=lambda w: w[0]) if tag in LOCALES and quality < 0), "en")


@cache
def babel_locale(locale: str) -> Locale:
    """Babel's knowledge of dates and numbers for one of LOCALES."""
    return Locale.parse("en_GB" if locale == "en" else locale)


def in_figures(text: str, locale: str) -> str:
    """An English number, such as `12,345.6`, as the language writes it."""
    return text.translate(_signs(locale))


@cache
def _signs(locale: str) -> dict[int, str]:
    words = babel_locale(locale)
    return str.maketrans({",": get_group_symbol(words), ".": get_decimal_symbol(words)})


_STRING = r'"((?:[^"\\]|\\.)*)"'
_ONE = re.compile(r"\b(?:_|_m|later)\(\s*" + _STRING)
_COUNTED = re.compile(r"\b(?:_n|_mn|counted)\(\s*" + _STRING + r"\s*,\s*" + _STRING)
# A verdict's words and the labels of its figures; long ones are written in several parts.
_SAID = re.compile(r'\b(?:say|figure)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
_PART = re.compile(_STRING)


def messages_used(*folders: Path) -> Iterator[tuple[str, str | None, Path]]:
    """Every (message, plural or None, file) that templates and Python files below these folders ask for."""
    for folder in folders:
        for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt"), *folder.rglob("*.py")]):
            source = path.read_text()
            for match in _ONE.finditer(source):
                yield _unescape(match.group(1)), None, path
            for match in _COUNTED.finditer(source):
                yield _unescape(match.group(1)), _unescape(match.group(2)), path
            for match in _SAID.finditer(source):
                if said := _unescape("".join(_PART.findall(match.group(1)))):
                    yield said, None, path


def _unescape(text: str) -> str:
    return text.replace('\\"', '"').replace("\\n", "\n")


def later(message: str) -> str:
    """The message itself: marks a text that is translated where it is shown."""
    return message
