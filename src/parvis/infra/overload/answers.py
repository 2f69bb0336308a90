"""What those hear who are not served: made once, because refusing must cost next to nothing."""

from __future__ import annotations

import html
import random
from functools import cache
from typing import Any

import msgspec

from parvis.infra.catalogues import LOCALES, babel_locale, catalogue_of, later
from parvis.infra.html.headers import page_headers

MOST_RETRY_S = 8
LEVEL = b"x-parvis-level"

# Why something is refused: the word for programs, the sentence for people.
REASONS: dict[str, str] = {
    "load": later("More people are here right now than this place can serve at once."),
    "database": later("The database does not answer at the moment."),
    "receipts": later("Very many people are signing up at this moment."),
    "hashing": later("Very many people are signing in at this moment."),
    "media": later("Very many pictures are arriving at this moment."),
    "files": later("Very many files are being fetched at this moment."),
    "operators": later("The console is busy."),
    "streams": later("Very many connections are being opened at this moment."),
    "share": later("Very many requests are coming from you or from your network."),
    "slow": later("What you send arrives too slowly."),
}
_HEADING = later("One moment, please")
_AGAIN = later("Try again in a few seconds.")
_STATUS_PAGE = later("How this place is doing")

Messages = tuple[dict[str, Any], dict[str, Any]]
_STATUS = {"slow": 408, "share": 429}


def refusal(reason: str, level: int, *, api: bool, locale: str, status_page: str = "") -> Messages:
    """The two messages of an answer that refuses, with a time to come again that differs from one to the next."""
    retry_s = random.randint(1, MOST_RETRY_S)  # noqa: S311 - it spreads clients
    return _made(reason, level, api, locale, retry_s, status_page)


@cache
def _made(reason: str, level: int, api: bool, locale: str, retry_s: int, status_page: str) -> Messages:
    status = _STATUS.get(reason, 503)
    kind, body = _json(reason) if api else _page(reason, locale, status_page if status == 503 else "")
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(retry_s).encode()),
        (b"cache-control", b"no-store"),
        (LEVEL, str(level).encode()),
    ]
    if not api:
        headers += [(name.lower().encode(), value.encode()) for name, value in page_headers(secure=False).items()]
    if reason == "slow":
        headers.append((b"connection", b"close"))
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body, "more_body": False},
    )


def _json(reason: str) -> tuple[bytes, bytes]:
    body = {"error": f"{REASONS[reason]} {_AGAIN}", "reason": reason}
    return b"application/json; charset=utf-8", msgspec.json.encode(body)


def _page(reason: str, locale: str, status_page: str) -> tuple[bytes, bytes]:
    text = catalogue_of(locale).text
    heading, why, again = (html.escape(text(one)) for one in (_HEADING, REASONS[reason], _AGAIN))
    more = f'<p><a href="{html.escape(status_page)}">{html.escape(text(_STATUS_PAGE))}</a></p>' if status_page else ""
    page = (
        f'<!doctype html><html lang="{locale}" dir="{babel_locale(locale).text_direction}">'
        f'<head><meta charset="utf-8"><title>{heading}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>'
        f"<body><main><h1>{heading}</h1><p>{why} {again}</p>{more}</main></body></html>"
    )
    return b"text/html; charset=utf-8", page.encode()


def prepare(status_page: str = "") -> None:
    """Every answer is made, so that the first refusal costs no more than the others."""
    for reason in REASONS:
        for level in range(6):
            for retry_s in range(1, MOST_RETRY_S + 1):
                for locale in LOCALES:
                    _made(reason, level, False, locale, retry_s, status_page)
                _made(reason, level, True, "en", retry_s, status_page)
