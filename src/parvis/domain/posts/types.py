"""Posts as they cross room borders."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

import msgspec

from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain.accounts.types import Account
from parvis.domain.links.types import Card
from parvis.domain.media.types import Attachment, Picture

__all__ = [
    "Attachment",
    "Draft",
    "Mention",
    "Picture",
    "PostView",
    "Quote",
    "QuotePolicy",
    "ReplyPolicy",
    "Visibility",
]


class Visibility(IntEnum):
    PUBLIC = 0
    QUIET = 1
    FOLLOWERS = 2
    MENTIONED = 3
    WITHHELD = 4  # by moderators: for its author alone. Nobody chooses it.


class QuotePolicy(IntEnum):
    """Who may quote a post; its author always may."""

    EVERYBODY = 0
    FOLLOWERS = 1
    NOBODY = 2


class ReplyPolicy(IntEnum):
    """Who may reply in a conversation, as its first post says; who began it always may."""

    EVERYBODY = 0
    FOLLOWERS = 1  # and those mentioned
    MENTIONED = 2
    NOBODY = 3


# What one viewer meets where a post quotes another; the first four are stored.
QUOTE_STATES: tuple[str, ...] = (
    "pending", "accepted", "rejected", "revoked", "deleted", "unauthorized", "blocked_account", "blocked_domain",
    "muted_account",
)  # fmt: skip


class PollDraft(msgspec.Struct, frozen=True):
    """A question to be put."""

    options: tuple[str, ...]
    expires_in_s: int
    multiple: bool = False
    hide_totals: bool = False


class Poll(msgspec.Struct, frozen=True):
    """A question as one viewer sees it; `own` holds their choices, None before they have voted."""

    options: list[str]
    votes: list[int]
    voters: int
    multiple: bool
    hide_totals: bool
    expires_at: datetime
    own: list[int] | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to publish."""

    text: str = ""
    warning: str = ""
    sensitive: bool = False
    language: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    in_reply_to_id: PostId | None = None
    media_ids: tuple[MediaId, ...] = ()
    poll: PollDraft | None = None
    quote_of_id: PostId | None = None
    quote_policy: QuotePolicy = QuotePolicy.EVERYBODY
    reply_policy: ReplyPolicy = ReplyPolicy.EVERYBODY  # of a reply it is that of the conversation, whatever stands here


class Mention(msgspec.Struct, frozen=True):
    """Somebody named in a post."""

    id: AccountId
    handle: str
    domain: str | None = None

    @property
    def acct(self) -> str:
        """`alice`, or `remi@elsewhere.example`."""
        return self.handle if self.domain is None else f"{self.handle}@{self.domain}"


class Quote(msgspec.Struct, frozen=True):
    """A quote as one viewer meets it: `state` is one of QUOTE_STATES, and only an accepted one has anything more.

    `post` is what is quoted; of a quote inside a quoted post there is only its id.
    """

    state: str
    post_id: PostId | None = None
    post: PostView | None = None


class PostView(msgspec.Struct, frozen=True, kw_only=True):
    """One post as one viewer sees it; for a repost, `repost_of` holds what was passed on.

    `parent_seen` tells whether the viewer may see what it answers, or it answers nothing.
    `viewer_known` tells whether the viewer's flags mean anything (false for strangers).
    """

    id: PostId
    author: Account
    created_at: datetime
    edited_at: datetime | None
    visibility: Visibility
    language: str | None
    text: str
    html: str
    warning: str
    sensitive: bool
    in_reply_to_id: PostId | None
    in_reply_to_account_id: AccountId | None
    thread_id: PostId
    attachments: list[Attachment]
    mentions: list[Mention]
    tags: list[str]
    app_name: str | None
    app_website: str | None
    version: int
    replies_count: int
    reposts_count: int
    favourites_count: int
    quotes_count: int = 0
    quote_policy: QuotePolicy = QuotePolicy.NOBODY
    quote: Quote | None = None
    may_quote: bool = False
    reply_policy: ReplyPolicy = ReplyPolicy.EVERYBODY
    may_reply: bool = False
    parent_seen: bool = True
    viewer_known: bool = False
    favourited: bool = False
    reposted: bool = False
    bookmarked: bool = False
    muted: bool = False
    pinned: bool = False
    poll: Poll | None = None
    card: Card | None = None
    repost_of: PostView | None = None
    filter_version: int | None = None  # the version of the viewer's keyword filters, if they have any

    @property
    def shown(self) -> PostView:
        """The post whose text is shown: itself, or what it passes on."""
        return self.repost_of or self
