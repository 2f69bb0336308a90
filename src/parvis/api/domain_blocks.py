"""Servers of whose people one wants nothing: kept, and told truthfully that nobody here is of one of them."""

from __future__ import annotations

import msgspec

from parvis.api.paging import Paging
from parvis.api.routing import Call, endpoint
from parvis.base.pages import Page
from parvis.domain import relationships
from parvis.domain.relationships.domain_blocks import checked

READ = ("read:blocks",)
WRITE = ("write:blocks",)


class OneDomain(msgspec.Struct, frozen=True):
    domain: str = ""


class DomainBlockPreview(msgspec.Struct, frozen=True):
    following_count: int = 0
    followers_count: int = 0


@endpoint("GET", "/api/v1/domain_blocks", user=True, scopes=READ, params=Paging, returns=list[str])
async def listing(call: Call[Paging]) -> Page[str]:
    """Which servers one blocks."""
    return await relationships.blocked_domains(call.db, call.me, call.params.slice(100, 200))


@endpoint("GET", "/api/v1/domain_blocks/preview", user=True, scopes=WRITE, params=OneDomain, returns=DomainBlockPreview)
async def preview(call: Call[OneDomain]) -> DomainBlockPreview:
    """How many follows a block would end: none, because people of other servers cannot be followed here yet."""
    checked(call.params.domain)
    return DomainBlockPreview()


@endpoint("POST", "/api/v1/domain_blocks", user=True, scopes=WRITE, params=OneDomain)
async def block(call: Call[OneDomain]) -> None:
    """Block a server."""
    own = call.services.settings.domain
    await relationships.block_domain(call.db, call.services.ids, call.me, call.params.domain, own=own, now=call.now)


@endpoint("DELETE", "/api/v1/domain_blocks", user=True, scopes=WRITE, params=OneDomain)
async def unblock(call: Call[OneDomain]) -> None:
    """Block a server no longer."""
    await relationships.unblock_domain(call.db, call.me, call.params.domain)
