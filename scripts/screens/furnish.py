"""Some pages show what only their owner has: lists, filters, something for later, requests, a film of one's own."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pyvips

from tests.rig import films
from tests.rig.server import Server

# Whoever answers, follows and mentions the login that the pictures are taken as.
FRIENDS = ("marta", "haru", "jeanne", "till", "rosa", "nour", "kwame")


OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
LANTERNS = (
    "Lanterns along the quay tonight, bring a jar. #lanterns",
    "Ma lanterne est prête, la mèche un peu moins. #lanterns",
    "Three candles left at the shop, first come. #lanterns",
    "#lanterns and rain: who has an umbrella for a flame?",
)
COMPUTE = """
import asyncio
from parvis.base.clock import utc_now
from parvis.base.settings import from_environment
from parvis.commands import installation
from parvis.domain import search
from parvis.infra.opening import open_services

async def main():
    async with installation(from_environment()) as reached, open_services(reached, application="screens") as services:
        await search.trends.compute(services, now=utc_now())

asyncio.run(main())
"""


class Voices:
    """The client API, as any of the demo community."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.tokens: dict[str, str] = {}

    def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        if who not in self.tokens:
            self.tokens[who] = self.server.token(who)
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = httpx.request(method, self.server.origin + path, headers=headers, timeout=60, **more)
        assert answer.status_code < 300, (who, method, path, answer.text)
        return answer.json()

    def do(self, who: str, path: str, **more: Any) -> Any:
        return self.ask(who, "POST", path, json=more)

    def id_of(self, handle: str) -> str:
        return self.ask("demo", "GET", f"/api/v1/accounts/lookup?acct={handle}")["id"]


def furnish(server: Server) -> dict[str, str]:
    """Addresses of what was made, by name."""
    voices = Voices(server)
    made = _film(server, voices) | {"consent": _app(voices)}
    poll = {"options": ["Rye", "Spelt", "Whatever is warm"], "expires_in": 86400}
    asked = voices.do("demo", "/api/v1/statuses", status="Which loaf for Sunday?", poll=poll)
    for n, who in enumerate(FRIENDS):
        voices.do(who, f"/api/v1/polls/{asked['poll']['id']}/votes", choices=[n % 3 if n else 2])
    made["poll"] = f"/@demo/{asked['id']}"
    voices.do(
        "demo", "/api/v1/statuses", status="@marta the clock is right twice a day, shall we?", visibility="direct"
    )
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = "Good morning, square. The market opens at seven."
    voices.do("demo", "/api/v1/statuses", status=later, scheduled_at=tomorrow)
    one = voices.do("demo", "/api/v1/statuses", status="The first loaf of the day is for the pigeons.")
    form = {"status": "The first loaf of the day is for the baker, the second for the pigeons."}
    voices.ask("demo", "PUT", f"/api/v1/statuses/{one['id']}", json=form)
    made |= {"history": f"/@demo/{one['id']}/history", "edit": f"/posts/{one['id']}/edit"}
    made["delete"] = f"/posts/{one['id']}/delete"
    for title in ("Bakers", "The council", "Neighbours"):
        made["list"] = f"/lists/{voices.do('demo', '/api/v1/lists', title=title)['id']}"
    people = {who: voices.id_of(who) for who in FRIENDS}
    voices.do("demo", f"/api/v1{made['list']}/accounts", account_ids=[people["marta"], people["till"], people["rosa"]])
    words = [{"keyword": word, "whole_word": True} for word in ("score", "penalty")]
    found = voices.do(
        "demo", "/api/v2/filters", title="Football", context=["home", "public"], keywords_attributes=words
    )
    made["filter"] = f"/filters/{found['id']}"
    for tag in ("market", "bread"):
        voices.do("demo", f"/api/v1/tags/{tag}/follow")
    _reactions(voices, made, one["id"])
    for who, said in zip(FRIENDS, LANTERNS, strict=False):
        voices.do(who, "/api/v1/statuses", status=said)
    _arrivals(server, voices)
    _stand_out(server)
    server.run("announcement", "add", "The library is open on Sundays from now on, until the rain stops.")
    time.sleep(3)
    return made


def _stand_out(server: Server) -> None:
    """What stands out is what does now, not what did some minutes ago."""
    time.sleep(3)
    subprocess.run([sys.executable, "-c", COMPUTE], env=server.environment, check=True, timeout=60)


