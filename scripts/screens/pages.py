"""Every page by the name that its pictures have: where it is, and what is done on it before it is taken."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page

STRANGERS = {
    "landing": "/",
    "sign-up": "/sign-up",
    "sign-in": "/sign-in",
    "forgot": "/forgot",
    "about": "/about",
    "public-square": "/public",
    "public-profile": "/@marta",
    "public-replies": "/@marta/replies",
    "public-pictures": "/@marta/media",
    "public-followers": "/@marta/followers",
    "public-following": "/@marta/following",
    "public-tagged": "/@marta/tagged/bread",
    "embed": "embed",
    "public-thread": "thread",
    "public-search": "/search?q=bread",
    "public-explore": "/explore",
    "public-tag": "/tags/bread",
    "confirm": "/confirm/none",
    "reset": "/reset/none",
    "setup": "/setup/none",
    "missing": "/nothing-here",
    "offline": "/offline",
}
MEMBERS = {
    "home": "/home",
    "square": "/public",
    "profile": "/@marta",
    "own-profile": "/@demo",
    "thread": "thread",
    "notifications": "/notifications",
    "requests": "/notifications/requests",
    "search": "/search?q=bread",
    "search-help": "/search",
    "search-suggestions": "/search",
    "explore": "/explore",
    "explore-tags": "/explore/tags",
    "explore-links": "/explore/links",
    "explore-people": "/explore/people",
    "tag": "/tags/bread",
    "conversations": "/conversations",
    "lists": "/lists",
    "list": "list",
    "list-people": "list-people",
    "bookmarks": "/bookmarks",
    "favourites": "/favourites",
    "followed-tags": "/followed-tags",
    "scheduled": "/scheduled",
    "follow-requests": "/follow-requests",
    "muted": "/mutes",
    "blocked": "/blocks",
    "blocked-servers": "/blocked-servers",
    "filters": "/filters",
    "filter": "filter",
    "announcements": "/announcements",
    "keys": "/keys",
    "pictures": "/@marta/media",
    "poll": "poll",
    "player": "film",
    "lightbox": "picture",
    "menu": "/home",
    "compose": "/compose",
    "compose-poll": "/compose",
    "compose-reply": "reply",
    "compose-quote": "quote",
    "compose-film": "/compose/film",
    "completion": "/compose",
    "emoji": "/compose",
    "edit": "edit",
    "delete": "delete",
    "history": "history",
    "reaction": "reaction",
    "quotes": "quotes",
    "options": "/@marta/options",
    "lists-of-somebody": "/@marta/lists",
    "captions": "captions",
    "share": "/share?title=The%20market&url=https%3A%2F%2Fmarket.example%2F",
    "consent": "consent",
    "code": "/oauth/authorize/native?code=tz3Vn5cXq0",
    "prove": "/prove",
    "report": "/@marta/report",
    "mute": "/@marta/mute",
    "block": "/@marta/block",
    "settings": "/settings/profile",
    "account": "/settings/account",
    "appearance": "/settings/appearance",
    "disturb": "/settings/notifications",
    "security": "/settings/security",
    "authenticator": "/settings/security/app",
    "passkeys": "/settings/security/passkeys",
    "access": "/settings/access",
    "standing": "/settings/standing",
    "invitations": "/settings/invitations",
    "data": "/settings/data",
    "leave": "/settings/leave",
}
# These are taken in the dark too, and the others by day only.
MAIN = {
    "landing", "sign-up", "home", "thread", "profile", "explore", "search", "notifications", "compose", "settings",
    "player", "lightbox", "emoji",
}  # fmt: skip
# In other languages: what a stranger sees first; what members see most, in one that is complete and one from right to left.
LANGUAGES = {"landing": "/", "thread": "thread", "sign-up": "/sign-up", "about": "/about"}
SPOKEN = ("fr", "ar")
SPOKEN_BY_MEMBERS = ("home", "thread", "compose", "settings", "emoji")


def _poll(page: Page) -> str:
    found = page.request.get("/api/v1/timelines/public?limit=40").json()
    one = next(one for one in found if one["poll"])
    return f"/@{one['account']['acct']}/{one['id']}"


def _thread(page: Page) -> str:
    """The conversation of words with the most replies."""
    found = page.request.get("/api/v1/timelines/public?limit=40").json()
    best = max(found, key=lambda one: (not one["media_attachments"], one["replies_count"]))
    return f"/@{best['account']['acct']}/{best['id']}"


def _with_pictures(page: Page) -> str:
    """A post with pictures to open."""
    found = page.request.get("/api/v1/timelines/public?limit=40&only_media=true").json()
    one = next(
        one for one in found if one["media_attachments"][0]["type"] == "image" and one["account"]["acct"] == "marta"
    )
    return f"/@{one['account']['acct']}/{one['id']}"


def _embedded(page: Page) -> str:
    return f"{_with_pictures(page)}/embed"


def _text(page: Page, words: str) -> None:
    page.locator("[data-compose] textarea[name=text]").fill(words)


def _write(page: Page) -> None:
    found = page.request.get("/api/v1/timelines/public?limit=40&only_media=true").json()
    media = [one["media_attachments"][0] for one in found if one["account"]["acct"] == "marta"]
    picture = next(one for one in media if one["type"] == "image")
    _text(
        page, "Market day. The baker sold out before nine, the clock says otherwise, and somebody left a red balloon."
    )
    page.locator("input[data-files]").set_input_files(
        {
            "name": "market.webp",
            "mimeType": "image/webp",
            "buffer": page.request.get(urlsplit(picture["url"]).path).body(),
        }
    )
    page.locator("[data-picture-item] textarea").fill("Stalls under striped awnings in front of the clock tower")


def _complete(page: Page) -> None:
    field = page.locator("[data-compose] textarea[name=text]")
    field.press_sequentially("Ask @ma")
    page.locator(".options [role=option]").first.wait_for()


def _suggest(page: Page) -> None:
    page.locator("main input[name=q]").press_sequentially("ma")
    page.locator(".options [role=option]").first.wait_for()


def _choose(page: Page) -> None:
    _text(page, "Good morning, square ")
    page.locator("[data-emoji-open]").click()
    page.locator(".emoji-box[open]").wait_for()
    page.locator(".emoji-box [data-group='3']").click()


def _ask(page: Page) -> None:
    _text(page, "Which loaf for Sunday?")
    page.locator("[data-more] > summary").click()
    for number, answer in enumerate(("Rye", "Spelt", "Whatever is warm"), 1):
        page.locator(f"input[name=option_{number}]").fill(answer)


def _open_menu(page: Page) -> None:
    page.locator("article.post details.menu summary").first.click()


def _open_picture(page: Page) -> None:
    page.locator("a[data-picture]").first.click()
    page.locator("dialog.lightbox[open]").wait_for()


def _play(page: Page) -> None:
    """The film has begun, and stands where there is something to see."""
    video = page.locator("[data-player] video").first
    for _ in range(100):
        video.evaluate("video => { video.muted = true; if (video.paused) video.play().catch(() => {}); }")
        if video.evaluate("video => video.currentTime > 1.5 && video.readyState > 2"):
            break
        page.wait_for_timeout(100)


FOUND: dict[str, Callable[[Page], str]] = {
    "thread": _thread,
    "poll": _poll,
    "picture": _with_pictures,
    "embed": _embedded,
}
ABOUT_TO: dict[str, Callable[[Page], None]] = {
    "compose": _write,
    "compose-poll": _ask,
    "completion": _complete,
    "search-suggestions": _suggest,
    "emoji": _choose,
    "lightbox": _open_picture,
    "menu": _open_menu,
    "player": _play,
}


def where(page: Page, path: str, made: dict[str, str]) -> str:
    """The address of what is told by a name."""
    if path in made:
        return made[path]
    if path == "list-people":
        return f"{made['list']}/edit"
    return FOUND[path](page) if path in FOUND else path
