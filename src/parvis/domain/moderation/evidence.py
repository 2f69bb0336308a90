"""Posts as moderators may read them: what is for everybody, what was reported to them, and what they have restricted.

What was is kept by value, pictures included, until nobody can appeal any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import NotFound
from parvis.base.ids import MAX_ID, AccountId, PostId
from parvis.domain import media, posts
from parvis.domain.moderation import report_queries, restriction_queries
from parvis.domain.posts import PostAsItWas, Visibility
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

_ID = re.compile(r"(?:^|/)(\d{1,19})/?$")


async def post(db: Connection, post_id: PostId) -> PostAsItWas:
    """The post. Raises: NotFound, also for one that is for some alone and that nobody has reported."""
    found = await posts.as_they_are(db, [post_id])
    if not found or not await _is_open_to_staff(db, found[0]):
        raise NotFound
    return found[0]


async def several(db: Connection, ids: Sequence[PostId]) -> list[PostAsItWas]:
    """Those of the posts that are for everybody, or would be if they were not withheld, in the order asked."""
    return [one for one in await posts.as_they_are(db, list(ids)) if one.visibility <= Visibility.QUIET]


def id_in(address: str) -> PostId | None:
    """The post that an address of this place means, `/@alice/123` or `/posts/123`; a number alone will do."""
    found = _ID.search(address.strip().partition("?")[0].partition("#")[0])
    return PostId(int(found[1])) if found and int(found[1]) <= MAX_ID else None


async def holds(db: Connection, author: AccountId, post_id: PostId, *, now: datetime) -> bool:
    """Whether the post's pictures must stay with it when its author removes it: it is evidence, or restricted."""
    return await restriction_queries.is_evidence(db, author, post_id, now) or bool(
        await restriction_queries.of_posts(db, [post_id])
    )


async def purge_pictures(
    services: Services, author: AccountId, post_id: PostId, *, now: datetime, within_s: float | None = None
) -> None:
    """The pictures of a removed post are out of the store; if they are evidence, out of everybody's reach until it goes.

    Raises: FilesBusy, as `media.files_locked` does.
    """
    async with services.db.connection() as db:
        kept = await restriction_queries.is_evidence(db, author, post_id, now)
    if kept:
        await posts.settle_files(services, author, post_id, within_s=within_s)
    else:
        await media.purge_of_post(services, author, post_id, within_s=within_s)


async def let_go(services: Services, *, now: datetime) -> int:
    """Evidence is gone that nobody can ask for any more, with pictures of removed posts first; how often that was so.

    Pictures of removed posts that are still evidence are out of everybody's reach, also those of before that was so.
    """
    async with services.db.connection() as db:
        old = await restriction_queries.posts_in_old_evidence(db, now)
        there = {one.id for one in await posts.as_they_are(db, [post_id for _, post_id in old])}
    for author, post_id in old:
        if post_id not in there:
            await purge_pictures(services, author, post_id, now=now)
    await _settle_what_is_held(services, now)
    async with services.db.transaction() as tx:
        return await restriction_queries.evidence_let_go(tx, now)


async def _settle_what_is_held(services: Services, now: datetime) -> None:
    async with services.db.connection() as db:
        held = await restriction_queries.removed_posts_in_evidence(db, now)
    for author, post_id in held:
        await posts.settle_files(services, author, post_id)


async def _is_open_to_staff(db: Connection, one: PostAsItWas) -> bool:
    if one.visibility <= Visibility.QUIET or await report_queries.is_reported(db, one.id):
        return True
    return bool(await restriction_queries.of_posts(db, [one.id]))
