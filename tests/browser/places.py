"""Every page that a person can reach, on a server where each of them has something to show."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from parvis import console, web
from parvis.console import routing as operators
from parvis.web import routing
from tests.browser.conftest import PASSWORD
from tests.rig.pictures import png
from tests.rig.server import Server

BEFORE_YOU = 30  # people who stand in line

STRANGERS = (
    "/", "/public", "/about", "/sign-up", "/sign-in", "/sign-in/code", "/forgot", "/confirm/none", "/reset/none",
    "/setup/none", "/explore", "/explore/tags", "/explore/links", "/explore/people", "/search", "/search?q=bread",
    "/tags/bread", "/offline", "/nothing-here", "/oauth/authorize",
)  # fmt: skip
MEMBERS = (
    "/home", "/public", "/explore", "/explore/tags", "/explore/links", "/explore/people", "/search?q=bread",
    "/notifications", "/notifications/requests", "/conversations", "/lists", "/bookmarks", "/favourites",
    "/followed-tags", "/scheduled", "/follow-requests", "/mutes", "/blocks", "/blocked-servers", "/filters",
    "/announcements", "/keys", "/compose", "/compose/film", "/share?text=bread", "/about", "/tags/bread", "/prove",
    "/oauth/authorize/native?code=none", "/settings/profile", "/settings/account", "/settings/appearance",
    "/settings/notifications", "/settings/security", "/settings/security/app",
    "/settings/security/passkeys", "/settings/access",
    "/settings/invitations", "/settings/data", "/settings/standing", "/settings/leave",
)  # fmt: skip
OWNERS = (
    "/console",
    "/console/gate",
    "/console/mail",
    "/console/invitations",
    "/console/insights",
    "/console/log",
    "/console/announcements",
    "/console/rules",
    "/console/emoji",
    "/console/staff",
    "/console/settings",
    "/console/people",
    "/console/people/@ben",
    "/console/posts",
    "/console/posts?q=bread",
    "/console/reports",
    "/console/appeals",
    "/console/runbooks",
    "/console/runbooks/wal-piling",
)
# These answer with a file, a part of a page, or another address.
NO_PAGES = {
    "/confirm", "/reset-password", "/settings", "/posts/{post_id:str}", "/compose/media/{media_id:str}",
    "/console/insights.csv", "/console/insights.json", "/compose/uploads/{upload_id:str}",
    "/settings/data/archive/{archive_id:str}", "/settings/data/export/{kind:str}", "/suggest", "/compose/emoji",
}  # fmt: skip


def missed(paths: list[str]) -> set[str]:
    """The declared pages that none of these addresses leads to."""
    web.route_handlers()
    console.route_handlers()
    declared = {one.path for one in [*routing.door.pages, *operators.door.pages] if one.method == "GET"}
    plain = [path.partition("?")[0] for path in paths]

    def visited(pattern: str) -> bool:
        fixed = re.sub(r"\{at:str\}", "@[^/]+", re.sub(r"\{(?!at)\w+:str\}", "[^/]+", pattern))
        return any(re.fullmatch(fixed, path) for path in plain)

    return {one for one in declared - NO_PAGES if not visited(one)}


@dataclass
class Places:
    """People with things to see, and where those are."""

    server: Server
    tokens: dict[str, str] = field(default_factory=dict)
    public: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    moderated: str = ""

    @property
    def all(self) -> list[str]:
        return [*STRANGERS, *self.public, *MEMBERS, *self.members, *OWNERS, *self.tickets]

    def call(self, name: str, path: str, **more: Any) -> Any:
        """What the client API answers that person."""
        if name not in self.tokens:
            self.tokens[name] = self.server.token(name)
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        answer = httpx.post(f"{self.server.origin}{path}", headers=headers, timeout=30, **more)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    def says(self, name: str, text: str, **more: Any) -> str:
        return str(self.call(name, "/api/v1/statuses", json={"status": text, **more})["id"])

    def furnish(self) -> None:
        """Ana, who owns the place, and Ben have written, met and arranged things."""
        self.server.account("ana", PASSWORD, role="owner")
        self.server.account("ben", PASSWORD)
        ana = self.says("ana", "Fresh #bread at https://bread.example/ for everybody")
        poll = {"options": ["Rye", "Spelt"], "expires_in": 86400}
        question = self.says("ben", "@ana which one?", poll=poll)
        self.says("ben", "@ana between us", visibility="direct")
        self.says("ben", "Careful", spoiler_text="Mushrooms")
        self.says("ana", "Rye, always.", in_reply_to_id=question)
        seen = self.call("ana", "/api/v2/media", files={"file": ("field.png", png(640, 400), "image/png")})
        self.says("ana", "What it looks like", media_ids=[seen["id"]])
        self.says("ana", "At seven.", scheduled_at=time.strftime("%Y-%m-%dT07:00:00Z", time.gmtime(time.time() + 2e5)))
        for what in ("favourite", "reblog", "bookmark"):
            self.call("ana", f"/api/v1/statuses/{question}/{what}")
            self.call("ben", f"/api/v1/statuses/{ana}/{what}")
        someone = self.call("ana", "/api/v1/statuses", json={"status": "@ben hello"})["mentions"][0]["id"]
        self.call("ana", f"/api/v1/accounts/{someone}/follow")
        lists = self.call("ana", "/api/v1/lists", json={"title": "Bakers"})["id"]
        words = [{"keyword": "score", "whole_word": True}]
        form = {"title": "Sport", "context": ["home"], "keywords_attributes": words}
        filters = self.call("ana", "/api/v2/filters", json=form)["id"]
        self.call("ana", "/api/v1/featured_tags", json={"name": "bread"})
        self.server.run("rule", "add", "Be kind to one another.")
        report = self.call("ana", "/api/v1/reports", json={"account_id": someone, "status_ids": [question]})["id"]
        self.moderated = question
        self.public = [
            f"/@ana/{ana}", f"/@ana/{ana}/favourites", f"/@ana/{ana}/reposts", f"/@ana/{ana}/history",
            f"/@ana/{ana}/embed", f"/@ben/{question}", "/@ana/tagged/bread",
            *(f"/@ana{end}" for end in ("", "/replies", "/media", "/followers", "/following")),
        ]  # fmt: skip
        self.members = [
            f"/@ana/{ana}", f"/posts/{ana}/edit", f"/posts/{ana}/delete", f"/@ana/{ana}/quotes", f"/@ben/{question}",
            f"/compose?quote={question}", f"/compose?in_reply_to={question}", f"/captions/{seen['id']}",
            *(f"/@ben{end}" for end in ("", "/replies", "/media", "/report", "/options", "/lists", "/mute", "/block")),
            f"/lists/{lists}", f"/lists/{lists}/edit", f"/filters/{filters}", "/@ana", f"/console/reports/{report}",
            f"/console/posts/{question}",
        ]  # fmt: skip

    def invite(self, page: Page) -> None:
        """The owner's invitations have one, and so a page that it leads to."""
        page.goto("/settings/invitations")
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state()
        found = re.search(r"/invite/[\w-]+", page.content())
        assert found, page.content()[-3000:]
        self.public.append(found[0])
        self.moderate(page)

    def moderate(self, page: Page) -> None:
        """The owner has marked a post as sensitive, which can be lifted."""
        page.goto(f"/console/posts/{self.moderated}")
        page.locator("input[value=warn_media]").check()
        page.locator("#rule_id").select_option(index=1)
        page.locator("#reason").fill("A question that needs a warning.")
        page.locator("main form button.danger").click()
        page.wait_for_load_state()
        found = re.search(r"/console/restrictions/\d+/lift", page.content())
        assert found, page.content()[-3000:]
        self.members.append(found[0])

    def queue(self, page: Page) -> None:
        """A line has formed, and the visitor of this page stands in it. The gate stays as it is then."""
        self.server.run("gate", "cap", "0.01")
        for number in range(BEFORE_YOU):
            body = {"username": f"line_{number}", "email": f"line{number}@mail.example"}
            httpx.post(f"{self.server.origin}/api/parvis/v1/admission/receipts", data=body, timeout=30)
        for _ in range(120):
            page.goto("/sign-up")
            if not page.locator("#password").count():
                break
            time.sleep(1)
        page.locator("#username").fill("carol")
        page.locator("#email").fill("carol@mail.example")
        page.locator("form.form button[type=submit]").click()
        page.wait_for_url("**/ticket/**")
        path = page.url.removeprefix(self.server.origin)
        self.tickets = [path, *(f"{path}/{end}" for end in ("address", "follow", "proof", "withdraw"))]


