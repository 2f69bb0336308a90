"""A whole Parvis inside the test process: its services, its application, its worker on demand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import relationships
from parvis.infra.background import settled
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from tests.rig.people import Person, new_person
from tests.rig.tools import media_url_of

ORIGIN = "http://parvis.test"


@dataclass
class World:
    """`client` is a stranger; `person` makes somebody; `settle` does all the work that waits. `app` is all of it."""

    services: Services
    client: httpx.AsyncClient
    app: Any
    people: dict[str, Person] = field(default_factory=dict)

    async def person(self, handle: str, **options: Any) -> Person:
        self.people[handle] = await new_person(self.services, self.client, handle, **options)
        return self.people[handle]

    async def follows(self, follower: Person, followed: Person, **options: Any) -> None:
        """`follower` follows `followed`, and the worker has dealt with it."""
        async with self.services.db.transaction() as tx:
            await relationships.follow(tx, self.services.ids, follower.id, followed.id, now=utc_now(), **options)
        await self.settle()

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements sent to the database meanwhile, but for those that open and close transactions.

        Left out: the renewal of the process number, looks at emoji and settings, what was counted: they come by the clock.
        """
        sent: list[str] = []

        def note(statement: str) -> None:
            if not any(name in statement for name in ("process_lease", "custom_emoji", "setting_change", "insight_")):
                sent.append(statement)

        self.services.db.watch = note
        try:
            yield sent
        finally:
            self.services.db.watch = None

    async def settle(self) -> None:
        """Every event has reached its consumers and no job waits."""
        from parvis.worker.run import drain

        await settled()
        await drain(self.services)


def settings_for(home: Path, database_url: str, nats_url: str, **more: Any) -> Settings:
    """Settings of a server for tests; nothing but the engines is outside its folder."""
    settings = Settings(
        home=home,
        origin=ORIGIN,
        database_url=database_url,
        nats_url=nats_url,
        confirm_email=True,
        rate_limits=False,
        limiter=False,  # a machine that runs many tests at once is overloaded
        transcodings_idle=False,  # and never idle
        page_cache_bytes=0,  # tests look at once at what they have just done
        database_pool=6,
        media_url=media_url_of(home),
    )
    return msgspec.structs.replace(settings, **more)


@asynccontextmanager
async def new_world(settings: Settings) -> AsyncIterator[World]:
    """A world with its application running inside this process."""
    from parvis.app import build

    async with open_services(settings, application="test world") as services:
        with framework() as routes:
            app = build(settings, services, routes)
            async with (
                running(app),
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=ORIGIN
                ) as client,
            ):
                assert await services.news.ready(within_s=10)
                yield World(services, client, app)


_AT_REST: list[Any] = []


@contextmanager
def framework() -> Iterator[Any]:
    """All routes, from an earlier world if one has ended: to make them takes longer than most tests."""
    from parvis.app import routes

    one = _AT_REST.pop() if _AT_REST else routes()
    yield one
    _AT_REST.append(one)  # `build` leaves nothing in it that the next one does not write anew


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[None]:
    """The application's start-up is done; at the end its shut-down."""
    import asyncio

    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await inbox.put({"type": "lifespan.startup"})
    task = asyncio.create_task(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, inbox.get, outbox.put)
    )
    started = await outbox.get()
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await outbox.get()
        await task
