"""Writes docs/endpoints.md: every endpoint that clients of Mastodon know, and whether it is here.

    .venv/bin/python scripts/endpoints.py            print the numbers and write the page
    .venv/bin/python scripts/endpoints.py --check    exit status 1 if the page is old, or an endpoint neither here nor refused

docs/endpoints.tsv lists what clients know, with a reason where it is refused; what is here is read from the routes.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from parvis import api, web
from parvis.api.routing import ENDPOINTS
from parvis.api.streaming.channels import BY_PATH
from parvis.app import health

DOCS = Path(__file__).parents[1] / "docs"
LIST, PAGE = DOCS / "endpoints.tsv", DOCS / "endpoints.md"

Place = tuple[str, str]


class Row(NamedTuple):
    """One endpoint that clients know. `status`: done, refused (and why), or planned."""

    method: str
    path: str
    scope: str
    since: str
    area: str
    tier: str
    refused: str
    status: str


def rows() -> list[Row]:
    """The list, each with its status."""
    here = served()
    with LIST.open(encoding="utf-8") as file:
        return [Row(**one, status=_status(one, here)) for one in csv.DictReader(file, delimiter="\t")]


def _status(one: dict[str, str], here: set[Place]) -> str:
    if (one["method"], shape(one["path"])) in here:
        return "done"
    return "refused" if one["refused"] else "planned"


def served() -> set[Place]:
    """(verb, shape of the path) of everything that is answered: declared routes, pages, health, streaming."""
    api.handlers()
    found = {(one.method, shape(one.path)) for one in ENDPOINTS}
    for handler in [*web.route_handlers(), health]:
        found |= {(str(verb), shape(path)) for verb in getattr(handler, "http_methods", ()) for path in handler.paths}
    streams = ["", "/*", "/health", *(f"/{path}" for path in BY_PATH)]
    return found | {("GET", shape(f"/api/v1/streaming{path}")) for path in streams}


def shape(path: str) -> str:
    """The path with every parameter alike."""
    return re.sub(r":\w+|\{[^}]+\}", ":x", path)


def own() -> list[Place]:
    """Declared routes of the client API that the list does not know: the other verb of an update, and our own."""
    known = {(one.method, shape(one.path)) for one in rows()}
    return sorted({(one.path, one.method) for one in ENDPOINTS if (one.method, shape(one.path)) not in known})


def page() -> str:
    """The whole page."""
    found = rows()
    lines = [
        "# Endpoints",
        "",
        "Made by `scripts/endpoints.py` from the declared routes and [endpoints.tsv](endpoints.tsv), the list of what clients",
        "of Mastodon know. Tier 1 is what no client starts without, tier 2 what common ones use, tier 3 the rest.",
        "",
        *summary(found),
    ]
    for area in dict.fromkeys(one.area for one in found):
        lines += ["", f"## {area.capitalize()}", "", "| endpoint | scope | since | tier | |", "|---|---|---|---|---|"]
        for one in (each for each in found if each.area == area):
            what = f"refused: {one.refused}" if one.status == "refused" else one.status
            scope = one.scope.replace("|", " or ")
            lines.append(f"| `{one.method} {one.path}` | {scope} | {one.since} | {one.tier} | {what} |")
    lines += ["", "## Not in the list", "", "The other verb of an update, and what only this server has.", ""]
    lines += [f"* `{method} {path}`" for path, method in own()]
    return "\n".join(lines) + "\n"


def summary(found: list[Row]) -> list[str]:
    """A table of the numbers by tier."""
    lines = ["| tier | done | refused | planned |", "|---|---|---|---|"]
    for tier in ("1", "2", "3"):
        count = Counter(one.status for one in found if one.tier == tier)
        lines.append(f"| {tier} | {count['done']} | {count['refused']} | {count['planned']} |")
    return lines


def main() -> int:
    found = rows()
    print("\n".join(summary(found)))
    planned = [one for one in found if one.status == "planned"]
    for one in planned:
        print(f"planned: {one.method} {one.path}")
    if "--check" in sys.argv[1:]:
        return 1 if planned or PAGE.read_text() != page() else 0
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
