"""Status: the one place where our post becomes their status."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import Addresses
from parvis.api.entities.card import PreviewCard, present_card
from parvis.api.entities.emoji import CustomEmoji, emojis_in
from parvis.api.entities.filter import FilterResult
from parvis.api.entities.media import MediaAttachment, present_media
from parvis.api.entities.poll import Poll, present_poll
from parvis.base.clock import iso_ms
from parvis.domain.posts.types import PostView, QuotePolicy, ReplyPolicy, Visibility
from parvis.domain.posts.types import Quote as OurQuote
from parvis.infra.text import fold_tag, with_origin

VISIBILITIES: dict[Visibility, str] = {
    Visibility.PUBLIC: "public",
    Visibility.QUIET: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.MENTIONED: "direct",
    Visibility.WITHHELD: "direct",  # the nearest that clients know: only its author sees it
}
BY_NAME = {name: one for one, name in VISIBILITIES.items() if one != Visibility.WITHHELD}


class StatusMention(msgspec.Struct, frozen=True):
    id: str
    username: str
    url: str
    acct: str


class StatusTag(msgspec.Struct, frozen=True):
    name: str
    url: str


class StatusApplication(msgspec.Struct, frozen=True):
    name: str
    website: str | None


class QuoteApproval(msgspec.Struct, frozen=True):
    automatic: list[Literal["public", "followers"]]
    manual: list[str]
    current_user: Literal["automatic", "manual", "denied", "unknown"]


class Quote(msgspec.Struct, frozen=True):
    """With `quoted_status` where it stands in a status, with `quoted_status_id` (a ShallowQuote) inside another quote."""

    state: Literal[
        "pending", "accepted", "rejected", "revoked", "deleted", "unauthorized", "blocked_account", "blocked_domain",
        "muted_account",
    ]  # fmt: skip
    quoted_status: Status | UnsetType | None = UNSET
    quoted_status_id: str | UnsetType | None = UNSET


class Status(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    uri: str
    created_at: str
    account: Account
    content: str | UnsetType
    visibility: Literal["public", "unlisted", "private", "direct"]
    sensitive: bool
    spoiler_text: str
    media_attachments: list[MediaAttachment]
    application: StatusApplication | UnsetType = UNSET
    mentions: list[StatusMention]
    tags: list[StatusTag]
    emojis: list[CustomEmoji] = []
    reblogs_count: int
    favourites_count: int
    quotes_count: int
    replies_count: int
    url: str
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    reblog: Status | None = None
    poll: Poll | None = None
    card: PreviewCard | None = None
    language: str | None
    text: str | UnsetType = UNSET
    edited_at: str | None
    quote: Quote | None = None
    quote_approval: QuoteApproval
    tagged_collections: list[Any] = []
    favourited: bool | UnsetType = UNSET
    reblogged: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    bookmarked: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    filtered: list[FilterResult] | UnsetType = UNSET


class Context(msgspec.Struct, frozen=True):
    ancestors: list[Status | msgspec.Raw]
    descendants: list[Status | msgspec.Raw]


class StatusSource(msgspec.Struct, frozen=True):
    id: str
    text: str
    spoiler_text: str


def present_status(
    view: PostView,
    to: Addresses,
    *,
    viewer_id: int | None,
    with_source: bool = False,
    now: datetime | None = None,
    nested: bool = False,
) -> Status:
    """The post as its status; the viewer's own keys are there only for a known viewer.

    `with_source`: the words as written instead of the HTML, as the answer to a deletion demands. `nested`: it is quoted.
    """
    shown = view.shown
    address = to.post(view.author.acct, view.id)
    known = view.viewer_known
    own = known and view.repost_of is None and view.author.id == viewer_id and view.visibility < Visibility.MENTIONED
    return Status(
        id=str(view.id),
        uri=address,
        created_at=iso_ms(view.created_at),
        account=present_account(view.author, to),
        content=UNSET if with_source else with_origin(shown.html, to.origin),
        text=view.text if with_source else UNSET,
        visibility=VISIBILITIES[view.visibility],  # type: ignore[arg-type]
        sensitive=shown.sensitive,
        spoiler_text=shown.warning,
        media_attachments=[present_media(item, item.files, to.media) for item in shown.attachments],
        application=StatusApplication(view.app_name, view.app_website) if view.app_name else UNSET,
        mentions=[StatusMention(str(m.id), m.handle, to.profile(m.acct), m.acct) for m in shown.mentions],
        tags=[StatusTag(fold_tag(name), to.tag(fold_tag(name))) for name in shown.tags],
        emojis=emojis_in(shown.warning, shown.html),
        reblogs_count=shown.reposts_count,
        favourites_count=shown.favourites_count,
        quotes_count=shown.quotes_count,
        replies_count=shown.replies_count,
        url=address,
        in_reply_to_id=_text(view.in_reply_to_id),
        in_reply_to_account_id=_text(view.in_reply_to_account_id),
        reblog=present_status(view.repost_of, to, viewer_id=viewer_id, now=now) if view.repost_of else None,
        language=shown.language,
        edited_at=iso_ms(view.edited_at) if view.edited_at else None,
        quote=_quote(view.quote, to, viewer_id, now, nested=nested) if view.quote else None,
        quote_approval=_approval(shown),
        favourited=shown.favourited if known else UNSET,
        reblogged=shown.reposted if known else UNSET,
        muted=shown.muted if known else UNSET,
        bookmarked=shown.bookmarked if known else UNSET,
        pinned=view.pinned if own else UNSET,
        card=present_card(shown.card, to) if shown.card else None,
        poll=present_poll(shown.poll, shown.id, known=known, own=known and shown.author.id == viewer_id, now=now)
        if shown.poll
        else None,
        filtered=[] if known else UNSET,
    )


def present_quote(quote: OurQuote | None) -> Quote | None:
    """The quote by its id alone."""
    return None if quote is None else Quote(quote.state, quoted_status_id=_text(quote.post_id))  # type: ignore[arg-type]


def _quote(
    quote: OurQuote, to: Addresses, viewer_id: int | None, now: datetime | None, *, nested: bool
) -> Quote | None:
    if nested:
        return present_quote(quote)
    post = quote.post
    inner = None if post is None else present_status(post, to, viewer_id=viewer_id, now=now, nested=True)
    return Quote(quote.state, quoted_status=inner)  # type: ignore[arg-type]


# Whose quotes stand at once; consent in advance is the only kind there is here.
_APPROVED: dict[QuotePolicy, list[Literal["public", "followers"]]] = {
    QuotePolicy.EVERYBODY: ["public"],
    QuotePolicy.FOLLOWERS: ["followers"],
    QuotePolicy.NOBODY: [],
}
QUOTE_POLICIES = {"public": QuotePolicy.EVERYBODY, "followers": QuotePolicy.FOLLOWERS, "nobody": QuotePolicy.NOBODY}
REPLY_POLICIES = {
    "public": ReplyPolicy.EVERYBODY, "followers": ReplyPolicy.FOLLOWERS, "mentioned": ReplyPolicy.MENTIONED,
    "nobody": ReplyPolicy.NOBODY,
}  # fmt: skip
POLICY_NAMES: dict[QuotePolicy, str] = {policy: name for name, policy in QUOTE_POLICIES.items()}


def _approval(view: PostView) -> QuoteApproval:
    return QuoteApproval(_APPROVED[view.quote_policy], [], "automatic" if view.may_quote else "denied")


def _text(id_: int | None) -> str | None:
    return None if id_ is None else str(id_)
