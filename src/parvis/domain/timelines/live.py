"""Live: what happens reaches open connections within a moment, if it is for them.

News say only that something happened; who may hear it is decided here, at each event, by one query a post and process.
Losing news loses liveness and nothing else: what a listener came in with is checked every few seconds as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

import asyncpg
import structlog

from parvis.base import events as happened
from parvis.base.clock import utc_now
from parvis.base.errors import NotFound, TooMany
from parvis.base.ids import AccountId, ListId
from parvis.domain import accounts
from parvis.domain.timelines import live_queries
from parvis.domain.timelines.listeners import (
    CONVERSATIONS,
    HOME,
    NOTIFICATIONS,
    Audience,
    Door,
    Happening,
    Index,
    Key,
    Listener,
    Stream,
)
from parvis.infra import events
from parvis.infra.services import Services
from parvis.infra.text import fold_tag

log = structlog.get_logger(__name__)

MOST_OF_ACCOUNT = 10
_NOBODY = AccountId(0)
CHECK_EVERY_S = 4.0  # what a listener came in with; a revoked token must not stream for longer than five seconds


class Live:
    """The open connections of this process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._index = Index()
        self._checking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """News are heard."""
        await self._services.news.subscribe("posts.*", self._hear)
        await self._services.news.subscribe("accounts.*", self._hear)
        self._checking = asyncio.create_task(self._keep_checking(), name="check listeners")

    async def close(self) -> None:
        """Every connection is told to end."""
        if self._checking is not None:
            self._checking.cancel()
        for listener in list(self._index.all):
            listener.close("shutdown")

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._index.all)

    def join(self, listener: Listener) -> None:
        """The listener is known; it must `leave` in the end. Raises: TooMany connections of one account."""
        if (
            listener.account_id is not None
            and len(self._index.of_account.get(listener.account_id, ())) >= MOST_OF_ACCOUNT
        ):
            raise TooMany(30, "Too many open streams")
        self._index.add(listener)

    def leave(self, listener: Listener) -> None:
        """The listener is forgotten."""
        self._index.remove(listener)

    async def listen(self, listener: Listener, streams: Iterable[Stream]) -> None:
        """The listener hears these streams from now on. Only what is its own account's can be meant.

        Raises: NotFound for a list that is not.
        """
        streams, account = list(streams), listener.account_id
        lists = {ListId(stream.list_id) for stream in streams if stream.kind == "list"}
        if lists:
            await self._check_lists(account, lists)
        for stream in streams:
            self._index.listen(listener, stream)
        if HOME in listener.streams and account is not None and not self._index.knows_home(account):
            self._index.follow(account, ())  # whom it follows while we ask is added to what we are told
            async with self._services.db.connection() as db:
                authors, by_tag = await live_queries.followed(db, account)
            if self._index.knows_home(account):
                self._index.follow(account, authors)
                if by_tag:
                    self._index.follow_tags(account)

    async def _check_lists(self, account: AccountId | None, lists: set[ListId]) -> None:
        async with self._services.db.connection() as db:
            if account is None or lists - await live_queries.owned_lists(db, account, list(lists)):
                raise NotFound("List not found")

    def unlisten(self, listener: Listener, streams: Iterable[Stream]) -> None:
        """The listener does not hear these streams any more."""
        for stream in streams:
            self._index.unlisten(listener, stream)

    async def _hear(self, payload: bytes) -> None:
        event = events.decode(payload)
        match event:
            case (
                happened.PostPublished(post_id=post, author_id=author)
                | happened.PostReposted(post_id=post, author_id=author)
            ):
                await self._tell_post(Happening("published", post, AccountId(author)))
            case (
                happened.PostEdited(post_id=post, author_id=author)
                | happened.QuoteChanged(post_id=post, author_id=author)
            ):
                await self._tell_post(Happening("edited", post, AccountId(author)))
            case (
                happened.PostRemoved(post_id=post, author_id=author)
                | happened.PostWithheld(post_id=post, author_id=author)
            ):
                await self._tell_removal(Happening("removed", post, AccountId(author)))
            case happened.NotificationAdded(account_id=account, notification_id=notification):
                await self._tell_one(Happening("notified", notification, AccountId(account)), NOTIFICATIONS)
            case happened.ConversationChanged(account_id=account, conversation_id=conversation):
                await self._tell_one(Happening("conversed", conversation, AccountId(account)), CONVERSATIONS)
            case happened.AnnouncementMade(announcement_id=announcement):
                await self._tell_all(Happening("announced", announcement, _NOBODY))
            case happened.AnnouncementWithdrawn(announcement_id=announcement):
                await self._tell_all(Happening("withdrawn", announcement, _NOBODY))
            case happened.AnnouncementAnswered(announcement_id=announcement, name=word):
                await self._tell_all(Happening("answered", announcement, _NOBODY, word))
            case happened.TagFollowed(account_id=reader):
                if self._index.knows_home(AccountId(reader)):
                    self._index.follow_tags(AccountId(reader))
            case happened.Followed(account_id=reader, target_id=author):
                if self._index.knows_home(AccountId(reader)):
                    self._index.follow(AccountId(reader), [AccountId(author)])
            case happened.TokenRevoked(token_id=token, account_id=account):
                self._end(AccountId(account), Key("token", token))
            case happened.SessionEnded(session_id=session, account_id=account):
                self._end(AccountId(account), Key("session", session))
            case happened.AccountChanged(account_id=account):
                await self._check(list(self._index.of_account.get(AccountId(account), ())))
            case _:
                pass

    async def _tell_post(self, happening: Happening) -> None:
        readers, lists = self._index.readers(happening.account_id), self._index.lists()
        others = {one.account_id for one in self._index.to_public_streams()}
        by_tag = self._index.readers_by_tag() - readers
        if not readers and not others and not by_tag and not lists:
            return
        async with self._services.db.connection() as db:
            row = await live_queries.audience(db, happening.post_id, list(readers), list(others), list(by_tag), lists)
        if row is None:
            return
        audience: dict[Listener, list[Stream]] = {}
        self._at_home(audience, row["home"])
        self._in_lists(audience, lists, row["lists"])
        wanted = set(row["others"])
        for stream in _streams(row["listed"], row["tags"] if row["listed_by_tag"] else (), row["with_media"]):
            for listener in self._index.to(stream):
                if listener.account_id in wanted:
                    audience.setdefault(listener, []).append(stream)
        await self._deliver(happening, audience)

    async def _tell_removal(self, happening: Happening) -> None:
        readers, lists = self._index.readers(happening.account_id), self._index.lists()
        by_tag = self._index.readers_by_tag() - readers
        if not readers and not lists and not by_tag and not self._index.to_public_streams():
            return
        async with self._services.db.connection() as db:
            others = {one.account_id for one in self._index.to_public_streams()} | by_tag
            row = await live_queries.former_audience(db, happening.post_id, list(readers), lists, list(others))
            if row is None:
                return
            tags: set[str] = {fold_tag(tag) for tag in row["tags"]} if row["listed"] else set()
            wanted = set(row["others"])
            home = [
                *row["home"],
                *(await live_queries.following_tags(db, list(by_tag & wanted), list(tags)) if tags and by_tag else ()),
            ]
        audience: dict[Listener, list[Stream]] = {}
        self._at_home(audience, home)
        self._in_lists(audience, lists, row["lists"])
        for stream in _streams(row["listed"], tags, with_media=True):
            for listener in self._index.to(stream):
                if listener.account_id in wanted:
                    audience.setdefault(listener, []).append(stream)
        await self._deliver(happening, audience)

    async def _tell_one(self, happening: Happening, stream: Stream) -> None:
        """Listeners of the account whose it is are told."""
        concerned = self._index.of_account.get(happening.account_id, ())
        await self._deliver(happening, {one: [stream] for one in concerned if stream in one.streams})

    async def _tell_all(self, happening: Happening) -> None:
        """Everybody who listens to their home is told."""
        await self._deliver(happening, {one: [HOME] for one in self._index.all if HOME in one.streams})

    def _at_home(self, audience: dict[Listener, list[Stream]], accounts_: Iterable[int]) -> None:
        for account in accounts_:
            for listener in self._index.at_home(AccountId(account)):
                audience.setdefault(listener, []).append(HOME)

    def _in_lists(
        self, audience: dict[Listener, list[Stream]], known: Iterable[tuple[AccountId, ListId]], wanted: Iterable[int]
    ) -> None:
        of_list = {list_id: owner for owner, list_id in known}
        for list_id in set(wanted):
            for listener in self._index.to_list(of_list[ListId(list_id)], ListId(list_id)):
                audience.setdefault(listener, []).append(Stream("list", list_id=list_id))

    async def _deliver(self, happening: Happening, audience: dict[Listener, list[Stream]]) -> None:
        by_door: dict[Door, Audience] = {}
        for listener, streams in audience.items():
            by_door.setdefault(listener.door, []).append((listener, streams))
        for door, theirs in by_door.items():
            await door.deliver(happening, theirs)

    def _end(self, account: AccountId, key: Key) -> None:
        for listener in list(self._index.of_account.get(account, ())):
            if listener.key == key:
                listener.close("ended")

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._check(list(self._index.all))

    async def _check(self, listeners: list[Listener]) -> None:
        """Listeners whose token or session has ended, or whose account may not act any more, are closed."""
        held = {kind: [o.key.id for o in listeners if o.key and o.key.kind == kind] for kind in ("token", "session")}
        if not held["token"] and not held["session"]:
            return
        async with self._services.db.connection() as db:
            tokens, sessions = await accounts.still_valid(
                db, tokens=held["token"], sessions=held["session"], now=utc_now()
            )
        for listener in listeners:
            if listener.key and listener.key.id not in (tokens if listener.key.kind == "token" else sessions):
                listener.close("ended")


def _streams(listed: bool, tags: Iterable[str], with_media: bool) -> Iterable[Stream]:
    """The public streams a post is on."""
    narrowings = (False, True) if with_media else (False,)
    for only_media in narrowings:
        if listed:
            yield Stream("public", "", only_media)
        for tag in tags:
            yield Stream("tag", tag, only_media)
