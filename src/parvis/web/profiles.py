"""People's pages: profile, followers, followed; following, muting and blocking; requests to follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts, posts, relationships, timelines
from parvis.domain.accounts.types import Account, State
from parvis.domain.relationships.types import Relationship
from parvis.infra.catalogues import later
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.html.forms import storable
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import FOLLOWS
from parvis.web import feeds, meta
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, older, people, timeline


class OneAccount(Slice, frozen=True):
    at: str = ""


class Tagged(OneAccount, frozen=True):
    name: str = ""


class Muting(msgspec.Struct, frozen=True):
    at: str
    hours: int = 0
    hide_notifications: bool = False


class Requester(msgspec.Struct, frozen=True):
    account_id: int


def handle_of(at: str) -> str:
    """`alice` for `@alice`. Raises: NotFound for an address of another kind."""
    at = storable(at)
    if not at.startswith("@") or len(at) < 2 or len(at) > 320:
        raise NotFound
    return at[1:]


async def named(call: Call[Any]) -> Account:
    """The account in the address."""
    return await accounts.by_handle(call.db, handle_of(call.params.at), domain=call.settings.domain)


async def relation_to(call: Call[Any], account: Account) -> Relationship | None:
    """What the account and the viewer are to one another; nothing for strangers."""
    if call.viewer_id is None:
        return None
    found = await relationships.between(call.db, call.viewer_id, [account.id])
    return found[0] if found else None


async def _profile(call: Call[Any], tab: str, **kinds: Any) -> Answer:
    account = await named(call)
    relation = await relation_to(call, account)
    top: dict[str, object] = {"pinned": [], "featured": []}
    if not call.swaps:
        top["featured"] = await posts.featured_tags.featured(call.db, account.id)
    if tab == "posts" and not kinds.get("tag") and call.params.before is None and not call.swaps:
        ids = await posts.pinned(call.db, account.id, viewer_id=call.viewer_id)
        top["pinned"] = await posts.views(call.db, ids, viewer_id=call.viewer_id)
    page_of_ids = await timelines.account(call.db, call.viewer_id, account.id, call.params.request(), **kinds)
    return await timeline(
        call,
        "web/people/profile.html",
        page_of_ids,
        place="account",
        part="web/people/_media.html" if tab == "media" else "web/posts/_posts.html",
        account=account,
        relation=relation,
        tab=tab,
        tag=kinds.get("tag", ""),
        data=meta.of_profile(account, call.settings.public_origin),
        **top,
    )


@page("GET", "/{at:str}", urgency=READING, shared_s=SHARED_S, params=OneAccount)
async def profile(call: Call[OneAccount]) -> Answer:
    """Who somebody is and what they publish, without their replies; `@alice.rss` is the same for feed readers."""
    if call.params.at.endswith(".rss"):
        return await feeds.of_person(call, handle_of(call.params.at.removesuffix(".rss")))
    return await _profile(call, "posts", without_replies=True)


@page("GET", "/{at:str}/replies", urgency=READING, shared_s=SHARED_S, params=OneAccount)
async def replies(call: Call[OneAccount]) -> Answer:
    """All that somebody publishes, replies too."""
    return await _profile(call, "replies")


@page("GET", "/{at:str}/media", urgency=READING, shared_s=SHARED_S, params=OneAccount)
async def pictures(call: Call[OneAccount]) -> Answer:
    """What somebody publishes with pictures."""
    return await _profile(call, "media", only_media=True, without_reposts=True)


@page("GET", "/{at:str}/tagged/{name:str}", urgency=READING, shared_s=SHARED_S, params=Tagged)
async def tagged(call: Call[Tagged]) -> Answer:
    """What somebody publishes under a hashtag."""
    return await _profile(call, "posts", tag=call.params.name.lstrip("#")[:100])


@page("GET", "/{at:str}/followers", urgency=READING, shared_s=SHARED_S, params=OneAccount)
async def followers(call: Call[OneAccount]) -> Answer:
    """Who follows somebody."""
    account = await named(call)
    found = await relationships.followers(call.db, account.id, viewer_id=call.viewer_id, page=call.params.request())
    return await _listed(call, account, found, later("Followers of %(who)s"), later("Nobody to be seen"))


@page("GET", "/{at:str}/following", urgency=READING, shared_s=SHARED_S, params=OneAccount)
async def following(call: Call[OneAccount]) -> Answer:
    """Whom somebody follows."""
    account = await named(call)
    found = await relationships.following(call.db, account.id, viewer_id=call.viewer_id, page=call.params.request())
    return await _listed(call, account, found, later("Followed by %(who)s"), later("Nobody to be seen"))


async def _listed(call: Call[OneAccount], account: Account, found: Any, heading: str, empty: str) -> Answer:
    parts = {"people": await people(call, found.items), "next": older(call, found)}
    if call.swaps:
        return Page("web/people/_people.html", parts)
    hidden = account.hide_collections and call.viewer_id != account.id
    text = later("This person keeps the list to themself.") if hidden else later("The list is still empty.")
    return Page(
        "web/people/list.html",
        parts
        | {
            "heading": call.text(heading, who=account.name),
            "empty_title": call.text(empty),
            "empty_text": call.text(text),
            "back": f"/@{account.acct}",
        },
    )


# ── between two people ──


async def _changed(call: Call[OneAccount], account: Account) -> Answer:
    """The button again for htmx, the profile for everybody else."""
    if call.swaps:
        relation = await relation_to(call, account)
        return Page("web/people/_follow.html", {"account": account, "relation": relation})
    return Redirect(f"/@{account.acct}")


@page("POST", "/{at:str}/follow", audience="session", params=OneAccount, waiting=True, limit=FOLLOWS)
async def follow(call: Call[OneAccount]) -> Answer:
    """The viewer follows, or has asked to."""
    account = await named(call)
    await relationships.follow(call.db, call.services.ids, call.me, account.id, now=call.now)
    return await _changed(call, account)


@page("POST", "/{at:str}/unfollow", audience="session", params=OneAccount, waiting=True)
async def unfollow(call: Call[OneAccount]) -> Answer:
    """The viewer neither follows nor asks to."""
    account = await named(call)
    await relationships.unfollow(call.db, call.me, account.id)
    return await _changed(call, account)


@page("POST", "/{at:str}/remove-follower", audience="session", params=OneAccount, waiting=True)
async def remove_follower(call: Call[OneAccount]) -> Answer:
    """They no longer follow the viewer."""
    account = await named(call)
    await relationships.remove_follower(call.db, call.me, account.id)
    return await _changed(call, account)


@page("POST", "/{at:str}/unmute", audience="session", params=OneAccount, waiting=True)
async def unmute(call: Call[OneAccount]) -> Answer:
    """The viewer hears them again."""
    account = await named(call)
    await relationships.unmute(call.db, call.me, account.id)
    return await _changed(call, account)


@page("POST", "/{at:str}/unblock", audience="session", params=OneAccount, waiting=True)
async def unblock(call: Call[OneAccount]) -> Answer:
    """The two can meet again."""
    account = await named(call)
    await relationships.unblock(call.db, call.me, account.id)
    return await _changed(call, account)


@page("GET", "/{at:str}/mute", audience="session", params=OneAccount)
async def ask_mute(call: Call[OneAccount]) -> Answer:
    """Whether to mute, and for how long."""
    return await _asked(
        call,
        "mute",
        later("Mute %(who)s?"),
        later("You will not see what they publish. They will not notice, and you still follow each other if you do."),
        later("Mute"),
    )


@page("GET", "/{at:str}/block", audience="session", params=OneAccount)
async def ask_block(call: Call[OneAccount]) -> Answer:
    """Whether to block."""
    return await _asked(
        call,
        "block",
        later("Block %(who)s?"),
        later("You stop following each other, neither sees what the other publishes, and they cannot answer you."),
        later("Block"),
    )


async def _asked(call: Call[OneAccount], action: str, heading: str, text: str, button: str) -> Answer:
    account = await named(call)
    if account.id == call.me or account.state >= State.DELETED:
        raise NotFound
    context = {"account": account, "action": action, "button": call.text(button), "text": call.text(text)}
    return Page("web/people/confirm.html", context | {"heading": call.text(heading, who=account.name)})


@page("POST", "/{at:str}/mute", audience="session", params=Muting, waiting=True)
async def mute(call: Call[Muting]) -> Answer:
    """The viewer does not hear them, for a while or for good."""
    account = await named(call)
    hours = max(0, min(call.params.hours, 24 * 365))
    await relationships.mute(
        call.db,
        call.services.ids,
        call.me,
        account.id,
        hide_notifications=call.params.hide_notifications,
        duration_s=int(timedelta(hours=hours).total_seconds()),
        now=call.now,
    )
    return Redirect(f"/@{account.acct}", notice="muted")


@page("POST", "/{at:str}/block", audience="session", params=OneAccount, waiting=True)
async def block(call: Call[OneAccount]) -> Answer:
    """The two no longer meet."""
    account = await named(call)
    await relationships.block(call.db, call.services.ids, call.me, account.id, now=call.now)
    return Redirect(f"/@{account.acct}", notice="blocked")


# ── requests to follow ──


@page("GET", "/follow-requests", audience="session", params=Slice)
async def requests(call: Call[Slice]) -> Answer:
    """Who asks to follow the viewer."""
    found = await relationships.requests(call.db, call.me, call.params.request())
    return Page("web/people/requests.html", {"people": await people(call, found.items), "next": older(call, found)})


@page("POST", "/follow-requests/{account_id:str}/accept", audience="session", params=Requester, waiting=True)
async def accept(call: Call[Requester]) -> Answer:
    """Who asked follows now."""
    requester = AccountId(call.params.account_id)
    await relationships.accept_request(call.db, call.services.ids, call.me, requester, now=call.now)
    return Redirect("/follow-requests")


@page("POST", "/follow-requests/{account_id:str}/reject", audience="session", params=Requester, waiting=True)
async def reject(call: Call[Requester]) -> Answer:
    """The request is gone."""
    await relationships.reject_request(call.db, call.me, AccountId(call.params.account_id))
    return Redirect("/follow-requests")
