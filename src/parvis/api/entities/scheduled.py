"""ScheduledStatus: a post for later, with what it was asked to be."""

from __future__ import annotations

from typing import Literal

import msgspec

from parvis.api.entities.addresses import Addresses
from parvis.api.entities.media import MediaAttachment, present_media
from parvis.api.entities.status import POLICY_NAMES, VISIBILITIES
from parvis.base.clock import iso_ms
from parvis.domain.posts.scheduled import Scheduled
from parvis.domain.posts.types import PollDraft


class ScheduledPoll(msgspec.Struct, frozen=True):
    options: tuple[str, ...]
    expires_in: int
    multiple: bool
    hide_totals: bool


class ScheduledParams(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    poll: ScheduledPoll | None
    media_ids: list[str] | None
    sensitive: bool | None
    spoiler_text: str | None
    visibility: Literal["public", "unlisted", "private", "direct"]
    in_reply_to_id: int | None
    language: str | None
    application_id: int
    scheduled_at: None = None
    idempotency: str | None
    with_rate_limit: bool = False
    quoted_status_id: str | None
    quote_approval_policy: Literal["public", "followers", "nobody"]


class ScheduledStatus(msgspec.Struct, frozen=True):
    id: str
    scheduled_at: str
    params: ScheduledParams
    media_attachments: list[MediaAttachment]


def present_scheduled(one: Scheduled, to: Addresses) -> ScheduledStatus:
    """A post for later, as clients edit it."""
    draft = one.draft
    params = ScheduledParams(
        text=draft.text,
        poll=_poll(draft.poll),
        media_ids=[str(i) for i in draft.media_ids] or None,
        sensitive=draft.sensitive,
        spoiler_text=draft.warning or None,
        visibility=VISIBILITIES[draft.visibility],  # type: ignore[arg-type]
        in_reply_to_id=draft.in_reply_to_id,
        language=draft.language,
        application_id=one.app_id or 0,
        idempotency=one.key,
        quoted_status_id=str(draft.quote_of_id) if draft.quote_of_id is not None else None,
        quote_approval_policy=POLICY_NAMES[draft.quote_policy],  # type: ignore[arg-type]
    )
    attached = [present_media(item, item.files, to.media) for item in one.attachments]
    return ScheduledStatus(str(one.id), iso_ms(one.due_at), params, attached)


def _poll(poll: PollDraft | None) -> ScheduledPoll | None:
    if poll is None:
        return None
    return ScheduledPoll(poll.options, poll.expires_in_s, poll.multiple, poll.hide_totals)
