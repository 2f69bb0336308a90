"""Pages from templates: minijinja environments with our languages, dates and files.

Every page is rendered with `locale` in its context; functions that need it look it up there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import minijinja
from babel.dates import format_date, format_skeleton, get_month_names
from babel.numbers import format_compact_decimal, format_decimal
from minijinja import Markup

from parvis.base.clock import iso_ms, utc_now
from parvis.infra.catalogues import babel_locale, catalogue_of

FOLDER = Path(__file__).parent.parent / "templates"

Formatter = Callable[..., Any]


class Templates:
    """Renders templates of `folder`, one environment a language. `filters` and `values` are what a door adds.

    Texts without values and addresses of files are put in when a template is read, so that they cost nothing later:
    a page of twenty posts has three hundred of them.
    """

    def __init__(
        self,
        *,
        asset: Callable[[str], str],
        filters: dict[str, Formatter] | None = None,
        values: dict[str, Any] | None = None,
        folder: Path = FOLDER,
    ) -> None:
        self._asset = asset
        self._filters = filters or {}
        self._values = values or {}
        self._read = minijinja.load_from_path(folder)
        self._environments: dict[str, minijinja.Environment] = {}

    def render(self, name: str, /, *, locale: str, **context: Any) -> str:
        """The template as HTML in that language."""
        environment = self._environments.get(locale)
        if environment is None:
            environment = self._environments[locale] = self._environment(locale)
        return environment.render_template(name, locale=locale, **context)

    def _environment(self, locale: str) -> minijinja.Environment:
        return minijinja.Environment(
            loader=lambda name: self._prepared(name, locale),
            undefined_behavior="strict",
            trim_blocks=True,
            lstrip_blocks=True,
            debug=False,
            filters={
                "ago": ago,
                "moment": moment,
                "day": day,
                "iso": iso_ms,
                "number": number,
                "compact": compact,
                **self._filters,
            },
            globals={
                "_": _translate,
                "_m": _translate_markup,
                "_n": _translate_counted,
                "_mn": _translate_counted_markup,
                "words_for": word_for,
                "direction": direction,
                "asset": self._asset,
                **self._values,
            },
        )

    def _prepared(self, name: str, locale: str) -> str | None:
        source = self._read(name)
        if source is None:
            return None
        words = catalogue_of(locale)

        def text(match: re.Match[str]) -> str:
            return words.text(match.group(1))

        source = _SHOWN_ASSET.sub(lambda match: self._asset(match.group(1)), source)
        source = _SHOWN_TEXT.sub(lambda match: str(minijinja.escape(text(match))), source)
        return _TEXT.sub(lambda match: _literal(text(match)), source)


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# A text with a value, a quotation mark or a backslash in it is left to the functions below.
_PLAIN = r'"((?:[^"\\%]|%(?!\())*)"'
_SHOWN_TEXT = re.compile(r"\{\{ _\(" + _PLAIN + r"\) \}\}")
_TEXT = re.compile(r"\b_\(" + _PLAIN + r"\)")
_SHOWN_ASSET = re.compile(r'\{\{ asset\("([^"]+)"\) \}\}')


def _with_state(function: Formatter) -> Formatter:
    """The function is called with the page's state first. (minijinja's own types know only of one argument more.)"""
    return minijinja.pass_state(function)  # type: ignore[return-value]


def _locale(state: Any) -> str:
    return state.lookup("locale") or "en"


@_with_state
def _translate(state: Any, message: str, **values: object) -> str:
    return _filled(state, catalogue_of(_locale(state)).text(message), values)


@_with_state
def _translate_markup(state: Any, message: str, **values: object) -> Markup:
    """For texts around links and names: the values are escaped unless they are markup already."""
    text = str(minijinja.escape(catalogue_of(_locale(state)).text(message)))
    return Markup(_filled(state, text, {name: minijinja.escape(value) for name, value in values.items()}))


@_with_state
def _translate_counted(state: Any, one: str, many: str, count: int, **values: object) -> str:
    text = catalogue_of(_locale(state)).counted(one, many, count)
    return _filled(state, text, {"count": format_decimal(count, locale=babel_locale(_locale(state))), **values})


@_with_state
def _translate_counted_markup(state: Any, one: str, many: str, count: int, **values: object) -> Markup:
    text = str(minijinja.escape(catalogue_of(_locale(state)).counted(one, many, count)))
    shown = format_decimal(count, locale=babel_locale(_locale(state)))
    return Markup(_filled(state, text, {"count": shown, **{name: minijinja.escape(v) for name, v in values.items()}}))


def _filled(state: Any, text: str, values: dict[str, Any]) -> str:
    """The text with its values; `%(post)s` and `%(posts)s` are what a post is called in this place."""
    if "%(post" in text:
        place = state.lookup("place")
        values = {"post": place["word"], "posts": place["words"], **values}
    return text % values if values else text


@_with_state
def word_for(state: Any, count: int) -> str:
    """What that many posts are called: `post`, `posts`, or the operator's word."""
    place = state.lookup("place")
    form_of = catalogue_of(_locale(state)).form_of
    # The plural is what three of them take: French says `0 message`, Arabic from eleven on the singular again.
    return place["words"] if form_of(count) == form_of(3) else place["word"]


@_with_state
def direction(state: Any) -> str:
    """Where lines of this language run: `ltr` or `rtl`."""
    return babel_locale(_locale(state)).text_direction


@_with_state
def number(state: Any, value: int) -> str:
    """`12,345` as the language writes it."""
    return format_decimal(value, locale=babel_locale(_locale(state)))


@_with_state
def compact(state: Any, value: int) -> str:
    """`12K`: for counts beside icons."""
    if value < 1000:
        return str(value)
    return format_compact_decimal(
        value, locale=babel_locale(_locale(state)), fraction_digits=1 if value < 10_000 else 0
    )


@_with_state
def moment(state: Any, value: datetime) -> str:
    """Day and time in full. By hand, because every post has one and Babel takes 60 µs for it."""
    at, (form, months) = value.astimezone(UTC), _days(_locale(state))
    day_in_full = form % {"d": at.day, "M": at.month, "MMMM": months[at.month], "y": at.year}
    return f"{day_in_full}, {at.hour:02d}:{at.minute:02d} UTC"


@cache
def _days(locale: str) -> tuple[str, dict[int, str]]:
    """How the language writes a day in full: `%(d)s %(MMMM)s %(y)s` or `%(y)s年%(M)s月%(d)s日`, and its months."""
    words = babel_locale(locale)
    return words.date_formats["long"].format, dict(get_month_names("wide", locale=words))


@_with_state
def day(state: Any, value: Any) -> str:
    """`7 August 2026`."""
    return format_date(value, "long", locale=babel_locale(_locale(state)))


@_with_state
def ago(state: Any, value: datetime) -> str:
    """`now`, `5 min`, `3 h`, `2 d`, then the day. app.js keeps it fresh by the same rules."""
    words = catalogue_of(_locale(state))
    seconds = (utc_now() - value).total_seconds()
    if seconds < 60:
        return words.text("now")
    if seconds < 3600:
        return words.text("%(n)s min") % {"n": int(seconds // 60)}
    if seconds < 86_400:
        return words.text("%(n)s h") % {"n": int(seconds // 3600)}
    if seconds < 7 * 86_400:
        return words.text("%(n)s d") % {"n": int(seconds // 86_400)}
    form = "MMMd" if value.year == utc_now().year else "yMMMd"
    return format_skeleton(form, value, locale=babel_locale(_locale(state)))
