"""What can be chosen when writing: who sees it, in which language it is, a question, another time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from babel.dates import format_timedelta

from parvis.base.errors import Invalid
from parvis.domain.posts import PollDraft, QuotePolicy, ReplyPolicy, Visibility
from parvis.infra.catalogues import babel_locale, later

VISIBILITIES = (
    (Visibility.PUBLIC, later("Everybody")),
    (Visibility.QUIET, later("Everybody, quietly")),
    (Visibility.FOLLOWERS, later("Followers")),
    (Visibility.MENTIONED, later("Mentioned people")),
)

QUOTE_POLICIES = (
    (QuotePolicy.EVERYBODY, later("Everybody may quote")),
    (QuotePolicy.FOLLOWERS, later("Followers may quote")),
    (QuotePolicy.NOBODY, later("Nobody may quote")),
)

REPLY_POLICIES = (
    (ReplyPolicy.EVERYBODY, later("Everybody may reply")),
    (ReplyPolicy.FOLLOWERS, later("Followers and mentioned people may reply")),
    (ReplyPolicy.MENTIONED, later("Mentioned people may reply")),
    (ReplyPolicy.NOBODY, later("Nobody may reply")),
)

OPTIONS = 4
LENGTHS_S = (1800, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400)

# The languages most written on the web, and those of Europe; apps may send any other.
LANGUAGES = (
    "ar bg bn br ca co cs cy da de el en eo es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko la lt lv mk ms mt "
    "nb nl nn oc pl pt ro ru sk sl sq sr sv sw ta th tr uk ur vi wo zh"
).split()


def visibilities(text: Callable[[str], str]) -> list[tuple[int, str]]:
    """Who may see a post, in the visitor's words."""
    return [(int(value), text(label)) for value, label in VISIBILITIES]


def languages(locale: str, chosen: str | None = None) -> list[tuple[str, str]]:
    """Code and name of each language that can be chosen; what an app has chosen can stay, also that nothing was."""
    offered = _languages(locale)
    if chosen in LANGUAGES:
        return offered
    return [("", "–") if not chosen else _named(chosen, locale), *offered]


@cache
def _languages(locale: str) -> list[tuple[str, str]]:
    """Those that are always offered, as the visitor's own language calls them, in its alphabet's order."""
    return sorted((_named(code, locale) for code in LANGUAGES), key=lambda one: one[1])


def _named(code: str, locale: str) -> tuple[str, str]:
    name = babel_locale(locale).languages.get(code.replace("-", "_")) or code
    return code, name[:1].upper() + name[1:]


def quote_policies(text: Callable[[str], str]) -> list[tuple[int, str]]:
    """Who may quote a post, in the visitor's words."""
    return [(int(value), text(label)) for value, label in QUOTE_POLICIES]


def reply_policies(text: Callable[[str], str]) -> list[tuple[int, str]]:
    """Who may reply in a conversation, in the visitor's words."""
    return [(int(value), text(label)) for value, label in REPLY_POLICIES]


@cache
def lengths(locale: str) -> list[tuple[int, str]]:
    """How long a poll can last: seconds and words."""
    words = babel_locale(locale)
    return [
        (seconds, format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=words)) for seconds in LENGTHS_S
    ]


def poll_of(values: Mapping[str, str]) -> PollDraft | None:
    """The question in a form, if one is asked. Raises: Invalid for a length that is no number."""
    options = [values.get(f"option_{n}", "").strip() for n in range(1, OPTIONS + 1)]
    if not any(options):
        return None
    length = values.get("poll_length", "86400")
    if not (length.isascii() and length.isdigit()) or len(length) > 8:
        raise Invalid("poll", "A poll lasts five minutes to one month", "inclusion")
    return PollDraft(
        tuple(one for one in options if one),
        int(length),
        multiple=values.get("poll_multiple") == "1",
        hide_totals=values.get("poll_hidden") == "1",
    )


def moment_of(values: Mapping[str, str]) -> datetime | None:
    """When a form is to be published, if later: the browser's time where a script has said how far that is from UTC."""
    wanted = values.get("due", "").strip()
    if not wanted:
        return None
    try:
        local = datetime.fromisoformat(wanted[:25])
        ahead = timedelta(minutes=int(values.get("due_offset") or "0"))
        return (local.replace(tzinfo=UTC) if local.tzinfo is None else local) + ahead
    except (ValueError, OverflowError):
        raise Invalid("scheduled_at", "This is not a time", "invalid") from None