def sign_in(page: Page, handle: str = "ana") -> None:
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(handle)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/home")


def speak(page: Page, locale: str) -> None:
    """Whoever is signed in there reads that language from now on."""
    page.goto("/settings/appearance")
    page.locator(f'input[name=locale][value="{locale}"]').check()
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()


@dataclass
class Walkers:
    """A browser that knows nobody, Ana's, and one that stands in line: between them they may see everything."""

    places: Places
    contexts: list[BrowserContext]

    def walk(self) -> list[tuple[Page, str]]:
        """Each page with the browser that may open it."""
        stranger, ana, waiting = (context.pages[0] for context in self.contexts)
        return [
            *((stranger, path) for path in (*STRANGERS, *self.places.public)),
            *((ana, path) for path in (*MEMBERS, *self.places.members, *OWNERS)),
            *((waiting, path) for path in self.places.tickets),
        ]

    @property
    def ana(self) -> Page:
        return self.contexts[1].pages[0]

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def walkers(chrome: Browser, places: Places, kept: dict[str, Any], **look: Any) -> Walkers:
    """Three browsers that look as told. `kept`: what those that have signed in and stood in line remember."""
    contexts = []
    for name in ("stranger", "ana", "waiting"):
        options = {"locale": "en-GB", "reduced_motion": "reduce", **look}
        context = chrome.new_context(base_url=places.server.origin, storage_state=kept.get(name), **options)
        context.set_default_timeout(20_000)
        context.new_page()
        contexts.append(context)
    return Walkers(places, contexts)
