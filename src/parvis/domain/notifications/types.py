"""What a person should hear about."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

from parvis.base.ids import AccountId, NotificationId, PostId
from parvis.domain.accounts.types import Account

Kind = Literal[
    "mention",
    "post",
    "repost",
    "follow",
    "follow_request",
    "favourite",
    "edit",
    "poll",
    "quote",
    "quoted_edit",
    "moderation_warning",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Notification(msgspec.Struct, frozen=True):
    """Somebody (`person`) did something (`kind`) that concerns the account, perhaps about a post."""

    id: NotificationId
    account_id: AccountId
    kind: Kind
    person: Account
    post_id: PostId | None
    group_key: str
    created_at: datetime
    filtered: bool = False
    restriction_id: int | None = None  # what a `moderation_warning` is about; its person is whoever is warned
