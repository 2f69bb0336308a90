"""Facts in the past tense. They carry ids, not copies; each consumer looks at the present state."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=str):
    """Something that has happened and was committed."""


class AccountCreated(Event, frozen=True):
    account_id: int


class AccountChanged(Event, frozen=True):
    account_id: int


class PostPublished(Event, frozen=True):
    post_id: int
    author_id: int


class PostAddressed(Event, frozen=True):
    """A post that was published is for those whom it mentions."""

    post_id: int
    author_id: int


class PostEdited(Event, frozen=True):
    post_id: int
    author_id: int


class QuoteChanged(Event, frozen=True):
    """A post shows no more what it quoted, or may be quoted by others than before."""

    post_id: int
    author_id: int


class PollEnded(Event, frozen=True):
    post_id: int
    author_id: int


class PostRemoved(Event, frozen=True):
    """`is_repost`: it never had pictures of its own. `put_off`: how often others were at the author's files."""

    post_id: int
    author_id: int
    is_repost: bool = False
    put_off: int = 0


class PostWithheld(Event, frozen=True):
    """Moderators took it out of everybody's sight but its author's."""

    post_id: int
    author_id: int


class PostRestored(Event, frozen=True):
    """A post that was withheld is back."""

    post_id: int
    author_id: int


class PostFilesAdded(Event, frozen=True):
    """More has been made of an upload of a post that nobody may reach."""

    post_id: int
    author_id: int


class PostReposted(Event, frozen=True):
    """`post_id` is the repost's own id, `original_id` what was passed on."""

    post_id: int
    author_id: int
    original_id: int
    original_author_id: int


class PostFavourited(Event, frozen=True):
    post_id: int
    author_id: int
    by_id: int


class Followed(Event, frozen=True):
    account_id: int
    target_id: int


class FollowRequested(Event, frozen=True):
    account_id: int
    target_id: int


class Unfollowed(Event, frozen=True):
    account_id: int
    target_id: int


class Blocked(Event, frozen=True):
    account_id: int
    target_id: int


class Muted(Event, frozen=True):
    account_id: int
    target_id: int


class TagFollowed(Event, frozen=True):
    account_id: int


class ConversationChanged(Event, frozen=True):
    account_id: int
    conversation_id: int


class NotificationAdded(Event, frozen=True):
    account_id: int
    notification_id: int


class AccountWarned(Event, frozen=True):
    """Moderators have restricted the account, or a post of it."""

    account_id: int
    restriction_id: int


class AccountHidden(Event, frozen=True):
    """Moderators have suspended the account, or it is back."""

    account_id: int


class TokenRevoked(Event, frozen=True):
    token_id: int
    account_id: int


class SessionEnded(Event, frozen=True):
    session_id: int
    account_id: int


class AnnouncementMade(Event, frozen=True):
    announcement_id: int


class AnnouncementWithdrawn(Event, frozen=True):
    announcement_id: int


class AnnouncementAnswered(Event, frozen=True):
    """Somebody put that emoji under it, or took it back."""

    announcement_id: int
    name: str


AnyEvent = (
    AccountCreated
    | AccountChanged
    | PostPublished
    | PostAddressed
    | PostEdited
    | QuoteChanged
    | PollEnded
    | PostRemoved
    | PostWithheld
    | PostRestored
    | PostFilesAdded
    | PostReposted
    | PostFavourited
    | Followed
    | FollowRequested
    | Unfollowed
    | Blocked
    | Muted
    | TagFollowed
    | ConversationChanged
    | NotificationAdded
    | AccountWarned
    | AccountHidden
    | TokenRevoked
    | SessionEnded
    | AnnouncementMade
    | AnnouncementWithdrawn
    | AnnouncementAnswered
)
