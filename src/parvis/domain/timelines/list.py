"""The timeline of a list: what its members have published, one statement a page."""

from __future__ import annotations

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, ListId
from parvis.base.pages import Page, PageRequest
from parvis.domain.posts.glances import Glance, glances_from
from parvis.domain.timelines import list_queries
from parvis.infra.postgres import Connection


class ListGlances(msgspec.Struct, frozen=True):
    """A page of glances; `proven` when the token that was sent along is still good."""

    page: Page[Glance]
    proven: bool


async def list_glances(
    db: Connection, reader: AccountId, list_id: ListId, page: PageRequest, *, token: bytes | None
) -> ListGlances:
    """The page of the reader's list as glances, newest first. Raises: NotFound, also for somebody else's list."""
    rows = await list_queries.list_glances(db, reader, list_id, page, token=token)
    if not rows[0]["found"]:
        raise NotFound
    found = await glances_from(db, rows, reader)
    cursors = (found[0].id, found[-1].id) if found else (None, None)
    return ListGlances(Page(found, *cursors), rows[0]["proven"])
