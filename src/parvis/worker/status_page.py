"""The public status page: static files that outlive the application, a page and a feed a language, and one for machines.

They say in plain words how the place is and what was wrong, and nothing that helps an attacker: no names of sessions,
addresses or statements, and of the figures only those that say how people fare.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urljoin

import msgspec
from babel.dates import format_skeleton
from minijinja import Markup

from parvis.base.clock import iso_ms
from parvis.base.settings import Settings
from parvis.domain.health import Incident, Judgement
from parvis.domain.health.verdicts.plain import PLAIN, figures_for_all
from parvis.domain.health.verdicts.verdict import Verdict, shown
from parvis.infra.catalogues import LOCALES, babel_locale, catalogue_of, in_figures, later
from parvis.infra.overload import levels
from parvis.infra.templates import Templates

HEARD_WITHIN_S = 45  # older than that, the page itself says that nobody keeps the watch
SHOWN = 30
STATES = {
    "well": later("All is well."),
    "trouble": later("Something is wrong, and we see it."),
    "soon": later("All is well, and something needs our care."),
}

SILENT = later("Nobody has looked for a while: this page is no longer kept up to date, and what it says may be wrong.")

SCRIPT = """\
// The page is a file: whether somebody still writes it is told by the clock of whoever sends it, or else the reader's.
const words = document.querySelector("[data-at]");
if (words) fetch(location.href, { method: "HEAD", cache: "no-store" })
  .then((sent) => Date.parse(sent.headers.get("Date")) || Date.now(), () => Date.now())
  .then((now) => {
    if (now - Date.parse(words.dataset.at) < words.dataset.after * 1000) return;
    words.className = "state trouble";
    words.textContent = words.dataset.silent;
  });
