"""A small world in which every route can be asked by everybody, as often as one likes: nothing that is written stays."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parvis.api.routing import Endpoint
from parvis.base.clock import iso_ms, utc_now
from parvis.base.events import AccountChanged
from parvis.domain import admission, moderation
from parvis.domain.notifications.subscriptions import unsubscribe_key
from parvis.domain.posts.types import PollDraft, Visibility
from parvis.infra import events
from parvis.infra.postgres import Connection, Database
from tests.rig import contract
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World

ROLES = ("anonymous", "app", "stranger", "follower", "blocked", "suspended", "owner")
POSTS = ("open", "followers", "whispered")
DECLARED = Path(__file__).with_name("matrix.txt")
# Where one request is several transactions, each of which must find what the one before has left.
FOR_GOOD = {"POST /api/v1/media", "POST /api/v2/media", "PATCH /api/parvis/v1/uploads/:id"}

# Who has no account yet shows a ticket in the same header (tests/api/test_admission.py).
TICKETED = ("/api/parvis/v1/admission/place", "/api/parvis/v1/admission/proof")


def declared() -> dict[str, dict[str, tuple[int, ...]]]:
    """What each role is answered on each route, by the kind of post where the route is about one (`matrix.txt`)."""
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    kinds: dict[str, tuple[int, ...]] = {}
    for line in DECLARED.read_text().splitlines():
        if line.startswith("="):
            name, *numbers = line[1:].split()
            kinds[name] = tuple(int(one) for one in numbers)
        elif line and not line.startswith("#"):
            method, path, *names = line.split()
            found[f"{method} {path}"] = dict(zip(POSTS, (kinds[name] for name in names), strict=False))
    return found


@dataclass
class Stage:
    """`people` by role; `own` what belongs to the owner, by the name that paths give it. `app` is a token of nobody's."""

    world: World
    people: dict[str, Person]
    own: dict[str, Any]
    posts: dict[str, int]
    app: str = ""

    def path(self, one: Endpoint, post: str = "open") -> str:
        """The route's path, about the owner's own things."""
        return re.sub(r":(\w+)", lambda name: str(self._value(one.path, name[1], post)), one.path)

    def _value(self, path: str, name: str, post: str) -> Any:
        if name == "id" and about_posts(path):
            return self.posts[post]
        if name == "name" and path.startswith("/api/v1/announcements/"):
            return "👍"
        for beginning, key in OF_PATH:
            if path.startswith(beginning) and name in ("id", "filter_id", "group_key"):
                return self.own[key]
        return self.own[name]

    def body(self, one: Endpoint, post: str = "open") -> dict[str, Any]:
        """What a sensible request to the route says."""
        return {
            key: value(self, post) if callable(value) else value
            for key, value in BODIES.get(f"{one.method} {one.path}", {}).items()
        }

    async def ask(
        self, one: Endpoint, headers: dict[str, str], post: str = "open", *, query: str = ""
    ) -> httpx.Response:
        """The route's answer to a sensible request."""
        body = self.body(one, post)
        options: dict[str, Any] = {"params": body} if one.method in ("GET", "DELETE") else {"json": body}
        if one.path.endswith("/media"):
            options = {"files": {"file": ("a.png", PICTURE, "image/png")}}
        if "/uploads" in one.path:
            options = {"content": b"abc"} if one.method == "PATCH" else {}
            headers = headers | TUS | {"Upload-Offset": await self._received() if one.method == "PATCH" else "0"}
        if query:
            options["params"] = dict(parse_qsl(query)) | options.get("params", {})
        with _for_good(self.world.services.db, f"{one.method} {one.path}" in FOR_GOOD):
            return await self.world.client.request(one.method, self.path(one, post), headers=headers, **options)

    async def _received(self) -> str:
        """How much of the owner's upload is there."""
        path, headers = f"/api/parvis/v1/uploads/{self.own['upload']}", self.headers("owner") | TUS
        return (await self.world.client.head(path, headers=headers)).headers["upload-offset"]

    def headers(self, role: str) -> dict[str, str]:
        match role:
            case "anonymous":
                return {}
            case "app":
                return {"Authorization": f"Bearer {self.app}"}
            case _:
                return self.people[role].headers


def about_posts(path: str) -> bool:
    """Whether `:id` of the path is a post."""
    return path.startswith(("/api/v1/statuses/:id", "/api/v1/polls/:id"))


