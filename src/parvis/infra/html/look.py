"""How pages are made: the environment of templates with what pages show, and what every page knows of its visitor."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, urlsplit

import minijinja
import msgspec
from babel.numbers import format_decimal
from litestar import Response

from parvis.base.clock import utc_now
from parvis.infra import emoji
from parvis.infra import text as texts
from parvis.infra.catalogues import babel_locale, catalogue_of, later
from parvis.infra.html import brand
from parvis.infra.html.assets import asset_path, has_asset
from parvis.infra.html.headers import PRIVATE, page_headers
from parvis.infra.html.visit import NOTICE_COOKIE, Page, Visit, cookie
from parvis.infra.overload import levels
from parvis.infra.templates import Templates

# What a place says of itself until its operator says something else (base/settings.py); in every language.
USUAL = later("An open square: everyone may stand here and speak.")
PICTURE_TYPES = "image/jpeg,image/png,image/webp,image/gif,image/avif,image/heic,image/heif"
FILM_TYPES = "video/*,audio/*,.mkv"
VERSION = version("parvis")

_HTMX = msgspec.json.encode(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        "historyEnabled": False,
        "selfRequestsOnly": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
).decode()

NOTICES = {
    "saved": later("Saved."),
    "published": later("It stands on the square."),
    "deleted": later("Deleted."),
    "signed_out": later("You are signed out."),
    "confirmed": later("Your address is confirmed. Welcome."),
    "letter": later("A letter is on its way."),
    "password": later("The new password holds. Other browsers and apps were signed out."),
    "owner": later("This place is yours now."),
    "bringing": later("It is being taken in; this page says how far it is."),
    "archiving": later("The archive is being made."),
    "left": later("Your account is deleted. Farewell."),
    "ended": later("It is signed out."),
    "muted": later("Muted."),
    "blocked": later("Blocked."),
    "cleared": later("All cleared."),
    "welcome": later("Welcome to the square."),
    "voted": later("Your vote counts."),
    "scheduled": later("It will be published at that time."),
    "removed": later("Removed."),
    "restricted": later("It is in force, and whoever it is about has been told."),
    "restricted-before": later("It was in force already: what was said then stands, and nobody is told again."),
    "lifted": later("It is in force no more, and whoever it was about has been told."),
    "appealed": later("Your appeal is on its way: somebody else than who decided will read it."),
    "reported": later("Thank you. The moderators will read it."),
}


def present(visit: Visit[Any, Any], page: Page) -> Response[bytes]:
    """The page as a response. Whatever knows its visitor is stored nowhere (case I1)."""
    notice = visit.request.cookies.get(NOTICE_COOKIE, "")
    if visit.swaps or visit.ahead:
        # A part of a page has no place for it, and what is fetched ahead takes nothing; the next page shows it.
        notice = ""
    html = _templates().render(page.template, **{**context(visit, notice), **page.context})
    headers = page_headers(secure=visit.settings.secure, form_action=page.form_action) | page.headers
    headers = {name: value for name, value in headers.items() if value}
    private = visit.viewer is not None or visit.form_made or notice or page.status != 200
    headers.setdefault("Cache-Control", PRIVATE if private else "public, max-age=0, s-maxage=15")
    response = Response(
        html.encode("utf-8", "replace"),
        status_code=page.status,
        headers=headers,
        media_type="text/html",
    )
    if notice:
        response.set_cookie(cookie(visit.settings, NOTICE_COOKIE, "", 0))
    return response


def context(visit: Visit[Any, Any], notice: str = "") -> dict[str, Any]:
    """What every template may use."""
    place = place_of(visit)
    return {
        "locale": visit.locale,
        "theme": visit.theme,
        "viewer": visit.viewer,
        "place": place,
        "path": visit.request.url.path,
        "here": visit.here,
        "values": visit.values,
        "errors": visit.errors,
        "beside": {"waiting": None, **visit.beside},  # templates are strict about what is not there
        "notice": visit.text(NOTICES[notice]) if notice in NOTICES else "",
        "notice_name": notice if notice in NOTICES else "",
        "form_token": visit.form_token,
        "busy": visit.text(levels.PLAIN[visit.services.pressure.level]) if visit.services.pressure.level else "",
        "htmx_config": _HTMX,
        "script_words": lambda: script_words(visit.locale, place),
    }


def place_of(visit: Visit[Any, Any]) -> dict[str, Any]:
    """This server as its pages speak of it; the operator may call a post something else."""
    settings = visit.settings
    own = settings.post_name.strip()
    return {
        "name": settings.name,
        "description": visit.text(USUAL) if settings.description == USUAL else settings.description,
        "origin": minijinja.Markup(quote(settings.public_origin, safe=":/[]")),
        "status_page": minijinja.Markup(quote(settings.status_page, safe=":/[]")),
        "domain": settings.domain,
        "contact_email": settings.contact_email,
        "characters": settings.post_characters,
        "picture_types": PICTURE_TYPES,
        "film_types": FILM_TYPES,
        "media_types": f"{PICTURE_TYPES},{FILM_TYPES}",
        "version": VERSION,
        "colours": minijinja.Markup(brand.colours_path(settings.accent)),
        "bars": brand.bars(settings.accent),
        "logo": minijinja.Markup(brand.logo_path(settings.logo_file)),
        "word": own or visit.text(later("post")),
        "words": (own if own.endswith("s") else f"{own}s") if own else visit.text(later("posts")),
    }


def script_words(locale: str, place: dict[str, Any]) -> str:
    """The words that app.js shows, as JSON."""
    words = catalogue_of(locale)
    names = {"post": place["word"], "posts": place["words"]}
    said = {
        "now": words.text(later("now")),
        "min": words.text(later("%(n)s min")),
        "hour": words.text(later("%(n)s h")),
        "day": words.text(later("%(n)s d")),
        "fresh1": words.text(later("1 new %(post)s")) % names,
        "freshN": words.text(later("%(n)s new %(posts)s")) % {"n": "%(n)s", **names},
        "copied": words.text(later("Link copied")),
        "uploading": words.text(later("Uploading %(name)s …")),
        "tooMany": words.text(later("Four pictures fit; the others were left out.")),
        "pause": words.text(later("Pause")),
        "resume": words.text(later("Resume")),
        "stop": words.text(later("Stop")),
        "failed": words.text(later("That did not work. Try again in a moment.")),
        "waiting": words.text(later("It is published once you are connected again.")),
        "sent": words.text(later("What waited is published.")),
        "refused": words.text(later("Something that waited could not be published. It stands in the form again.")),
        "refusedThere": words.text(later("Something that waited could not be published. Read why.")),
        "offline": words.text(later("There is no network. Try again once you are connected.")),
        "close": words.text(later("Close")),
        "before": words.text(later("The picture before")),
        "after": words.text(later("The next picture")),
    }
    return msgspec.json.encode(said).decode()


_made: list[Templates] = []


def _templates() -> Templates:
    """The one environment of this process."""
    if not _made:
        _made.append(
            Templates(
                asset=lambda name: minijinja.Markup(asset_path(name)),
                filters={
                    "media": media_path,
                    "small": small_of,
                    "tone": tone,
                    "initial": initial,
                    "post_path": post_path,
                    "body": body,
                    "pictured": pictured,
                    "plain": texts.plain,
                    "excerpt": excerpt,
                    "ground": ground,
                    "browser": browser,
                    "linked": linked,
                    "host": host,
                    "masked": masked,
                    "language_name": language_name,
                    "passed": passed,
                    "share": share,
                },
                values={"has_asset": has_asset, "ahead_shown": ahead_shown},
            )
        )
    return _made[0]


# ── filters ──


def media_path(key: str) -> minijinja.Markup:
    """Where a stored file is found. Keys are our own and hold nothing that needs escaping."""
    return minijinja.Markup(f"/media/{key}")


def small_of(key: str) -> str:
    """The smaller size of an avatar or header, beside the large one."""
    return f"{key.rpartition('/')[0]}/small.webp"


def tone(who: Any) -> int:
    """One of twelve colours for somebody without a picture, always the same."""
    return zlib.crc32(who.handle.encode()) % 12


def initial(who: Any) -> str:
    """The letter that stands for somebody without a picture."""
    name = who.display_name or who.handle
    return next((c for c in name if c.isalnum()), who.handle[:1])


def post_path(post: Any) -> minijinja.Markup:
    """The page of a post; of a repost, the page of what was passed on."""
    shown = post.repost_of or post
    return minijinja.Markup(f"/@{quote(shown.author.acct, safe='@.:')}/{shown.id}")


def body(markup: str) -> minijinja.Markup:
    """Stored HTML, which was cleaned when it was stored, with our own links as paths."""
    return minijinja.Markup(emoji.known().shown(texts.with_origin(markup, "")))


def pictured(text: str) -> minijinja.Markup:
    """Plain text as HTML, with the pictures of this place's emoji."""
    return minijinja.Markup(emoji.known().shown(str(minijinja.escape(text))))


