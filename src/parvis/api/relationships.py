"""Following, blocking, muting; every action answers with the relationship as it is now."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.account import Account, MutedAccount, present_muted_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.relationship import Relationship, present_relationship
from parvis.api.paging import Paging
from parvis.api.people import ManyAccounts, OneAccount, ids_in, page_of_people, relationship_to
from parvis.api.routing import Call, endpoint
from parvis.base.clock import iso_ms
from parvis.base.ids import AccountId
from parvis.base.pages import Page
from parvis.domain import accounts, relationships
from parvis.infra.rate_limits import FOLLOWS

READ_FOLLOWS = ("read:follows",)
WRITE_FOLLOWS = ("write:follows",)
WRITE_BLOCKS = ("write:blocks",)
WRITE_MUTES = ("write:mutes",)


class Following(msgspec.Struct, frozen=True):
    id: int
    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | UnsetType | None = UNSET


class Muting(msgspec.Struct, frozen=True):
    id: int
    notifications: bool = True
    duration: int = 0


class Note(msgspec.Struct, frozen=True):
    id: int
    comment: str = ""


@endpoint(
    "GET",
    "/api/v1/accounts/relationships",
    user=True,
    scopes=READ_FOLLOWS,
    params=ManyAccounts,
    returns=list[Relationship],
)
async def between(call: Call[ManyAccounts]) -> list[Relationship]:
    """What the caller and each of these accounts are to one another."""
    found = await relationships.between(call.db, call.me, ids_in(call.params.id, 200))
    return [present_relationship(one) for one in found]


@endpoint(
    "POST",
    "/api/v1/accounts/:id/follow",
    user=True,
    waiting=True,
    scopes=WRITE_FOLLOWS,
    params=Following,
    returns=Relationship,
    limit=FOLLOWS,
)
async def follow(call: Call[Following]) -> Relationship:
    """Follow somebody, ask to, or change how."""
    target, wanted = AccountId(call.params.id), call.params
    await relationships.follow(
        call.db,
        call.services.ids,
        call.me,
        target,
        show_reposts=wanted.reblogs,
        notify=wanted.notify,
        languages=wanted.languages,
        now=call.now,
    )
    return await relationship_to(call, target)


@endpoint(
    "POST",
    "/api/v1/accounts/:id/unfollow",
    user=True,
    waiting=True,
    scopes=WRITE_FOLLOWS,
    params=OneAccount,
    returns=Relationship,
)
async def unfollow(call: Call[OneAccount]) -> Relationship:
    """Follow somebody no longer, or take the question back."""
    target = AccountId(call.params.id)
    await relationships.unfollow(call.db, call.me, target)
    return await relationship_to(call, target)


@endpoint(
    "POST",
    "/api/v1/accounts/:id/remove_from_followers",
    user=True,
    scopes=WRITE_FOLLOWS,
    params=OneAccount,
    returns=Relationship,
)
async def remove_from_followers(call: Call[OneAccount]) -> Relationship:
    """Make somebody follow one no longer."""
    follower = AccountId(call.params.id)
    await relationships.remove_follower(call.db, call.me, follower)
    return await relationship_to(call, follower)


@endpoint("POST", "/api/v1/accounts/:id/block", user=True, scopes=WRITE_BLOCKS, params=OneAccount, returns=Relationship)
async def block(call: Call[OneAccount]) -> Relationship:
    """Block somebody."""
    target = AccountId(call.params.id)
    await relationships.block(call.db, call.services.ids, call.me, target, now=call.now)
    return await relationship_to(call, target)


@endpoint(
    "POST", "/api/v1/accounts/:id/unblock", user=True, scopes=WRITE_BLOCKS, params=OneAccount, returns=Relationship
)
async def unblock(call: Call[OneAccount]) -> Relationship:
    """Block somebody no longer."""
    target = AccountId(call.params.id)
    await relationships.unblock(call.db, call.me, target)
    return await relationship_to(call, target)


@endpoint("POST", "/api/v1/accounts/:id/mute", user=True, scopes=WRITE_MUTES, params=Muting, returns=Relationship)
async def mute(call: Call[Muting]) -> Relationship:
    """Mute somebody, for a while or for good."""
    target = AccountId(call.params.id)
    await relationships.mute(
        call.db,
        call.services.ids,
        call.me,
        target,
        hide_notifications=call.params.notifications,
        duration_s=call.params.duration,
        now=call.now,
    )
    return await relationship_to(call, target)


@endpoint("POST", "/api/v1/accounts/:id/unmute", user=True, scopes=WRITE_MUTES, params=OneAccount, returns=Relationship)
async def unmute(call: Call[OneAccount]) -> Relationship:
    """Mute somebody no longer."""
    target = AccountId(call.params.id)
    await relationships.unmute(call.db, call.me, target)
    return await relationship_to(call, target)


@endpoint("POST", "/api/v1/accounts/:id/note", user=True, scopes=("write:accounts",), params=Note, returns=Relationship)
async def note(call: Call[Note]) -> Relationship:
    """Keep a private note about somebody; an empty one removes it."""
    target = AccountId(call.params.id)
    await relationships.set_note(call.db, call.me, target, comment=call.params.comment)
    return await relationship_to(call, target)


@endpoint("GET", "/api/v1/follow_requests", user=True, scopes=READ_FOLLOWS, params=Paging, returns=list[Account])
async def follow_requests(call: Call[Paging]) -> Page[Account]:
    """Who asks to follow one."""
    return await page_of_people(call, await relationships.requests(call.db, call.me, call.params.slice(40, 80)))


@endpoint(
    "POST",
    "/api/v1/follow_requests/:id/authorize",
    user=True,
    scopes=WRITE_FOLLOWS,
    params=OneAccount,
    returns=Relationship,
)
async def authorize(call: Call[OneAccount]) -> Relationship:
    """Let somebody follow who has asked to."""
    requester = AccountId(call.params.id)
    await relationships.accept_request(call.db, call.services.ids, call.me, requester, now=call.now)
    return await relationship_to(call, requester)


@endpoint(
    "POST",
    "/api/v1/follow_requests/:id/reject",
    user=True,
    scopes=WRITE_FOLLOWS,
    params=OneAccount,
    returns=Relationship,
)
async def reject(call: Call[OneAccount]) -> Relationship:
    """Refuse somebody who has asked to follow."""
    requester = AccountId(call.params.id)
    await relationships.reject_request(call.db, call.me, requester)
    return await relationship_to(call, requester)


@endpoint("GET", "/api/v1/blocks", user=True, scopes=("read:blocks",), params=Paging, returns=list[Account])
async def blocks(call: Call[Paging]) -> Page[Account]:
    """Whom one blocks."""
    return await page_of_people(call, await relationships.blocks(call.db, call.me, call.params.slice(40, 80)))


@endpoint("GET", "/api/v1/mutes", user=True, scopes=("read:mutes",), params=Paging, returns=list[MutedAccount])
async def mutes(call: Call[Paging]) -> Page[MutedAccount]:
    """Whom one mutes, and until when."""
    page = await relationships.mutes(call.db, call.me, call.params.slice(40, 80))
    found = await accounts.by_ids(call.db, [one.account_id for one in page.items])
    to = addresses(call.services)
    items = [
        present_muted_account(found[one.account_id], to, expires_at=iso_ms(one.expires_at) if one.expires_at else None)
        for one in page.items
        if one.account_id in found
    ]
    return msgspec.structs.replace(page, items=items)  # type: ignore[return-value]