PICTURE = png()
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
TUS = {
    "Tus-Resumable": "1.0.0", "Upload-Length": "3", "Content-Type": "application/offset+octet-stream",
}  # fmt: skip
OF_PATH = (
    ("/api/v1/accounts/", "account"),
    ("/api/v1/announcements/", "announcement"),
    ("/api/v1/conversations/", "conversation"),
    ("/api/v1/featured_tags/", "featured_tag"),
    ("/api/v1/filters/", "keyword"),
    ("/api/v1/follow_requests/", "asking"),
    ("/api/v1/lists/", "list"),
    ("/api/v1/media/", "media"),
    ("/api/parvis/v1/media/", "video"),
    ("/api/parvis/v1/uploads/", "upload"),
    ("/api/v1/notifications/requests/", "request"),
    ("/api/v1/notifications/", "notification"),
    ("/api/v1/scheduled_statuses/", "scheduled"),
    ("/api/v1/suggestions/", "account"),
    ("/api/v2/filters/keywords/", "keyword"),
    ("/api/v2/filters/statuses/", "filter_status"),
    ("/api/v2/filters/", "filter"),
    ("/api/v2/notifications/", "group"),
    ("/api/v2_alpha/notifications/", "group"),
    ("/api/web/push_subscriptions/", "push_key"),
)


def _account(stage: Stage, post: str) -> int:
    return stage.people["owner"].id


def _post(stage: Stage, post: str) -> int:
    return stage.posts[post]


def _later(stage: Stage, post: str) -> str:
    return iso_ms(utc_now() + timedelta(hours=2))


def _client(stage: Stage, post: str) -> str:
    return stage.own["client_id"]


def _client_secret(stage: Stage, post: str) -> str:
    return stage.own["client_secret"]


BODIES: dict[str, dict[str, Any]] = {
    "GET /api/parvis/v1/admission/log/consistency": {"old": 1, "size": 1},
    "GET /api/parvis/v1/admission/log/inclusion": {"index": 0, "size": 1},
    "GET /api/parvis/v1/admission/log/leaves": {"start": 0, "end": 1},
    "POST /api/parvis/v1/admission/receipts": {"username": "early", "email": "early@mail.example"},
    "PUT /api/parvis/v1/media/:id/captions/:language": {"text": CAPTIONS},
    "GET /.well-known/webfinger": {"resource": "acct:olga@parvis.test"},
    "GET /api/oembed": {"url": lambda stage, post: f"http://parvis.test/@olga/{stage.posts[post]}"},
    "GET /api/v1/accounts/lookup": {"acct": "olga"},
    "GET /api/v1/accounts/search": {"q": "olga"},
    "GET /api/v1/accounts/relationships": {"id[]": _account},
    "GET /api/v1/accounts/familiar_followers": {"id[]": _account},
    "GET /api/v1/domain_blocks/preview": {"domain": "bad.example"},
    "GET /api/v1/timelines/link": {"url": "https://page.invalid/about"},
    "GET /api/v1/search": {"q": "bread"},
    "GET /api/v2/search": {"q": "bread"},
    "POST /api/v1/accounts/:id/note": {"comment": "kind"},
    "POST /api/v1/accounts": {
        "username": "newcomer",
        "email": "newcomer@mail.example",
        "password": "a long password",
        "agreement": True,
        "locale": "en",
    },
    "POST /api/v1/apps": {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"},
    "POST /api/v1/domain_blocks": {"domain": "bad.example"},
    "DELETE /api/v1/domain_blocks": {"domain": "bad.example"},
    "POST /api/v1/featured_tags": {"name": "salt"},
    "POST /api/v1/filters": {"phrase": "word", "context": ["home"]},
    "PUT /api/v1/filters/:id": {"phrase": "word", "context": ["home"]},
    "PATCH /api/v1/filters/:id": {"phrase": "word", "context": ["home"]},
    "POST /api/v1/lists": {"title": "others"},
    "PUT /api/v1/lists/:id": {"title": "others"},
    "PATCH /api/v1/lists/:id": {"title": "others"},
    "POST /api/v1/lists/:id/accounts": {"account_ids": lambda stage, post: [str(stage.own["friend"])]},
    "DELETE /api/v1/lists/:id/accounts": {"account_ids[]": lambda stage, post: str(stage.own["friend"])},
    "POST /api/v1/markers": {"home": {"last_read_id": "1"}},
    "POST /api/v1/notifications/dismiss": {"id": lambda stage, post: stage.own["notification"]},
    "POST /api/v1/notifications/requests/accept": {"id": lambda stage, post: [stage.own["request"]]},
    "POST /api/v1/notifications/requests/dismiss": {"id": lambda stage, post: [stage.own["request"]]},
    "POST /api/v1/polls/:id/votes": {"choices": [0]},
    "POST /api/v1/push/subscription": {"subscription": lambda stage, post: stage.own["subscription"]},
    "POST /api/v1/reports": {"account_id": _account, "status_ids": lambda stage, post: [str(stage.posts[post])]},
    "PUT /api/v1/scheduled_statuses/:id": {"scheduled_at": _later},
    "PATCH /api/v1/scheduled_statuses/:id": {"scheduled_at": _later},
    "POST /api/v1/statuses": {"status": "hello", "in_reply_to_id": _post},
    "PUT /api/v1/statuses/:id": {"status": "edited"},
    "PATCH /api/v1/statuses/:id": {"status": "edited"},
    "PUT /api/v1/statuses/:id/interaction_policy": {"quote_approval_policy": "nobody"},
    "PATCH /api/v1/statuses/:id/interaction_policy": {"quote_approval_policy": "nobody"},
    "GET /api/v1/statuses": {"id[]": _post},
    "POST /api/v2/filters": {"title": "words", "context": ["home"]},
    "POST /api/v2/filters/:filter_id/keywords": {"keyword": "word"},
    "PUT /api/v2/filters/keywords/:id": {"keyword": "word"},
    "PATCH /api/v2/filters/keywords/:id": {"keyword": "word"},
    "POST /api/v2/filters/:filter_id/statuses": {"status_id": _post},
    "POST /oauth/token": {"grant_type": "client_credentials", "client_id": _client, "client_secret": _client_secret},
    "POST /oauth/revoke": {"client_id": _client, "client_secret": _client_secret, "token": "x"},
}


@contextmanager
def nothing_stays(db: Database) -> Iterator[None]:
    """Meanwhile every transaction is rolled back at its end, whatever came of it."""

    @asynccontextmanager
    async def undone() -> AsyncIterator[Connection]:
        async with db.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            finally:
                await transaction.rollback()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "transaction", undone)
        yield