// Moments as the reader's clock has them; the file has them in UTC.
const { lang } = document.documentElement;
const days = new Intl.DateTimeFormat(`${lang === "en" ? "en-GB" : lang}-u-nu-latn`, { dateStyle: "long" });
for (const time of document.querySelectorAll("time")) {
  const then = new Date(time.dateTime);
  const hour = [then.getHours(), then.getMinutes()].map((one) => String(one).padStart(2, "0"));
  time.title = time.textContent;
  time.textContent = `${days.format(then)}, ${hour.join(":")}`;
}
"""


def files(
    settings: Settings,
    judgement: Judgement,
    incidents: Sequence[Incident],
    level: int = 0,
    months: Sequence[str] = (),
) -> dict[str, str]:
    """By name: what each file holds. `level`: what is left out because there is too much to do, 0 for nothing.
    `months`: those that have pages, as `2026-05`."""
    pressing = [one for one in incidents if one.verdict.urgency != "note"]
    told = sorted(pressing, key=lambda one: not one.is_open)[:SHOWN]  # whatever lasts, however long ago it began
    found: dict[str, str] = {}
    for locale in LOCALES:
        found[named("index.html", locale)] = _page(settings, judgement, told, locale, level, months)
        found[named("feed.xml", locale)] = _feed(settings, told, locale)
    return found | {"status.js": SCRIPT, "status.json": _document(settings, judgement, told, level)}


def month_files(settings: Settings, month: str, incidents: Sequence[Incident]) -> dict[str, str]:
    """By name: a page of that month in each language."""
    return {
        named(f"{month}.html", locale): _templates().render(
            "status/month.html",
            locale=locale,
            month=_month(month, locale),
            past=[_shown(one, locale) for one in incidents],
            **_frame(settings, locale, f"{month}.html"),
        )
        for locale in LOCALES
    }


def named(name: str, locale: str) -> str:
    """What a file is called in that language: `index.html`, `index.fr.html`."""
    stem, _, ending = name.rpartition(".")
    return name if locale == LOCALES[0] else f"{stem}.{locale}.{ending}"


def state_of(judgement: Judgement, incidents: Sequence[Incident]) -> str:
    """How the place is: what was seen only once does not count, and what is not closed does."""
    urgencies = {one.verdict.urgency for one in incidents if one.is_open}
    if "now" in urgencies:
        return "trouble"
    return "soon" if "soon" in urgencies else "well"


def _page(
    settings: Settings,
    judgement: Judgement,
    incidents: Sequence[Incident],
    locale: str,
    level: int,
    months: Sequence[str],
) -> str:
    text = catalogue_of(locale).text
    state = state_of(judgement, incidents)
    return _templates().render(
        "status/index.html",
        locale=locale,
        at=judgement.at,
        state=state,
        words=text(STATES[state]),
        busy=text(levels.PLAIN[level]) if level else "",
        silent_after_s=HEARD_WITHIN_S,
        silent=text(SILENT),
        open=[_shown(one, locale) for one in incidents if one.is_open],
        past=[_shown(one, locale) for one in incidents if not one.is_open],
        months=[(_month(one, locale), named(f"{one}.html", locale)) for one in months],
        **_frame(settings, locale, "index.html"),
    )


def _frame(settings: Settings, locale: str, name: str) -> dict[str, Any]:
    """What every page says of the place, and where it leads."""
    return {
        "place": settings.name,
        "origin": settings.public_origin,
        "base": Markup(quote(_base(settings), safe=":/[]")),  # as it is, so that it can be read
        "index": named("index.html", locale),
        "feed": named("feed.xml", locale),
        "languages": [(one, named(name, one)) for one in LOCALES],
    }


def _base(settings: Settings) -> str:
    """Where the files are, as pages say it: a proxy shows them in place of others too, so never relative to themselves."""
    return settings.status_page if settings.status_url else "/status/"


def _month(month: str, locale: str) -> str:
    """`May 2026`."""
    return format_skeleton("yMMMM", date.fromisoformat(f"{month}-01"), locale=babel_locale(locale))


def _shown(incident: Incident, locale: str) -> dict[str, Any]:
    text = catalogue_of(locale).text
    ended = incident.closed_at or incident.seen_at
    return {
        "title": plain(incident.verdict, locale),
        "hurt": text(incident.verdict.hurt.text) % incident.verdict.hurt.values,
        "figures": [
            {"label": text(one.label), "number": in_figures(shown(one), locale)}
            for one in figures_for_all(incident.verdict)
        ],
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "minutes": max(1, round((ended - incident.opened_at).total_seconds() / 60)),
    }


def plain(verdict: Verdict, locale: str) -> str:
    """The verdict in words for everybody."""
    return catalogue_of(locale).text(PLAIN.get(verdict.name, STATES["trouble"]))


def _feed(settings: Settings, incidents: Sequence[Incident], locale: str) -> str:
    return _templates().render(
        "status/feed.xml",
        locale=locale,
        place=settings.name,
        address=urljoin(f"{settings.public_origin}/", _base(settings)) + named("index.html", locale),
        items=[_shown(one, locale) | _item(one) for one in incidents],
    )


def _item(incident: Incident) -> dict[str, str]:
    """What only a feed says of it: its end is another item than its beginning, so that readers hear of both."""
    return {
        "guid": f"{incident.name}-{iso_ms(incident.opened_at)}-{'over' if incident.closed_at else 'open'}",
        "published": format_datetime((incident.closed_at or incident.opened_at).astimezone(UTC)),
    }


def _document(settings: Settings, judgement: Judgement, incidents: Sequence[Incident], level: int) -> str:
    said = {
        "place": settings.name,
        "state": state_of(judgement, incidents),
        "at": judgement.at,
        "heard_within_s": HEARD_WITHIN_S,
        "level": level,
        "incidents": [
            {
                "name": one.name,
                "title": plain(one.verdict, "en"),
                "hurt": str(one.verdict.hurt),
                "figures": figures_for_all(one.verdict),
                "opened_at": one.opened_at,
                "closed_at": one.closed_at,
            }
            for one in incidents
        ],
    }
    return msgspec.json.format(msgspec.json.encode(said), indent=1).decode()


@cache
def _templates() -> Templates:
    return Templates(asset=lambda name: name)
