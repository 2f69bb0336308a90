"""Where the files of posts lie: with everybody's, or aside while moderators withhold the post or suspend its author."""

from __future__ import annotations

from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain import accounts, media
from parvis.domain.posts import withhold_queries
from parvis.infra.services import Services

_SLICE = 100


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


async def settle_edited(services: Services, author: AccountId, post_id: PostId) -> None:
    """What an edit brought to a post that is withheld is withheld as well."""
    async with services.db.connection() as db:
        withheld = await withhold_queries.is_withheld(db, author, post_id)
    if withheld:
        await settle_files(services, author, post_id)


async def settle_files_of_account(services: Services, author: AccountId) -> None:
    """The same for all posts of the account, and for its portraits."""
    await _settle_portraits(services, author)
    above = 0
    while True:
        async with services.db.connection() as db:
            post_ids = await media.posts_with_files(db, author, above, _SLICE)
        for post_id in post_ids:
            await settle_files(services, author, post_id)
        if len(post_ids) < _SLICE:
            return
        above = post_ids[-1]


async def _settle_portraits(services: Services, author: AccountId) -> None:
    settled: bool | None = None
    while True:
        async with services.db.connection() as db:
            found = await accounts.portraits(db, author)
        if found is None or found[1] == settled:
            return
        keys, settled = found
        await media.set_portraits_aside(services, keys, aside=settled)