@contextmanager
def _for_good(db: Database, wanted: bool) -> Iterator[None]:
    """Meanwhile transactions stay after all, if that is wanted."""
    with pytest.MonkeyPatch.context() as patch:
        if wanted:
            patch.setattr(db, "transaction", type(db).transaction.__get__(db))
        yield


async def staged(world: World) -> Stage:
    """The owner and what is theirs, and people who stand in every relation to them."""
    people = {role: await world.person("olga" if role == "owner" else role) for role in ROLES[2:]}
    owner, friend = people["owner"], await world.person("friend", locked=True)
    await world.person("asking")
    stage = Stage(world, people, {}, {})
    await world.follows(people["follower"], owner)
    await world.follows(owner, people["follower"])
    decoded(await owner.post(f"/api/v1/accounts/{people['blocked'].id}/block"))
    await _write_posts(stage)
    await _fill(stage, friend)
    await _ask_for_things(stage, friend)
    await _let_apps_in(stage)
    await _let_somebody_wait(stage)
    async with world.services.db.transaction() as tx:
        await tx.execute("UPDATE account SET state = 2 WHERE id = $1", people["suspended"].id)
        await events.record(tx, AccountChanged(account_id=people["suspended"].id))
    await world.settle()
    return stage


async def _write_posts(stage: Stage) -> None:
    owner, poll = stage.people["owner"], PollDraft(("one", "two"), 3600, False, False)
    stage.posts["open"] = await owner.says("of #bread @friend", poll=poll)
    stage.posts["followers"] = await owner.says("of #bread @friend", poll=poll, visibility=Visibility.FOLLOWERS)
    stage.posts["whispered"] = await owner.whispers("of #bread @friend", poll=poll)
    quoting = decoded(
        await stage.people["follower"].post(
            "/api/v1/statuses", {"status": "look", "quoted_status_id": str(stage.posts["open"])}
        )
    )
    stage.own |= {
        "account": owner.id,
        "quoting_status_id": quoting["id"],
        "name": "bread",
        "hashtag": "bread",
        "language": "en",
    }
    stage.own |= {"year": 2025, "date": utc_now().date().isoformat()}


