"""Where the files of posts lie: with everybody's, or aside while moderators withhold the post or suspend its author."""

from __future__ import annotations

import asyncio

from parvis.base.ids import MAX_ID, AccountId, MediaId, PostId
from parvis.domain import accounts, media
from parvis.domain.posts import withhold_queries
from parvis.infra.services import Services

_SLICE = 100
_LET_OTHERS_S = 0.02  # who waits for the owner's files looks now and then


async def settle_files(
    services: Services, author: AccountId, post_id: PostId, *, within_s: float | None = None
) -> None:
    """The post's files lie where the post's state wants them. Whatever changes it later has to say so again.

    Raises: FilesBusy, as `media.files_locked` does.
    """
    async with media.files_locked(services, author, within_s=within_s) as db:
        aside = await withhold_queries.is_out_of_reach(db, author, post_id)
        if aside is not None:
            await media.set_aside(services, db, author, post_id, aside=aside)


async def settle_files_of(services: Services, author: AccountId, media_id: MediaId) -> None:
    """The same for the post that shows that upload, if one does."""
    async with services.db.connection() as db:
        post_id = await media.post_of(db, author, media_id)
    if post_id is not None:
        await settle_files(services, author, post_id)


async def settle_added(services: Services, author: AccountId, post_id: PostId) -> None:
    """What was added to a post that is withheld is withheld as well."""
    async with services.db.connection() as db:
        aside = await withhold_queries.is_out_of_reach(db, author, post_id)
    if aside:
        await settle_files(services, author, post_id)


async def settle_files_of_account(services: Services, author: AccountId) -> None:
    """The same for the portraits of the account, and for all its posts: the newest, of which people speak, first."""
    await _settle_portraits(services, author)
    below = MAX_ID
    while True:
        async with services.db.connection() as db:
            post_ids = await media.posts_with_files(db, author, below, _SLICE)
        for post_id in post_ids:
            await settle_files(services, author, post_id)
            await asyncio.sleep(_LET_OTHERS_S)
        if len(post_ids) < _SLICE:
            return
        below = post_ids[-1]


async def _settle_portraits(services: Services, author: AccountId) -> None:
    async with media.files_locked(services, author) as db:
        found = await accounts.portraits(db, author)
        if found is not None:
            await media.set_portraits_aside(services, found[0], aside=found[1])
