"""What the crowd knows of the target: who is a member, which posts, people and hashtags there are to ask for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import urlencode

import msgspec

from parvis.load.connection import Answer, Broken, Connection
from parvis.load.parameters import LOUD_POSTS, LOUD_SHARE
from parvis.load.people import Member, People
from parvis.load.target import Target

_ADDRESSES = 1 << 17  # 198.18.0.0/15 is set aside for measurements
_PAGES, _PAGE = 25, 40
_KEPT_POSTS = 2000


class Nothing(Exception):
    """The target cannot be used; the message says why."""


class Seen(msgspec.Struct, frozen=True):
    """A public post."""

    id: str
    account_id: str
    handle: str


class World(msgspec.Struct):
    """Grows while the crowd acts: new posts are read, newcomers become members."""

    target: Target
    members: list[Member]
    password: str
    posts: deque[Seen]
    tags: list[str]
    app_token: str
    client: tuple[str, str]
    form: tuple[str, str] = ("", "")  # cookie and token with which a browser may send a form
    has_gate: bool = False
    written: deque[tuple[Member, str]] = msgspec.field(default_factory=lambda: deque(maxlen=500))
    followed: deque[tuple[Member, str]] = msgspec.field(default_factory=lambda: deque(maxlen=500))

    def somebody(self, random: Random) -> Member:
        return self.members[int(random.random() * len(self.members))]

    def author(self, random: Random) -> Member:
        """A member who writes: the loudest tenth write four fifths."""
        loud = max(1, int(len(self.members) * LOUD_SHARE))
        if random.random() < LOUD_POSTS:
            return self.members[int(random.random() * loud)]
        return self.members[int(random.random() * len(self.members))]

    def post(self, random: Random) -> Seen:
        """A post that somebody looks at: the newer, the likelier."""
        return self.posts[int(random.random() ** 2 * len(self.posts))]

    def learn(self, post: Seen) -> None:
        """A post that others may look at from now on."""
        self.posts.appendleft(post)
        if len(self.posts) > _KEPT_POSTS:
            self.posts.pop()


def address_of(number: int) -> str:
    """An address for one person, so that a target behind a proxy tells people apart."""
    number %= _ADDRESSES
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def http(
    target: Target, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """One request in bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {target.netloc}", "User-Agent: parvis-crowd"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def survey(target: Target, people: People) -> World:
    """The target answers as expected, and what there is to ask for is known. Raises: Nothing."""
    try:
        async with asyncio.timeout(30):
            return await _Survey(target, people).world()
    except TimeoutError:
        raise Nothing(f"{target.origin} does not answer.") from None
    except (OSError, Broken) as error:
        raise Nothing(f"{target.origin} cannot be reached ({error or 'the connection broke'}).") from None


class _Survey:
    def __init__(self, target: Target, people: People) -> None:
        self._target = target
        self._people = people
        self._connection = Connection()

    async def world(self) -> World:
        app_token = await self._app_token()
        token = self._people.members[0].token
        if (await self._get("/api/v1/accounts/verify_credentials", token)).status != 200:
            raise Nothing("The target does not know the people of this file: prepare again.")
        posts: deque[Seen] = deque()
        tags: dict[str, None] = {}
        path = f"/api/v1/timelines/public?local=true&limit={_PAGE}"
        for _ in range(_PAGES):
            found = self._json(await self._get(path + (f"&max_id={posts[-1].id}" if posts else ""), token))
            posts.extend(Seen(one["id"], one["account"]["id"], one["account"]["acct"]) for one in found)
            tags |= {tag["name"]: None for one in found for tag in one["tags"]}
            if len(found) < _PAGE:
                break
        if not posts:
            raise Nothing(
                f"There is nothing to read at {self._target.origin}: `parvis simulate --prepare` writes posts."
            )
        return World(
            target=self._target,
            members=list(self._people.members),
            password=self._people.password,
            posts=posts,
            tags=list(tags) or ["parvis"],
            app_token=app_token,
            client=(self._people.client_id, self._people.client_secret),
            form=await self._form(),
            has_gate=(await self._get("/api/parvis/v1/admission/now")).status == 200,
        )

    async def _app_token(self) -> str:
        body = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self._people.client_id,
                "client_secret": self._people.client_secret,
                "scope": "read write follow",
            }
        ).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self._ask(http(self._target, "POST", "/oauth/token", headers=headers, body=body))
        return self._json(answer)["access_token"]

    async def _form(self) -> tuple[str, str]:
        """The cookie of a browser and the token of its forms."""
        answer = await self._get("/sign-in")
        _, _, rest = answer.body.partition(b'name="form_token" value="')
        cookie = b""
        for line in answer.head.split(b"\r\n"):
            if line.lower().startswith(b"set-cookie:"):
                cookie = line.partition(b":")[2].split(b";")[0].strip()
        return cookie.decode(), rest.partition(b'"')[0].decode()

    async def _get(self, path: str, token: str = "") -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._ask(http(self._target, "GET", path, headers=headers))

    async def _ask(self, request: bytes) -> Answer:
        if not self._connection.open:
            target = self._target
            _, self._connection = await asyncio.get_running_loop().create_connection(
                Connection,
                target.address,
                target.port,
                ssl=target.tls(),
                server_hostname=target.host if target.secure else None,
            )
        return await self._connection.ask(request, keep_body=True)

    def _json(self, answer: Answer) -> Any:
        if answer.status != 200:
            raise Nothing(
                f"{self._target.origin} answered {answer.status} where it should not: {answer.body[:200].decode()}"
            )
        return msgspec.json.decode(answer.body)