async def _fill(stage: Stage, friend: Person) -> None:
    owner, own = stage.people["owner"], stage.own

    async def made(path: str, body: dict[str, Any]) -> Any:
        return decoded(await owner.post(path, body))["id"]

    own["friend"] = stage.people["follower"].id
    own["list"] = own["list_id"] = await made("/api/v1/lists", {"title": "theirs"})
    own["filter"] = await made("/api/v2/filters", {"title": "theirs", "context": ["home"]})
    own["keyword"] = await made(f"/api/v2/filters/{own['filter']}/keywords", {"keyword": "rain"})
    own["filter_status"] = await made(
        f"/api/v2/filters/{own['filter']}/statuses", {"status_id": str(stage.posts["open"])}
    )
    own["featured_tag"] = await made("/api/v1/featured_tags", {"name": "bread"})
    own["scheduled"] = await made("/api/v1/statuses", {"status": "soon", "scheduled_at": _later(stage, "")})
    own["subscription"] = {"endpoint": "https://8.8.8.8/push", "keys": _push_keys()}
    subscription = await made("/api/v1/push/subscription", {"subscription": own["subscription"]})
    own["push_key"] = unsubscribe_key(stage.world.services.secrets, owner.id, subscription)
    sent = {"files": {"file": ("a.png", PICTURE, "image/png")}, "headers": owner.headers}
    own["media"], own["video"] = [decoded(await owner.client.post("/api/v2/media", **sent))["id"] for _ in range(2)]
    begun = await owner.client.post("/api/parvis/v1/uploads", headers=owner.headers | TUS | {"Upload-Length": "999"})
    own["upload"] = begun.headers["location"].rpartition("/")[2]
    async with stage.world.services.db.transaction() as tx:
        own["announcement"] = await moderation.announcements.announce(
            tx, stage.world.services.ids, text="open", now=utc_now()
        )
        # A film takes long to make; routes ask of what kind a file is.
        await tx.execute("UPDATE media SET kind = 'video' WHERE id = $1", int(own["video"]))
    captions, words = f"/api/parvis/v1/media/{own['video']}/captions/en", {"text": CAPTIONS}
    decoded(await owner.client.put(captions, json=words, headers=owner.headers))


async def _ask_for_things(stage: Stage, friend: Person) -> None:
    owner, own, world = stage.people["owner"], stage.own, stage.world
    asking = world.people["asking"]
    await friend.whispers("@olga back")
    await world.settle()
    own["conversation"] = decoded(await owner.get("/api/v1/conversations"))[0]["id"]
    (first, *_) = decoded(await owner.get("/api/v1/notifications"))
    own |= {"notification": first["id"], "group": first["group_key"]}
    await owner.client.patch(
        "/api/v2/notifications/policy", json={"for_not_following": "filter"}, headers=owner.headers
    )
    await asking.says("@olga hello")
    await world.client.patch("/api/v1/accounts/update_credentials", json={"locked": True}, headers=owner.headers)
    await world.follows(asking, owner)
    await asking.post(f"/api/v1/accounts/{owner.id}/follow")
    await world.settle()
    own["request"] = decoded(await owner.get("/api/v1/notifications/requests"))[0]["id"]
    own |= {"asking": asking.id}


async def _let_apps_in(stage: Stage) -> None:
    """There is an app, with a token for itself."""
    client, scopes = stage.world.client, "read write follow push profile"
    form = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": scopes}
    stage.own |= decoded(await client.post("/api/v1/apps", json=form)) | {"id": None}
    asked = {"grant_type": "client_credentials", "scope": scopes}
    asked |= {name: stage.own[name] for name in ("client_id", "client_secret")}
    stage.app = decoded(await client.post("/oauth/token", json=asked))["access_token"]
    contract.of_apps.add(stage.app)


async def _let_somebody_wait(stage: Stage) -> None:
    """The public log has an entry."""
    body = {"username": "waiting", "email": "waiting@mail.example"}
    decoded(await stage.world.client.post("/api/parvis/v1/admission/receipts", json=body))
    await admission.sequence(stage.world.services, now=utc_now())


def _push_keys() -> dict[str, str]:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "p256dh": base64.urlsafe_b64encode(raw).decode(),
        "auth": base64.urlsafe_b64encode(b"sixteen byte key").decode(),
    }
