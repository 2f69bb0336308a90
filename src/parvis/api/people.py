"""What several modules about accounts share: parameters, and ids presented as accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.relationship import Relationship, present_relationship
from parvis.api.paging import Paging
from parvis.api.routing import Call
from parvis.base.errors import NotFound
from parvis.base.ids import MAX_ID, AccountId
from parvis.base.pages import Page
from parvis.domain import accounts, relationships


class OneAccount(msgspec.Struct, frozen=True):
    id: int


class ManyAccounts(msgspec.Struct, frozen=True):
    id: list[str] = []


class ListOfAccount(Paging, frozen=True):
    id: int = 0


def ids_in(texts: Sequence[str], most: int) -> list[AccountId]:
    """The ids among the texts, each once; what cannot be an id is nobody's."""
    found = (int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 20)
    return [AccountId(one) for one in dict.fromkeys(found) if one <= MAX_ID][:most]


async def presented(call: Call[Any], ids: Sequence[AccountId]) -> list[Account]:
    """The accounts of these ids, in this order, in one query."""
    found = await accounts.by_ids(call.db, ids)
    to = addresses(call.services)
    return [present_account(found[i], to) for i in ids if i in found]


async def page_of_people(call: Call[Any], page: Page[AccountId]) -> Page[Account]:
    """A page of ids as a page of accounts; the cursors stay those of the rows."""
    return msgspec.structs.replace(page, items=await presented(call, page.items))  # type: ignore[return-value]


async def relationship_to(call: Call[Any], account_id: AccountId) -> Relationship:
    """What the caller and that account are to one another. Raises: NotFound."""
    found = await relationships.between(call.db, call.me, [account_id])
    if not found:
        raise NotFound
    return present_relationship(found[0])
