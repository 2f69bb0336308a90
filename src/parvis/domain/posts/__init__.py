"""Posts: publishing, removing, reacting, and how one viewer sees them.

Owns the text, its audience (`sight.may_see`), threads, hashtags and counters. Which posts belong on which page is
`timelines`; who hears of them is `notifications`.
"""

from parvis.domain.posts import featured_tags, scheduled
from parvis.domain.posts.cards import forget_preview, show_card, want_preview
from parvis.domain.posts.edit import MediaChange, Revision, edit, follow_media, history
from parvis.domain.posts.files import settle_added, settle_files, settle_files_of, settle_files_of_account
from parvis.domain.posts.glances import Glance, QuoteGlance, glances, glances_proved
from parvis.domain.posts.looks import Look, looks
from parvis.domain.posts.pins import pin, pinned, unpin
from parvis.domain.posts.polls import ENDING, end_poll, vote
from parvis.domain.posts.publish import publish, remove
from parvis.domain.posts.quotes import quotes_of, revoke_quote, set_quote_policy
from parvis.domain.posts.react import bookmark, favourite, repost, sweep, unbookmark, unfavourite, unrepost
from parvis.domain.posts.replies import replies_closed, set_reply_policy
from parvis.domain.posts.rules import Limits
from parvis.domain.posts.threads import mute_thread, unmute_thread
from parvis.domain.posts.tidy import delete_expired
from parvis.domain.posts.types import (
    Attachment,
    Draft,
    Mention,
    Picture,
    Poll,
    PollDraft,
    PostView,
    Quote,
    QuotePolicy,
    ReplyPolicy,
    Visibility,
)
from parvis.domain.posts.views import (
    Thread,
    bookmarks,
    favourited_by,
    favourites,
    readable,
    reposted_by,
    thread,
    view,
    views,
    who_may_see,
)
from parvis.domain.posts.withhold import PostAsItWas, as_they_are
from parvis.domain.posts.withhold import restrict as restrict_post

__all__ = [
    "ENDING",
    "Attachment",
    "Draft",
    "Glance",
    "Limits",
    "Look",
    "MediaChange",
    "Mention",
    "Picture",
    "Poll",
    "PollDraft",
    "PostAsItWas",
    "PostView",
    "Quote",
    "QuoteGlance",
    "QuotePolicy",
    "ReplyPolicy",
    "Revision",
    "Thread",
    "Visibility",
    "as_they_are",
    "bookmark",
    "bookmarks",
    "delete_expired",
    "edit",
    "end_poll",
    "favourite",
    "favourited_by",
    "favourites",
    "featured_tags",
    "follow_media",
    "forget_preview",
    "glances",
    "glances_proved",
    "history",
    "looks",
    "mute_thread",
    "pin",
    "pinned",
    "publish",
    "quotes_of",
    "readable",
    "remove",
    "replies_closed",
    "repost",
    "reposted_by",
    "restrict_post",
    "revoke_quote",
    "scheduled",
    "set_quote_policy",
    "set_reply_policy",
    "settle_added",
    "settle_files",
    "settle_files_of",
    "settle_files_of_account",
    "show_card",
    "sweep",
    "thread",
    "unbookmark",
    "unfavourite",
    "unmute_thread",
    "unpin",
    "unrepost",
    "view",
    "views",
    "vote",
    "want_preview",
    "who_may_see",
]
