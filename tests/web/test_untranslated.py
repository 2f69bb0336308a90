"""No page shows an English word to somebody who reads another language, outside what people wrote themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest

from parvis.domain import accounts
from parvis.infra.catalogues import catalogue_of
from tests.domain.admission.line import line_of
from tests.rig.world import World
from tests.web.conftest import Browser
from tests.web.test_console import decided
from tests.web.test_locales import PLACEHOLDER, USED
from tests.web.test_tickets import apply
from tests.web.test_walk import READING, path_of

WORD = re.compile(r"[^\W\d_]{3,}")
SHOWN = ("alt", "title", "placeholder", "aria-label", "data-on", "data-off")
VOID = {"meta", "link", "img", "input", "br", "hr", "use", "rect", "source", "track"}
# What people, operators and other programs say: names, texts, codes, names of languages in themselves.
OTHERS = {"bdi", "code", "kbd", "pre", "script", "style", "textarea", "noscript"}
# Names, and words of other languages that English has too.
NAMES = {
    "parvis",
    "alt",
    "utc",
    "openapi",
    "ctrl",
    "enter",
    "rss",
    "csv",
    "json",
    "zip",
    "webp",
    "mastodon",
    "ana",
    "test",
    "example",  # example.org
    "org",
}


PARTS = {"/suggest", "/compose/emoji"}  # what scripts put into a page


class Words(HTMLParser):
    """The words that a page shows in its own voice, each with the text it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[tuple[str, str]] = []

    @property
    def silent(self) -> bool:
        return any(others for _, others in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        others = (
            tag in OTHERS
            or given.get("dir") == "auto"
            or (tag != "html" and "lang" in given)
            or (tag == "select" and name in ("language", "locale"))
        )
        if not (others or self.silent):
            for attribute in SHOWN:
                self._hear(given.get(attribute) or "")
            if name == "parvis":  # what scripts say
                for text in json.loads(given.get("content") or "{}").values():
                    self._hear(str(text))
        if tag not in VOID:
            self.open.append((tag, others))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            last, _ = self.open.pop()
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._hear(data)

    def _hear(self, text: str) -> None:
        plain = re.sub(r"@[\w.@-]+|#\w+|https?://\S+|\S+@\S+|%\(\w+\)s", " ", text)
        self.found += [(word.lower(), " ".join(text.split())[:120]) for word in WORD.findall(plain)]


def words(text: str) -> set[str]:
    return {one.lower() for one in WORD.findall(PLACEHOLDER.sub(" ", text))}


def english_only(locale: str) -> set[str]:
    """Words of the English texts that no text of that language has."""
    theirs = catalogue_of(locale)
    said = {form for forms in theirs.plurals.values() for form in forms} | set(theirs.texts.values())
    english = {word for message in USED for word in words(message)}
    return english - {word for text in said for word in words(text)} - NAMES


def strange(page: str, foreign: set[str], own: str) -> Iterator[tuple[str, str]]:
    """The English words on a page; `own` is what the operator says of the place."""
    reader = Words()
    reader.feed(page.replace(own, ""))
    yield from ((word, text) for word, text in reader.found if word in foreign)


async def furnished(world: World, alices: Browser) -> list[str]:
    """Where Alice finds more than an empty page."""
    alice, bob = world.people["alice"], await world.person("bob")
    await world.follows(bob, alice)
    await world.follows(alice, bob)
    post_id = await alice.says("Pain #pain https://pain.example/", language="fr")
    asked = (await bob.post("/api/v1/statuses", {"status": "@alice lequel ?", "language": "fr",
                            "poll": {"options": ["Seigle", "Blé"], "expires_in": 86400}})).json()["id"]  # fmt: skip
    for body in (
        {"status": "@alice entre nous", "visibility": "direct"},
        {"status": "Oh", "spoiler_text": "Champignons"},
    ):
        assert (await bob.post("/api/v1/statuses", body)).status_code == 200
    for what in ("favourite", "reblog", "bookmark"):
        assert (await bob.post(f"/api/v1/statuses/{post_id}/{what}")).status_code == 200
        assert (await alice.post(f"/api/v1/statuses/{asked}/{what}")).status_code == 200
    later = {"status": "Plus tard", "scheduled_at": "2999-01-01T00:00:00Z"}
    assert (await alice.post("/api/v1/statuses", later)).status_code in (200, 422)
    lists = (await alice.post("/api/v1/lists", {"title": "Boulangers"})).json()["id"]
    form = {"title": "Sport", "context": ["home"], "keywords_attributes": [{"keyword": "but"}]}
    filters = (await alice.post("/api/v2/filters", form)).json()["id"]
    await alices.post("/settings/invitations", {})
    await world.settle()
    return [
        f"/@alice/{post_id}", f"/@alice/{post_id}/history", f"/@alice/{post_id}/quotes", f"/posts/{post_id}/edit",
        f"/posts/{post_id}/delete", f"/@bob/{asked}", f"/compose?in_reply_to={asked}", f"/compose?quote={asked}",
        f"/lists/{lists}", f"/lists/{lists}/edit", f"/filters/{filters}", "/search?q=pain", "/search?q=rien", "/tags/pain",
        "/@bob", *(f"/@bob/{end}" for end in ("replies", "media", "followers", "report", "options", "lists", "mute", "block")),
        "/nulle-part", "/@personne",
    ]  # fmt: skip


@pytest.mark.parametrize("locale", ["fr"])
async def test_no_page_shows_an_english_word(world: World, open_browser: Callable[[], Browser], locale: str) -> None:
    alice = await world.person("alice", role=accounts.Role.OWNER)
    alices = await open_browser().sign_in(alice)
    assert (await alices.post("/settings/appearance", {"locale": locale, "theme": "auto"})).status_code == 303
    paths = [path_of(one) for one in READING] + await furnished(world, alices)
    carol = open_browser()
    await decided(world.services)
    await line_of(world.services, "dave", "erin")
    ticket = await apply(carol)
    foreign, own = english_only(locale), world.services.settings.description
    found: list[tuple[str, str, str]] = []
    for browser, addresses in (
        (alices, paths),
        (open_browser(), [*paths, "/sign-in", "/sign-up"]),
        (carol, [ticket, *(f"{ticket}/{end}" for end in ("address", "follow", "proof", "withdraw"))]),
    ):
        for path in addresses:
            answer = await browser.get(path, **{"Accept-Language": locale})
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert path in PARTS or f'<html lang="{locale}"' in answer.text, path
                found += [(path, *one) for one in strange(answer.text, foreign, own)]
    assert "\n".join(sorted({f"{word}: {text}" for _, word, text in found})) == ""


def test_an_english_word_would_be_found() -> None:
    page = (
        '<html lang="fr"><p>Votre place <bdi>Nothing</bdi></p><p title="Nothing to see">x</p><p>Your place</p></html>'
    )
    found = [word for word, _ in strange(page, english_only("fr"), "")]
    assert found == ["nothing", "see", "your"]
