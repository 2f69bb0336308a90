"""Where the files of a post lie: with everybody's, or aside while moderators withhold it."""

from __future__ import annotations

from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain import media
from parvis.domain.posts import withhold_queries
from parvis.infra.services import Services


async def settle_files(services: Services, author: AccountId, post_id: PostId) -> None:
    """The post's files lie where the post's state wants them; once more when that has changed meanwhile."""
    settled: bool | None = None
    while True:
        async with services.db.connection() as db:
            withheld = await withhold_queries.is_withheld(db, author, post_id)
        if withheld is None or withheld == settled:  # with a post that is gone its files go, wherever they lie
            return
        await media.set_aside(services, author, post_id, aside=withheld)
        settled = withheld


async def settle_files_of(services: Services, author: AccountId, media_id: MediaId) -> None:
    """The same for the post that shows that upload, if one does."""
    async with services.db.connection() as db:
        post_id = await media.post_of(db, author, media_id)
    if post_id is not None:
        await settle_files(services, author, post_id)
