"""The demo community comes to life through the same functions that people use, only in the past.

Pictures are stored first, for accounts that have ids but do not exist yet. Then one transaction makes the accounts, the
follows, the posts and every reaction in the order of their time: the community is there entirely or not at all.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from parvis.base import events
from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.demo.art import gallery
from parvis.demo.cast import Illustration, Person, Said, conversation, people
from parvis.demo.past import PastIds, within
from parvis.domain import accounts, media, notifications, posts, relationships
from parvis.domain.accounts.types import Field, NewAccount, ProfileChange, Viewer
from parvis.domain.posts.types import Draft
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

LOGIN = "demo"
_LIMITS = posts.Limits(characters=1000)
_PENDING = (LOGIN, "anouk")  # this request to follow stays unanswered, so that one can be seen


class Portraits(msgspec.Struct, frozen=True):
    """The stored pictures of one person."""

    avatar_key: str
    header_key: str


class Made(msgspec.Struct, frozen=True):
    """The community that was made."""

    accounts: int
    posts: int
    password: str


async def exists(services: Services) -> bool:
    """Whether the community is there."""
    async with services.db.connection() as db:
        try:
            await accounts.by_handle(db, LOGIN, domain=services.settings.domain)
        except NotFound:
            return False
    return True


async def create(services: Services, *, now: datetime) -> Made | None:
    """The community is there; None when it was already.

    Raises: Invalid with code `taken` when somebody else has one of its handles.
    """
    if await exists(services):
        return None
    password = secrets.token_urlsafe(9)
    password_hash = await services.hasher.hash(password)
    telling = _Telling(services, now)
    await telling.prepares()
    async with services.db.transaction() as tx:
        await telling.happens(tx, password_hash)
    return Made(accounts=len(people()), posts=len(conversation()), password=password)


class _Telling:
    """What happens in five days, first prepared, then told in one transaction."""

    def __init__(self, services: Services, now: datetime) -> None:
        self._services = services
        self._ids = PastIds(services.ids.process_number)
        self._now = now
        self._random = random.Random("parvis")  # noqa: S311 - for who likes what when
        self._people = {person.handle: self._id_of(person) for person in people().values()}
        self._portraits: dict[str, Portraits] = {}
        self._pictures: dict[int, list[MediaId]] = {}
        self._posts: dict[str, PostId] = {}

    async def prepares(self) -> None:
        """Every face and every illustration is drawn and stored."""
        faces = await asyncio.gather(*(self._portray(person) for person in people().values()))
        self._portraits = dict(zip(people(), faces, strict=True))
        shown = [(place, said.by, picture) for place, said in enumerate(conversation()) for picture in said.pictures]
        stored = await asyncio.gather(*(self._upload(by, picture) for _, by, picture in shown))
        for (place, _, _), media_id in zip(shown, stored, strict=True):
            self._pictures.setdefault(place, []).append(media_id)

    async def _portray(self, person: Person) -> Portraits:
        avatar = await asyncio.to_thread(gallery.avatar, person.looks)
        header = await asyncio.to_thread(gallery.header, person.header)
        return Portraits(
            await media.store_avatar(self._services, avatar), await media.store_header(self._services, header)
        )

    async def _upload(self, by: str, picture: Illustration) -> MediaId:
        data = await asyncio.to_thread(gallery.illustration, picture.drawing)
        stored = await media.upload_image(
            self._services, self._people[by], data=data, description=picture.description, now=self._now
        )
        return stored.id

    async def happens(self, tx: Connection, password_hash: str) -> None:
        """People arrive; then follows, posts and reactions, in the order of their time."""
        self._tx = tx
        self._within = within(self._services, tx, self._ids)
        for person in people().values():
            await self._arrives(person, password_hash if person.handle == LOGIN else None)
        deeds = [*self._follows(), *self._talk()]
        for hours, deed in sorted(deeds, key=lambda one: -one[0]):
            await deed(self._at(hours))

    async def _arrives(self, person: Person, password_hash: str | None) -> None:
        then, portraits = self._at(person.days_here * 24), self._portraits[person.handle]
        new = NewAccount(
            handle=person.handle,
            email=f"{person.handle}@demo.example",
            password_hash=password_hash,
            locale=person.locale,
            confirmed=True,
            display_name=person.name,
            bot=person.bot,
        )
        self._ids.promise(self._people[person.handle])
        account_id = await accounts.create(self._tx, self._ids, new=new, now=then)
        change = ProfileChange(
            note=person.note,
            fields=[Field(name, value) for name, value in person.fields],
            locked=person.locked,
            avatar_key=portraits.avatar_key,
            header_key=portraits.header_key,
            avatar_description=person.avatar_description,
            header_description=person.header_description,
            default_language=person.language,
        )
        await accounts.update_profile(self._tx, account_id, change=change, now=then)

    def _id_of(self, person: Person) -> AccountId:
        self._at(person.days_here * 24)
        return AccountId(self._ids.next())

    def _follows(self) -> Iterator[tuple[float, _Deed]]:
        for person in people().values():
            wanted = people() if person.follows == ("*",) else person.follows
            for handle in wanted:
                if handle != person.handle:
                    since = min(person.days_here, people()[handle].days_here) * 24
                    yield since * self._random.uniform(0.85, 0.97), self._follow(person.handle, handle)

    def _talk(self) -> Iterator[tuple[float, _Deed]]:
        for place, said in enumerate(conversation()):
            yield said.hours, self._say(place, said)
            for by in said.favourites:
                yield self._soon_after(said), self._favour(place, by)
            for by in said.reposts:
                yield self._soon_after(said), self._pass_on(place, by)

    def _soon_after(self, said: Said) -> float:
        return said.hours - min(said.hours * 0.9, self._random.expovariate(0.6) + 0.05)

    def _at(self, hours: float) -> datetime:
        then = self._now - timedelta(hours=hours)
        self._ids.at(then)
        return then

    # ── deeds ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _follow(self, by: str, target: str) -> _Deed:
        async def deed(then: datetime) -> None:
            follower, followed = self._people[by], self._people[target]
            await relationships.follow(self._tx, self._ids, follower, followed, now=then)
            if not people()[target].locked:
                await self._tell(events.Followed(follower, followed), then)
                return
            await self._tell(events.FollowRequested(follower, followed), then)
            if (by, target) != _PENDING:
                await relationships.accept_request(self._tx, self._ids, followed, follower, now=then)

        return deed

    def _say(self, place: int, said: Said) -> _Deed:
        async def deed(then: datetime) -> None:
            author = Viewer(account_id=self._people[said.by], handle=said.by)
            draft = Draft(
                text=said.text,
                warning=said.warning,
                language=said.language or people()[said.by].language,
                visibility=said.audience,
                in_reply_to_id=self._posts[said.answers] if said.answers else None,
                media_ids=tuple(self._pictures.get(place, ())),
            )
            post_id = await posts.publish(
                self._tx,
                self._ids,
                author,
                draft=draft,
                limits=_LIMITS,
                domain=self._services.settings.domain,
                now=then,
            )
            self._posts[str(place)] = post_id
            if said.key:
                self._posts[said.key] = post_id
            await self._tell(events.PostPublished(post_id, self._people[said.by]), then)

        return deed

    def _favour(self, place: int, by: str) -> _Deed:
        async def deed(then: datetime) -> None:
            post_id, fan = self._posts[str(place)], self._people[by]
            await posts.favourite(self._tx, self._ids, fan, post_id, now=then)
            await self._tell(events.PostFavourited(post_id, self._people[conversation()[place].by], fan), then)

        return deed

    def _pass_on(self, place: int, by: str) -> _Deed:
        async def deed(then: datetime) -> None:
            post_id, fan, author = self._posts[str(place)], self._people[by], self._people[conversation()[place].by]
            repost_id = await posts.repost(self._tx, self._ids, fan, post_id, now=then)
            await self._tell(events.PostReposted(repost_id, fan, post_id, author), then)

        return deed

    async def _tell(self, event: events.Event, then: datetime) -> None:
        # The worker hears of it too, but would notify people as of today; notifications exist once, so ours stay.
        await notifications.notify(self._within, event, now=then)


_Deed = Callable[[datetime], Awaitable[None]]