def _reactions(voices: Voices, made: dict[str, str], own: str) -> None:
    """Bookmarks, favourites, a quote, a boost for what is to stand out."""
    seen = voices.ask("demo", "GET", "/api/v1/timelines/public?limit=40")
    for post in [one for one in seen if one["account"]["acct"] != "demo"][:6]:
        voices.do("demo", f"/api/v1/statuses/{post['id']}/bookmark")
        voices.do("demo", f"/api/v1/statuses/{post['id']}/favourite")
    for who in FRIENDS[:5]:
        voices.do(who, f"/api/v1/statuses/{own}/favourite")
    made["reaction"] = f"/@demo/{own}/favourites"
    quoted = next(one for one in seen if one["account"]["acct"] == "marta" and not one["media_attachments"])
    made["quote"] = f"/compose?quote={quoted['id']}"
    made["reply"] = f"/compose?in_reply_to={quoted['id']}"
    voices.do("till", "/api/v1/statuses", status="Exactly this, every morning.", quoted_status_id=quoted["id"])
    made["quotes"] = f"/@marta/{quoted['id']}/quotes"
    voices.do("demo", f"/api/v1/accounts/{voices.id_of('bento')}/mute")


def _arrivals(server: Server, voices: Voices) -> None:
    """Two strangers who want to follow or to be heard, and wait until they may."""
    voices.ask("demo", "PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    policy = {"for_new_accounts": "filter", "for_not_following": "filter"}
    voices.ask("demo", "PATCH", "/api/v2/notifications/policy", json=policy)
    for name in ("ottilie", "ferris"):
        server.account(name)
        voices.do(name, f"/api/v1/accounts/{voices.id_of('demo')}/follow")
        voices.do(
            name, "/api/v1/statuses", status="@demo Hello! Is the market open when it rains?", visibility="unlisted"
        )


def _app(voices: Voices) -> str:
    """Where an app asks to be let in."""
    form = {"client_name": "Lantern", "redirect_uris": OUT_OF_BAND, "scopes": "read write follow"}
    app = voices.do("demo", "/api/v1/apps", **form)
    asked = {
        "client_id": app["client_id"],
        "redirect_uri": OUT_OF_BAND,
        "scope": form["scopes"],
        "response_type": "code",
    }
    return f"/oauth/authorize?{urlencode(asked)}"


def _film(server: Server, voices: Voices) -> dict[str, str]:
    """A walk over one of the community's pictures, which is playable in every size."""
    seen = voices.ask("marta", "GET", "/api/v1/timelines/public?limit=40&only_media=true")
    one = next(one["media_attachments"][0] for one in seen if one["account"]["acct"] == "marta")
    picture = server.home / "still.png"
    raw = server.home / "still.webp"
    raw.write_bytes(httpx.get(server.origin + urlsplit(one["url"]).path, timeout=30).content)
    pyvips.Image.new_from_file(str(raw)).write_to_file(str(picture))
    walk = "scale=2560:-2,zoompan=z='1.15+0.1*sin(on/90)':x='(iw-iw/zoom)*on/300':y='(ih-ih/zoom)/2':d=300:s=1280x720:fps=25"
    try:
        film = films.made(
            server.home / "walk.mp4", "-loop", "1", "-t", "12", "-i", str(picture), "-f", "lavfi", "-i", "sine=220:d=12",
            "-vf", walk, "-frames:v", "300", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
            "-c:a", "aac", "-shortest",
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise RuntimeError("ffmpeg could not make the film") from error
    sent = voices.ask("demo", "POST", "/api/v2/media", files={"file": ("walk.mp4", film.read_bytes())})
    until = time.monotonic() + 240
    while not voices.ask("demo", "GET", f"/api/v1/media/{sent['id']}").get("url"):
        assert time.monotonic() < until
        time.sleep(0.5)
    said = "Once around the square, before the rain."
    form = {"description": "A slow walk past the clock tower and the stalls"}
    voices.ask("demo", "PUT", f"/api/v1/media/{sent['id']}", json=form)
    post = voices.do("demo", "/api/v1/statuses", status=said, media_ids=[sent["id"]])
    return {"film": f"/@demo/{post['id']}", "captions": f"/captions/{sent['id']}"}
