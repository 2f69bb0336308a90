"""Lists: timelines of people whom one puts together, for oneself alone."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import Forbidden, Invalid, NotFound
from parvis.base.ids import AccountId, ListId
from parvis.base.pages import Page as IdPage
from parvis.domain import accounts, timelines
from parvis.domain.relationships import lists
from parvis.infra.catalogues import later
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.profiles import OneAccount, named
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, people, timeline

REPLIES = (
    ("list", later("Replies among its people")),
    ("followed", later("Replies to anybody you follow")),
    ("none", later("No replies")),
)


class NewList(msgspec.Struct, frozen=True):
    title: str = ""


class OneList(Slice, frozen=True):
    list_id: int = 0


class ListUpdate(msgspec.Struct, frozen=True):
    list_id: int
    title: str = ""
    replies: str = "list"
    exclusive: bool = False


class OneMember(msgspec.Struct, frozen=True):
    list_id: int
    name: str = ""
    account_id: int | None = None


class Chosen(msgspec.Struct, frozen=True):
    at: str
    list_ids: list[int] = []


@page("GET", "/lists", audience="session")
async def index(call: Call[Any]) -> Answer:
    """One's lists, and a form for a new one."""
    return Page("web/lists/index.html", {"lists": await lists.of(call.db, call.me)})


@page("POST", "/lists", audience="session", params=NewList, again=index, waiting=True)
async def create(call: Call[NewList]) -> Answer:
    """There is a new list, and its people can be chosen."""
    wanted = lists.ListChange(title=call.params.title)
    made = await lists.create(call.db, call.services.ids, call.me, wanted=wanted, now=call.now)
    return Redirect(f"/lists/{made.id}/edit", notice="saved")


@page("GET", "/lists/{list_id:str}", audience="session", params=OneList)
async def read(call: Call[OneList]) -> Answer:
    """What the people of a list have published."""
    list_id = ListId(call.params.list_id)
    found = await timelines.list_glances(call.db, call.me, list_id, call.params.request(), token=None)
    ids = IdPage([one.id for one in found.page.items], found.page.first_cursor, found.page.last_cursor)
    return await timeline(
        call, "web/lists/list.html", ids, place="home", list=await lists.one(call.db, call.me, list_id)
    )


@page("GET", "/lists/{list_id:str}/edit", audience="session", params=OneList)
async def edit(call: Call[Any]) -> Answer:
    """Its name, its habits, its people."""
    list_id = ListId(call.params.list_id)
    found = await lists.members(call.db, call.me, list_id, None)
    return Page(
        "web/lists/edit.html",
        {
            "list": await lists.one(call.db, call.me, list_id),
            "people": await people(call, found.items),
            "replies": [(value, call.text(label)) for value, label in REPLIES],
        },
    )


@page("POST", "/lists/{list_id:str}/edit", audience="session", params=ListUpdate, again=edit, waiting=True)
async def change(call: Call[ListUpdate]) -> Answer:
    """The list is as the form says."""
    asked = call.params
    wanted = lists.ListChange(title=asked.title, replies=asked.replies, exclusive=asked.exclusive)
    await lists.change(call.db, call.me, ListId(asked.list_id), wanted=wanted)
    return Redirect(f"/lists/{asked.list_id}", notice="saved")


@page("POST", "/lists/{list_id:str}/delete", audience="session", params=OneList, waiting=True)
async def delete(call: Call[OneList]) -> Answer:
    """The list is gone; its people are not."""
    await lists.remove(call.db, call.me, ListId(call.params.list_id))
    return Redirect("/lists", notice="removed")


@page("POST", "/lists/{list_id:str}/members", audience="session", params=OneMember, again=edit, waiting=True)
async def add(call: Call[OneMember]) -> Answer:
    """Somebody whom one follows is in the list as well."""
    list_id = ListId(call.params.list_id)
    await lists.one(call.db, call.me, list_id)
    try:
        who = await accounts.by_handle(call.db, call.params.name.strip().lstrip("@"), domain=call.settings.domain)
        await lists.add(call.db, call.me, list_id, [who.id])
    except (NotFound, Forbidden) as problem:
        raise Invalid("member", "You can add people whom you follow", "unknown") from problem
    return Redirect(f"/lists/{list_id}/edit", notice="saved")


@page("POST", "/lists/{list_id:str}/drop", audience="session", params=OneMember, waiting=True)
async def drop(call: Call[OneMember]) -> Answer:
    """Somebody is not in the list any more."""
    list_id = ListId(call.params.list_id)
    await lists.drop(call.db, call.me, list_id, [AccountId(call.params.account_id or 0)])
    return Redirect(f"/lists/{list_id}/edit", notice="removed")


@page("GET", "/{at:str}/lists", audience="session", params=OneAccount)
async def of_person(call: Call[OneAccount]) -> Answer:
    """In which of one's lists somebody is."""
    account = await named(call)
    having = {one.id for one in await lists.having(call.db, call.me, account.id)}
    return Page(
        "web/lists/of_person.html",
        {"account": account, "lists": await lists.of(call.db, call.me), "having": list(having)},
    )


@page("POST", "/{at:str}/lists", audience="session", params=Chosen, waiting=True)
async def choose(call: Call[Chosen]) -> Answer:
    """Somebody is in these of one's lists."""
    account = await named(call)
    before = {one.id for one in await lists.having(call.db, call.me, account.id)}
    wanted = {ListId(one) for one in call.params.list_ids}
    for list_id in wanted - before:
        await lists.add(call.db, call.me, list_id, [account.id])
    for list_id in before - wanted:
        await lists.drop(call.db, call.me, list_id, [account.id])
    return Redirect(f"/@{account.acct}", notice="saved")
