"""Lists and their timelines."""

from __future__ import annotations

import msgspec

from parvis.api.entities.account import Account
from parvis.api.entities.list import List, present_list
from parvis.api.entities.status import Status
from parvis.api.paging import Paging
from parvis.api.people import OneAccount, ids_in, page_of_people
from parvis.api.routing import Call, endpoint
from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, ListId
from parvis.base.pages import Page
from parvis.domain import timelines
from parvis.domain.relationships import lists

READ = ("read:lists",)
WRITE = ("write:lists",)
MOST_AT_ONCE = 1_000


class NewList(msgspec.Struct, frozen=True):
    title: str = ""
    replies_policy: str | None = None
    exclusive: bool | None = None


class ListUpdate(msgspec.Struct, frozen=True):
    id: int
    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


class OneList(msgspec.Struct, frozen=True):
    id: int


class Members(Paging, frozen=True):
    id: int = 0


class SomeMembers(msgspec.Struct, frozen=True):
    id: int
    account_ids: list[str] = []


class ListTimeline(Paging, frozen=True):
    list_id: int = 0


@endpoint("GET", "/api/v1/lists", user=True, scopes=READ, returns=list[List])
async def all_of_them(call: Call) -> list[List]:
    """One's lists."""
    return [present_list(one) for one in await lists.of(call.db, call.me)]


@endpoint("POST", "/api/v1/lists", user=True, scopes=WRITE, params=NewList, returns=List)
async def create(call: Call[NewList]) -> List:
    """A new list."""
    asked = call.params
    wanted = lists.ListChange(title=asked.title, replies=asked.replies_policy, exclusive=asked.exclusive)
    return present_list(await lists.create(call.db, call.services.ids, call.me, wanted=wanted, now=call.now))


@endpoint("GET", "/api/v1/lists/:id", user=True, scopes=READ, params=OneList, returns=List)
async def read(call: Call[OneList]) -> List:
    """One list."""
    return present_list(await lists.one(call.db, call.me, ListId(call.params.id)))


@endpoint("PUT", "/api/v1/lists/:id", user=True, scopes=WRITE, params=ListUpdate, returns=List)
@endpoint("PATCH", "/api/v1/lists/:id", user=True, scopes=WRITE, params=ListUpdate, returns=List)
async def change(call: Call[ListUpdate]) -> List:
    """Change a list."""
    asked = call.params
    wanted = lists.ListChange(title=asked.title, replies=asked.replies_policy, exclusive=asked.exclusive)
    return present_list(await lists.change(call.db, call.me, ListId(asked.id), wanted=wanted))


@endpoint("DELETE", "/api/v1/lists/:id", user=True, scopes=WRITE, params=OneList)
async def delete(call: Call[OneList]) -> None:
    """Delete a list."""
    await lists.remove(call.db, call.me, ListId(call.params.id))


@endpoint("GET", "/api/v1/lists/:id/accounts", user=True, scopes=READ, params=Members, returns=list[Account])
async def members(call: Call[Members]) -> Page[Account]:
    """Who is in a list; with a limit of 0 all of them at once."""
    page = None if call.params.limit == 0 else call.params.slice(40, 80)
    return await page_of_people(call, await lists.members(call.db, call.me, ListId(call.params.id), page))


@endpoint("POST", "/api/v1/lists/:id/accounts", user=True, scopes=WRITE, params=SomeMembers)
async def add(call: Call[SomeMembers]) -> None:
    """Add people to a list."""
    await lists.add(call.db, call.me, ListId(call.params.id), _accounts(call.params))


@endpoint("DELETE", "/api/v1/lists/:id/accounts", user=True, scopes=WRITE, params=SomeMembers)
async def drop(call: Call[SomeMembers]) -> None:
    """Take people out of a list."""
    await lists.drop(call.db, call.me, ListId(call.params.id), ids_in(call.params.account_ids, MOST_AT_ONCE))


def _accounts(asked: SomeMembers) -> list[AccountId]:
    """Raises: NotFound when one of them is nobody's id."""
    found = ids_in(asked.account_ids, MOST_AT_ONCE)
    if len(found) != len(set(asked.account_ids)):
        raise NotFound
    return found


@endpoint("GET", "/api/v1/accounts/:id/lists", user=True, scopes=READ, params=OneAccount, returns=list[List])
async def having(call: Call[OneAccount]) -> list[List]:
    """One's lists that somebody is in."""
    return [present_list(one) for one in await lists.having(call.db, call.me, AccountId(call.params.id))]


@endpoint("GET", "/api/v1/timelines/list/:list_id", user=True, scopes=READ, params=ListTimeline, returns=list[Status])
async def timeline(call: Call[ListTimeline]) -> Page[msgspec.Raw]:
    """What the members of a list have published."""
    list_id = ListId(call.params.list_id)
    found = await timelines.list_glances(call.db, call.me, list_id, call.params.slice(), token=call.token)
    call.proven = found.proven
    shown = await call.fragments.statuses(call.db, found.page.items, viewer_id=call.me, place="home")
    return msgspec.structs.replace(found.page, items=list(shown.values()))  # type: ignore[return-value]
