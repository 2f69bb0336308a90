"""What to do about each verdict, to be read here: who runs the place need not have its source at hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import minijinja
import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from parvis.base.errors import NotFound
from parvis.console.routing import page
from parvis.domain.accounts.types import Viewer
from parvis.infra.html.visit import Answer, Page, Visit

LIST = "README"
PACKAGE = Path(__file__).parent.parent
# An installed package carries the pages with it (hatch_build.py); in a checkout they stand among the guides.
FOLDERS = (PACKAGE / "runbooks", PACKAGE.parent.parent / "docs" / "runbooks")

_MARKDOWN = MarkdownIt("commonmark", {"html": False})


class Runbook(msgspec.Struct, frozen=True):
    """`title` is plain text, `html` what stands below it. We wrote it, and it is English."""

    title: str
    html: minijinja.Markup


class One(msgspec.Struct, frozen=True):
    name: str


@page("GET", "/console/runbooks", audience="moderator")
async def listing(visit: Visit[Viewer, None]) -> Answer:
    """Every page there is, and what their commands mean."""
    return Page("console/runbook.html", {"runbook": known()[LIST], "is_list": True})


@page("GET", "/console/runbooks/{name:str}", audience="moderator", params=One)
async def show(visit: Visit[Viewer, One]) -> Answer:
    """What one verdict means, how to see it, what to do."""
    found = None if visit.params.name == LIST else known().get(visit.params.name)
    if found is None:
        raise NotFound
    return Page("console/runbook.html", {"runbook": found, "is_list": False})


@cache
def known() -> dict[str, Runbook]:
    """The pages by their names, which are those of the files without `.md`; the list is one of them."""
    folder = next(one for one in FOLDERS if one.is_dir())
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    return {name: _read(text, texts.keys()) for name, text in texts.items()}


def path_of(name: str) -> str:
    return "/console/runbooks" if name == LIST else f"/console/runbooks/{name}"


def _read(text: str, names: Collection[str]) -> Runbook:
    heading, title, _, *rest = _MARKDOWN.parse(text)
    assert heading.tag == "h1"
    for token in rest:
        if token.children:
            token.children = _led(token.children, names)
    words = "".join(one.content for one in title.children or [])
    return Runbook(words, minijinja.Markup(_MARKDOWN.renderer.render(rest, _MARKDOWN.options, {})))


def _led(tokens: Sequence[Token], names: Collection[str]) -> list[Token]:
    """Links among these pages lead to where they are served; of the others, to guides that are not here, the words stay."""
    kept: list[Token] = []
    leads = False
    for token in tokens:
        if token.type == "link_open":
            name = str(token.attrGet("href")).removesuffix(".md")
            leads = name in names
            token.attrSet("href", path_of(name))
        if leads or token.type not in ("link_open", "link_close"):
            kept.append(token)
    return kept
