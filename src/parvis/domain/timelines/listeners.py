"""Open connections, and the index that finds those whom something may concern."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any, Literal, Protocol

import msgspec

from parvis.base.ids import AccountId, ListId, PostId

MOST_WAITING = 200


class Stream(msgspec.Struct, frozen=True):
    """Something to listen to. `tag` is folded; `only_media` narrows the two public kinds."""

    kind: Literal["home", "notifications", "conversations", "list", "public", "tag"]
    tag: str = ""
    only_media: bool = False
    list_id: int = 0


HOME = Stream("home")
NOTIFICATIONS = Stream("notifications")
CONVERSATIONS = Stream("conversations")
PUBLIC = Stream("public")


class Happening(msgspec.Struct, frozen=True):
    """What is told: a post (its id and author), a notification or conversation (its id and whose it is), or an announcement.

    `word` is the emoji that somebody put under an announcement or took back.
    """

    kind: Literal["published", "edited", "removed", "notified", "conversed", "announced", "withdrawn", "answered"]
    id: int
    account_id: AccountId
    word: str = ""

    @property
    def post_id(self) -> PostId:
        return PostId(self.id)


class Key(msgspec.Struct, frozen=True):
    """What a listener came in with; when it ends, so does the listening."""

    kind: Literal["token", "session"]
    id: int


class Door(Protocol):
    """Puts into words what its listeners hear."""

    async def deliver(self, happening: Happening, audience: Audience) -> None:
        """Each listener has been given (`put`) what it should be told, in the door's own form."""


class Listener:
    """One open connection. The door reads `heard` and writes to the network; a listener that is too slow is closed."""

    __slots__ = ("_some", "_waiting", "account_id", "closed_because", "door", "key", "streams")

    def __init__(self, door: Door, account_id: AccountId | None, key: Key | None) -> None:
        self.door = door
        self.account_id = account_id
        self.key = key
        self.streams: set[Stream] = set()
        self.closed_because: Literal["", "gone", "overflow", "ended", "shutdown"] = ""
        self._waiting: deque[Any] = deque(maxlen=MOST_WAITING)
        self._some = asyncio.Event()

    def put(self, item: Any) -> None:
        """The listener will hear this, unless so much waits already that it is closed, to come back and catch up."""
        if len(self._waiting) == MOST_WAITING:
            self.close("overflow")
        self._waiting.append(item)
        self._some.set()

    def close(self, because: Literal["gone", "overflow", "ended", "shutdown"]) -> None:
        """Nothing more is heard: the listener went away or was too slow, its token ended, or the server stops."""
        self.closed_because = self.closed_because or because
        self._some.set()

    async def heard(self, *, silence_s: float | None = None) -> AsyncIterator[Any]:
        """What was put, one by one, until the listener is closed; None whenever nothing came for `silence_s`."""
        while not self.closed_because:
            if not self._waiting:
                self._some.clear()
                try:
                    async with asyncio.timeout(silence_s):
                        await self._some.wait()
                except TimeoutError:
                    yield None
                continue
            yield self._waiting.popleft()


Audience = list[tuple[Listener, list[Stream]]]


class Index:
    """Who listens to what. Homes are found by author, so that a post costs nothing where nobody follows its author."""

    def __init__(self) -> None:
        self.all: set[Listener] = set()
        self.of_account: dict[AccountId, set[Listener]] = {}
        self._of_stream: dict[Stream, set[Listener]] = {}
        self._homes: dict[AccountId, set[AccountId]] = {}  # reader → authors
        self._readers: dict[AccountId, set[AccountId]] = {}  # author → readers
        self._by_tag: set[AccountId] = set()  # readers who follow hashtags
        self._of_list: dict[ListId, set[Listener]] = {}

    def add(self, listener: Listener) -> None:
        self.all.add(listener)
        if listener.account_id is not None:
            self.of_account.setdefault(listener.account_id, set()).add(listener)

    def remove(self, listener: Listener) -> None:
        """Nothing of the listener is left."""
        for stream in list(listener.streams):
            self.unlisten(listener, stream)
        self.all.discard(listener)
        if listener.account_id is not None:
            _discard(self.of_account, listener.account_id, listener)

    def listen(self, listener: Listener, stream: Stream) -> None:
        listener.streams.add(stream)
        if stream.kind in ("public", "tag"):
            self._of_stream.setdefault(stream, set()).add(listener)
        elif stream.kind == "list":
            self._of_list.setdefault(ListId(stream.list_id), set()).add(listener)

    def unlisten(self, listener: Listener, stream: Stream) -> None:
        listener.streams.discard(stream)
        _discard(self._of_stream, stream, listener)
        _discard(self._of_list, stream.list_id, listener)
        if stream == HOME and listener.account_id is not None and not self.at_home(listener.account_id):
            self._by_tag.discard(listener.account_id)
            for author in self._homes.pop(listener.account_id, ()):
                _discard(self._readers, author, listener.account_id)

    def at_home(self, account: AccountId) -> list[Listener]:
        """The account's listeners to its home."""
        return [one for one in self.of_account.get(account, ()) if HOME in one.streams]

    def knows_home(self, reader: AccountId) -> bool:
        """Whether the authors of the reader's home are in the index."""
        return reader in self._homes

    def follow(self, reader: AccountId, authors: Iterable[AccountId]) -> None:
        """Posts of these authors may belong in the reader's home. Authors no longer followed do no harm here."""
        known = self._homes.setdefault(reader, set())
        for author in authors:
            known.add(author)
            self._readers.setdefault(author, set()).add(reader)

    def readers(self, author: AccountId) -> set[AccountId]:
        """Accounts listening to their home, in which a post of the author may belong."""
        own: set[AccountId] = {author} if self.at_home(author) else set()
        return self._readers.get(author, set()) | own

    def follow_tags(self, reader: AccountId) -> None:
        """Posts of anybody may belong in the reader's home. To follow no hashtag any more does no harm here."""
        self._by_tag.add(reader)

    def readers_by_tag(self) -> set[AccountId]:
        """Accounts listening to their home, in which posts may belong for their hashtags."""
        return self._by_tag

    def lists(self) -> list[tuple[AccountId, ListId]]:
        """(whose, id) of the lists that are listened to."""
        return [
            (listener.account_id, list_id)
            for list_id, listeners in self._of_list.items()
            for listener in listeners
            if listener.account_id is not None
        ]

    def to_list(self, owner: AccountId, list_id: ListId) -> list[Listener]:
        """The owner's listeners to that list."""
        return [one for one in self._of_list.get(list_id, ()) if one.account_id == owner]

    def to(self, stream: Stream) -> set[Listener]:
        """Listeners to a public stream."""
        return self._of_stream.get(stream, set())

    def to_public_streams(self) -> set[Listener]:
        """Everybody who listens to any public stream."""
        everybody: set[Listener] = set()
        return everybody.union(*self._of_stream.values())


def _discard(index: dict[Any, set[Any]], key: object, value: object) -> None:
    """The value is not under the key, and the key not there for nothing."""
    values = index.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del index[key]
