"""Whose notifications are let in, and the requests of those whose are not."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import PostId
from parvis.domain import accounts, notifications, posts
from parvis.domain.notifications import Change, Treatment
from parvis.infra import vapid
from parvis.infra.catalogues import later
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, older

KINDS = (
    ("not_following", later("People you do not follow")),
    ("not_followers", later("People who do not follow you")),
    ("new_accounts", later("Accounts of the last thirty days")),
    ("private_mentions", later("Unasked mentions for you alone")),
    ("limited_accounts", later("People whom the moderators have limited")),
    ("bots", later("Automated accounts")),
)
TREATMENTS: tuple[tuple[Treatment, str], ...] = (
    ("accept", later("Let in")),
    ("filter", later("Let wait")),
    ("drop", later("Leave out")),
)


class PolicyForm(msgspec.Struct, frozen=True):
    not_following: str = "accept"
    not_followers: str = "accept"
    new_accounts: str = "accept"
    private_mentions: str = "accept"
    limited_accounts: str = "filter"
    bots: str = "accept"


class OneRequest(msgspec.Struct, frozen=True):
    request_id: int


@page("GET", "/settings/notifications", audience="session")
async def policy_form(call: Call[Any]) -> Answer:
    """What becomes of notifications, by who sends them."""
    policy, waiting = await notifications.policy_of(call.db, call.me)
    return Page(
        "web/settings/notifications.html",
        {
            "section": "notifications",
            "kinds": [(name, call.text(label), getattr(policy, name)) for name, label in KINDS],
            "treatments": [(value, call.text(label)) for value, label in TREATMENTS],
            "waiting": waiting,
            "push_tokens": await accounts.push_tokens(call.db, call.me),
            "push_key": vapid.public_key(call.services.secrets),
        },
    )


@page("POST", "/settings/notifications", audience="session", params=PolicyForm, again=policy_form, waiting=True)
async def change(call: Call[PolicyForm]) -> Answer:
    """Notifications are treated so from now on."""
    chosen: dict[str, Treatment] = {}
    for name, value in msgspec.structs.asdict(call.params).items():
        treatment: Treatment | None = next((one for one, _ in TREATMENTS if one == value), None)
        if treatment is None:
            raise Invalid(name, "This is not one of the three", "invalid")
        chosen[name] = treatment
    await notifications.change_policy(call.db, call.me, Change(**chosen))
    return Redirect("/settings/notifications", notice="saved")


@page("GET", "/notifications/requests", audience="session", params=Slice)
async def requests(call: Call[Slice]) -> Answer:
    """People whose notifications wait, the newest first."""
    found = await notifications.requests(call.db, call.me, call.params.request())
    ids = [PostId(one.last_post_id) for one in found.items if one.last_post_id is not None]
    shown = {one.id: one for one in await posts.views(call.db, ids, viewer_id=call.me)}
    asking = [(one, shown.get(one.last_post_id) if one.last_post_id else None) for one in found.items]
    return Page("web/requests.html", {"asking": asking, "next": older(call, found)})


@page("POST", "/notifications/requests/{request_id:str}/accept", audience="session", params=OneRequest, waiting=True)
async def accept(call: Call[OneRequest]) -> Answer:
    """The person is let in, with everything that waited."""
    if not await notifications.accept_requests(call.db, call.me, [call.params.request_id], now=call.now):
        raise NotFound
    return Redirect("/notifications/requests", notice="saved")


@page("POST", "/notifications/requests/{request_id:str}/dismiss", audience="session", params=OneRequest, waiting=True)
async def dismiss(call: Call[OneRequest]) -> Answer:
    """What waited is gone."""
    if not await notifications.dismiss_requests(call.db, call.me, [call.params.request_id]):
        raise NotFound
    return Redirect("/notifications/requests", notice="removed")
