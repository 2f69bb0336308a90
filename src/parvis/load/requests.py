"""Each kind of request in bytes, and what the crowd learns from its answer."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from struct import pack
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from parvis.load.connection import Answer
from parvis.load.parameters import PICTURE_SIDE, SIGN_UP, Ask
from parvis.load.people import Member
from parvis.load.world import Seen, World, address_of, http

Learn = Callable[[Answer], None]


class Request(msgspec.Struct, frozen=True):
    """One request. `learn` is called with an answer that served."""

    data: bytes
    learn: Learn | None = None


def request_of(ask: Ask, world: World, random: Random) -> Request:
    """What somebody sends who means to ask this."""
    return _MAKERS[ask.name](world, random)


def own_account(world: World, token: str, address: str) -> Request:
    """What the app of somebody who signed up asks until they are in."""
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
    return Request(http(world.target, "GET", "/api/v1/accounts/verify_credentials", headers=headers))


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _as(member: Member) -> dict[str, str]:
    return {"Authorization": f"Bearer {member.token}", "X-Forwarded-For": address_of(int(member.id) >> 7)}


def _reads(first: str, *others: str) -> Callable[[World, Random], Request]:
    """A member reads one of these addresses, which may name a post, an account or a hashtag."""
    paths = (first, *others)

    def make(world: World, random: Random) -> Request:
        path = paths[int(random.random() * len(paths))]
        if "{" in path:
            post = world.post(random)
            tag = quote(world.tags[int(random.random() * len(world.tags))]) if "{tag}" in path else ""
            path = path.format(post=post.id, account=post.account_id, tag=tag)
        return Request(http(world.target, "GET", path, headers=_as(world.somebody(random))))

    return make


def _relationships(world: World, random: Random) -> Request:
    ids = "&".join(f"id[]={world.post(random).account_id}" for _ in range(10))
    return Request(
        http(world.target, "GET", f"/api/v1/accounts/relationships?{ids}", headers=_as(world.somebody(random)))
    )


def _markers(world: World, random: Random) -> Request:
    me = world.somebody(random)
    if random.random() < 0.5:
        return Request(http(world.target, "GET", "/api/v1/markers?timeline[]=home", headers=_as(me)))
    return _post(world, me, "/api/v1/markers", {"home": {"last_read_id": world.post(random).id}})


def _post(world: World, me: Member, path: str, value: Any = None, *, method: str = "POST", key: str = "") -> Request:
    headers = _as(me) | ({"Idempotency-Key": key} if key else {})
    body = b""
    if value is not None:
        body = msgspec.json.encode(value)
        headers["Content-Type"] = "application/json"
    return Request(http(world.target, method, path, headers=headers, body=body))


def _acts(verb: str) -> Callable[[World, Random], Request]:
    """A member does something with a post."""

    def make(world: World, random: Random) -> Request:
        return _post(world, world.somebody(random), f"/api/v1/statuses/{world.post(random).id}/{verb}")

    return make


def _publish(world: World, random: Random) -> Request:
    me = world.author(random)
    tag = world.tags[int(random.random() * len(world.tags))]
    said = f"The square is full today, and I am number {random.randrange(10**9)} who says so. #{tag}"
    request = _post(world, me, "/api/v1/statuses", {"status": said}, key=f"{random.getrandbits(64):x}")

    def learn(answer: Answer) -> None:
        id_ = msgspec.json.decode(answer.body)["id"]
        world.written.append((me, id_))
        world.learn(Seen(id_, me.id, me.handle))

    return msgspec.structs.replace(request, learn=learn)


def _edit(world: World, random: Random) -> Request:
    if not world.written:
        return _publish(world, random)
    me, id_ = world.written[int(random.random() * len(world.written))]
    return _post(
        world, me, f"/api/v1/statuses/{id_}", {"status": f"On second thoughts {random.random()}"}, method="PUT"
    )


def _delete(world: World, random: Random) -> Request:
    if not world.written:
        return _publish(world, random)
    me, id_ = world.written.popleft()
    gone = [post for post in world.posts if post.id == id_]
    for post in gone:
        world.posts.remove(post)
    return _post(world, me, f"/api/v1/statuses/{id_}", method="DELETE")


def _follow(world: World, random: Random) -> Request:
    me, them = world.somebody(random), world.post(random).account_id
    while them == me.id:
        me = world.somebody(random)
    world.followed.append((me, them))
    return _post(world, me, f"/api/v1/accounts/{them}/follow")


def _unfollow(world: World, random: Random) -> Request:
    if not world.followed:
        return _follow(world, random)
    me, them = world.followed.popleft()
    return _post(world, me, f"/api/v1/accounts/{them}/unfollow")


def _upload(world: World, random: Random) -> Request:
    line = b"--square\r\n"
    body = line + b'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body += picture() + b"\r\n--square--\r\n"
    headers = _as(world.author(random)) | {"Content-Type": "multipart/form-data; boundary=square"}
    return Request(http(world.target, "POST", "/api/v2/media", headers=headers, body=body))


@cache
def picture() -> bytes:
    """A picture of some size, as PNG."""
    noise = Random(1)  # noqa: S311 - the same picture each time
    rows = b"".join(
        b"\0" + bytes((row // 4 + (grain & 7)) & 255 for grain in noise.randbytes(PICTURE_SIDE * 3))
        for row in range(PICTURE_SIDE)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", PICTURE_SIDE, PICTURE_SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# ── visitors ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _visits(first: str, *others: str, html: bool = True) -> Callable[[World, Random], Request]:
    """A visitor without an account opens one of these addresses."""
    paths = (first, *others)

    def make(world: World, random: Random) -> Request:
        path = paths[int(random.random() * len(paths))]
        if "{" in path:
            post = world.post(random)
            path = path.format(post=post.id, handle=post.handle)
        headers = {"X-Forwarded-For": address_of(random.getrandbits(17)), "Accept": "text/html" if html else "*/*"}
        return Request(http(world.target, "GET", path, headers=headers))

    return make


def _now_serving(world: World, random: Random) -> Request:
    path = "/api/parvis/v1/admission/now" if world.has_gate else "/api/v2/instance"
    return _visits(path, html=False)(world, random)


def _form(world: World, random: Random, path: str, values: dict[str, str]) -> Request:
    cookie, token = world.form
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": world.target.origin,
        "Cookie": cookie,
        "X-Forwarded-For": address_of(random.getrandbits(17)),
    }
    return Request(
        http(world.target, "POST", path, headers=headers, body=urlencode(values | {"form_token": token}).encode())
    )


def _sign_in(world: World, random: Random) -> Request:
    if not world.password:
        return _token(world, random)
    return _form(world, random, "/sign-in", {"login": world.somebody(random).handle, "password": world.password})


def _token(world: World, random: Random) -> Request:
    client_id, client_secret = world.client
    values = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": address_of(random.getrandbits(17)),
    }
    return Request(http(world.target, "POST", "/oauth/token", headers=headers, body=urlencode(values).encode()))


def sign_up(world: World, random: Random, learn: Callable[[str, str], None]) -> Request:
    """Somebody applies by an app; `learn` is told the token they got and the address they come from."""
    address, name = address_of(random.getrandbits(17)), f"new{random.getrandbits(60):x}"
    values = {
        "username": name,
        "email": f"{name}@load.example",
        "password": world.password or f"{random.getrandbits(64):x}",  # who has come in signs in like others
        "agreement": True,
        "locale": "en",
    }
    headers = {
        "Authorization": f"Bearer {world.app_token}",
        "X-Forwarded-For": address,
        "Content-Type": "application/json",
        "Idempotency-Key": name,
    }
    data = http(world.target, "POST", "/api/v1/accounts", headers=headers, body=msgspec.json.encode(values))
    return Request(data, lambda answer: learn(msgspec.json.decode(answer.body)["access_token"], address))


_MAKERS: dict[str, Callable[[World, Random], Request]] = {
    "home timeline": _reads("/api/v1/timelines/home"),
    "notifications": _reads("/api/v2/notifications", "/api/v1/notifications"),
    "unread count": _reads("/api/v2/notifications/unread_count", "/api/v1/notifications/unread_count"),
    "markers": _markers,
    "post": _reads("/api/v1/statuses/{post}"),
    "thread": _reads("/api/v1/statuses/{post}/context"),
    "account": _reads("/api/v1/accounts/{account}"),
    "account's posts": _reads("/api/v1/accounts/{account}/statuses?exclude_replies=true"),
    "relationships": _relationships,
    "public timeline": _reads("/api/v1/timelines/public?local=true"),
    "trends": _reads("/api/v1/trends/tags", "/api/v1/trends/statuses"),
    "hashtag": _reads("/api/v1/timelines/tag/{tag}"),
    "search": _reads("/api/v2/search?q={tag}&type=hashtags"),
    "instance": _reads("/api/v2/instance"),
    "emoji": _reads("/api/v1/custom_emojis"),
    "filters": _reads("/api/v2/filters"),
    "lists": _reads("/api/v1/lists"),
    "announcements": _reads("/api/v1/announcements"),
    "preferences": _reads("/api/v1/preferences"),
    "profile page": _visits("/@{handle}"),
    "post page": _visits("/@{handle}/{post}"),
    "front page": _visits("/", "/about"),
    "favourite": _acts("favourite"),
    "repost": _acts("reblog"),
    "bookmark": _acts("bookmark"),
    "publish": _publish,
    "edit": _edit,
    "delete": _delete,
    "follow": _follow,
    "unfollow": _unfollow,
    "upload a picture": _upload,
    "now serving": _now_serving,
    "sign-up form": _visits("/sign-up"),
    "token": _token,
    "sign in": _sign_in,
    "health": _visits("/health/ready", "/health/live", html=False),
    SIGN_UP.name: lambda world, random: sign_up(world, random, lambda token, address: None),
}
