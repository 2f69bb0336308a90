"""People whom somebody shows on their profile, also by the names that this had before version 4.4."""

from __future__ import annotations

from parvis.api.entities.account import Account
from parvis.api.entities.relationship import Relationship
from parvis.api.paging import Paging
from parvis.api.people import ListOfAccount, OneAccount, page_of_people, relationship_to
from parvis.api.routing import Call, endpoint
from parvis.base.ids import AccountId
from parvis.base.pages import Page
from parvis.domain import relationships
from parvis.infra.doors import READING, SHARED_S

WRITE = ("write:accounts",)


@endpoint(
    "GET",
    "/api/v1/accounts/:id/endorsements",
    urgency=READING,
    shared_s=SHARED_S,
    params=ListOfAccount,
    returns=list[Account],
)
async def of_account(call: Call[ListOfAccount]) -> Page[Account]:
    """Whom somebody shows on their profile."""
    page = await relationships.endorsed(
        call.db, AccountId(call.params.id), viewer_id=call.viewer_id, page=call.params.slice(40, 80)
    )
    return await page_of_people(call, page)


@endpoint("GET", "/api/v1/endorsements", user=True, scopes=("read:accounts",), params=Paging, returns=list[Account])
async def own(call: Call[Paging]) -> Page[Account]:
    """Whom one shows on one's own profile."""
    page = await relationships.endorsed(call.db, call.me, viewer_id=call.me, page=call.params.slice(40, 80))
    return await page_of_people(call, page)


@endpoint("POST", "/api/v1/accounts/:id/pin", user=True, scopes=WRITE, params=OneAccount, returns=Relationship)
@endpoint("POST", "/api/v1/accounts/:id/endorse", user=True, scopes=WRITE, params=OneAccount, returns=Relationship)
async def endorse(call: Call[OneAccount]) -> Relationship:
    """Show somebody whom one follows on one's profile."""
    target = AccountId(call.params.id)
    await relationships.endorse(call.db, call.services.ids, call.me, target, now=call.now)
    return await relationship_to(call, target)


@endpoint("POST", "/api/v1/accounts/:id/unpin", user=True, scopes=WRITE, params=OneAccount, returns=Relationship)
@endpoint("POST", "/api/v1/accounts/:id/unendorse", user=True, scopes=WRITE, params=OneAccount, returns=Relationship)
async def unendorse(call: Call[OneAccount]) -> Relationship:
    """Show somebody no longer."""
    target = AccountId(call.params.id)
    await relationships.unendorse(call.db, call.me, target)
    return await relationship_to(call, target)