@minijinja.pass_state
def excerpt(state: Any, post: Any) -> str:
    """The beginning of a post in one line; of a warned one only the warning."""
    shown = post.repost_of or post
    words = shown.warning or " ".join(texts.plain(shown.html).split())
    if not words and shown.attachments:
        words = shown.attachments[0].description or catalogue_of(state.lookup("locale")).text(later("Picture"))
    return words if len(words) <= 140 else words[:139].rstrip() + "…"


_BASE83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def ground(blurhash: str) -> str:
    """The average colour that a blurhash begins with (after one digit of size and one of contrast)."""
    value = 0
    for digit in blurhash[2:6]:
        place = _BASE83.find(digit)
        if place < 0:
            return "#888888"
        value = value * 83 + place
    return f"#{value & 0xFFFFFF:06x}"


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(user_agent: str) -> str:
    """`Firefox · Linux`: enough to recognise one's own."""
    names = [next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in names if name) or user_agent.partition("/")[0][:40] or "?"


@minijinja.pass_state
def language_name(state: Any, code: str) -> str:
    """A language as the visitor's own calls it; its code where it has no word for it."""
    name = babel_locale(state.lookup("locale")).languages.get(code.replace("-", "_")) or code
    return name[:1].upper() + name[1:]


def passed(at: datetime) -> bool:
    """Whether that moment is over."""
    return at <= utc_now()


def share(part: int, whole: int) -> int:
    """Per cent, for a poll's bars."""
    return round(100 * part / whole) if whole else 0


def host(url: str) -> str:
    """`example.org`, an international name as machines read it: nobody is fooled by look-alikes (case E5)."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def masked(address: str) -> str:
    """`c…@mail.example`: enough for its owner to see a mistake in it, for anybody else who looks at the screen too little."""
    name, _, domain = address.rpartition("@")
    return f"{name[:2] if len(name) > 3 else name[:1]}…@{domain}"


@minijinja.pass_state
def ahead_shown(state: Any, count: int) -> minijinja.Markup:
    """The number that ticket.js keeps up to date."""
    shown = format_decimal(count, locale=babel_locale(state.lookup("locale")))
    return minijinja.Markup(f"<strong data-count>{minijinja.escape(shown)}</strong>")


_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


def linked(text: str) -> minijinja.Markup:
    """Plain text whose addresses can be followed."""
    parts, at = [], 0
    for match in _ADDRESS.finditer(text):
        address = minijinja.escape(match.group())
        parts += [minijinja.escape(text[at : match.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        at = match.end()
    return minijinja.Markup("".join([*parts, minijinja.escape(text[at:])]))
