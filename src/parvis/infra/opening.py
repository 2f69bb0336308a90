"""Opening and closing the outside clients of one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parvis.base.settings import Settings
from parvis.infra import postgres, secrets
from parvis.infra.background import settled
from parvis.infra.hashing import Hasher
from parvis.infra.images import ImageWorkers
from parvis.infra.mail import Mailer
from parvis.infra.moments import Moment
from parvis.infra.news import News
from parvis.infra.outbound import Outbound
from parvis.infra.process_lease import ProcessLease
from parvis.infra.rate_limits import RateLimits
from parvis.infra.services import Services
from parvis.infra.storage import open_storage
from parvis.infra.translation import Translator

DOOR_S = 1.0  # for so long one look at the door serves all who see the form


@asynccontextmanager
async def open_services(
    settings: Settings, *, application: str = "parvis", statement_s: float = 30
) -> AsyncIterator[Services]:
    """The clients are connected; at the end they are closed in the opposite order.

    `settings.database_url` must be set: the supervisor gives it to its children.
    """
    db = await postgres.connect(
        settings.database_url, size=settings.database_pool, application=application, statement_s=statement_s
    )
    try:
        lease = await ProcessLease.take(db)
        async with db.transaction() as tx:
            keys = await secrets.load(tx)
        news = News(settings.nats_url)
        await news.open()
        storage = await open_storage(settings)
        images = ImageWorkers(settings)
        http = Outbound(settings)
        translator = Translator(settings)
        try:
            yield Services(
                settings=settings,
                db=db,
                news=news,
                storage=storage,
                mail=Mailer(settings),
                hasher=Hasher(),
                images=images,
                secrets=keys,
                ids=lease.ids,
                limits=RateLimits(enabled=settings.rate_limits),
                http=http,
                translator=translator,
                door=Moment(DOOR_S if settings.page_cache_bytes else 0.0),
            )
        finally:
            await settled()
            await translator.close()
            await http.close()
            await images.close()
            await storage.close()
            await news.close()
            await lease.close()
    finally:
        await db.close()
