"""Editing a post. What it said before is kept, and everybody can read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import PostEdited, PostFilesAdded
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain import media
from parvis.domain.media.types import Attachment
from parvis.domain.posts import edit_queries, polls, queries, quotes, rules, withhold_queries
from parvis.domain.posts.publish import html_of
from parvis.domain.posts.types import Draft, Mention, PollDraft
from parvis.infra import events, text
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row


class MediaChange(msgspec.Struct, frozen=True):
    """A new description or focus for a picture of the post."""

    id: MediaId
    description: str | None = None
    focus: tuple[float, float] | None = None


class Revision(msgspec.Struct, frozen=True):
    """What a post said from `created_at` on."""

    created_at: datetime
    html: str
    warning: str
    sensitive: bool
    attachments: list[Attachment]
    poll_options: list[str] | None


async def edit(
    tx: Connection,
    author: AccountId,
    post_id: PostId,
    *,
    draft: Draft,
    media_changes: Sequence[MediaChange] = (),
    limits: rules.Limits,
    domain: str,
    now: datetime,
) -> None:
    """The post says what the draft says; its audience stays. Nothing happens when nothing is different.

    `draft.poll` None removes a poll; one that differs begins without votes.
    Raises: NotFound unless it is the author's own; Invalid.
    """
    before = await edit_queries.locked_post(tx, author, post_id)
    if before is None or before["repost_of_id"] is not None:
        raise NotFound
    draft = rules.check_draft(draft, limits)
    attachments = await _attachments(tx, author, post_id, before, draft.media_ids, media_changes)
    poll_before = await edit_queries.poll_before(tx, author, post_id)
    draft = msgspec.structs.replace(draft, sensitive=draft.sensitive or before["warned_as"] is not None)
    encoded, poll_changed = to_json(attachments), _differs(poll_before, draft.poll)
    if not poll_changed and _same(before, draft, encoded):
        return
    mentioned = await queries.accounts_by_handle(tx, rules.mentions_in(draft.text, domain))
    people = [Mention(row["id"], row["handle"], row["domain"]) for row in mentioned.values()]
    quotes.check_edit(before, author, [one.id for one in people])
    tags = rules.tags_in(draft.text)
    await edit_queries.keep_revision(tx, author, post_id, poll_before["options"] if poll_before else None)
    await edit_queries.rewrite(
        tx,
        author,
        post_id,
        draft=draft,
        html=html_of(draft.text, mentioned, domain),
        attachments=encoded,
        mentions=to_json(people),
        mentioned_ids=[one.id for one in people],
        tags=tags,
        now=now,
    )
    await queries.delete_tags(tx, post_id)
    if tags:
        await queries.insert_tags(tx, author, post_id, [(text.fold_tag(t), t) for t in tags], now)
    if poll_changed and draft.poll is not None:
        await polls.open_poll(tx, author, post_id, draft.poll, now)
    elif poll_changed:
        await polls.close_poll(tx, author, post_id)
    await events.record(tx, PostEdited(post_id=post_id, author_id=author))


async def history(db: Connection, post_id: PostId, *, viewer_id: AccountId | None) -> list[Revision]:
    """What the post said, oldest first, the present words last. Raises: NotFound."""
    post = await queries.visible_post(db, post_id, viewer_id)
    if post is None:
        raise NotFound
    rows = await edit_queries.revisions(db, post["account_id"], post_id)
    return [
        Revision(
            row["created_at"],
            row["html"],
            row["warning"],
            row["sensitive"],
            from_json(row["attachments"], list[Attachment]),
            row["poll_options"],
        )
        for row in rows
    ]


async def follow_media(tx: Connection, item: media.Media) -> None:
    """The post that shows this upload shows what is made of it by now. Not an edit: nobody hears of it.

    While the post is withheld only its author could, and new files have to follow the others out of everybody's reach.
    """
    assert item.post_id is not None
    await edit_queries.replace_attachment(tx, item.account_id, item.post_id, item.id, to_json(item.files))
    if await withhold_queries.is_out_of_reach(tx, item.account_id, item.post_id):
        await events.record(tx, PostFilesAdded(post_id=item.post_id, author_id=item.account_id))


async def _attachments(
    tx: Connection,
    author: AccountId,
    post_id: PostId,
    before: Row,
    wanted: Sequence[MediaId],
    changes: Sequence[MediaChange],
) -> list[Attachment]:
    """The attachments in the wanted order: those the post had, and new ones of the author's."""
    had = {one.id: one for one in from_json(before["attachments"], list[Attachment])}
    fresh_ids = [i for i in wanted if i not in had]
    fresh = {one.id: one for one in await media.attach(tx, author, fresh_ids, post_id)} if fresh_ids else {}
    changed = {one.id: one for one in changes}
    return [_described(had.get(i) or fresh[i], changed.get(i)) for i in wanted]


def _described(item: Attachment, change: MediaChange | None) -> Attachment:
    if change is None:
        return item
    if change.description is not None:
        description = text.clean(change.description)
        if text.length(description) > media.DESCRIPTION_CHARACTERS:
            raise Invalid("description", "Validation failed: The description is too long", "too_long")
        item = msgspec.structs.replace(item, description=description or None)
    if change.focus is not None:
        item = msgspec.structs.replace(item, focus_x=change.focus[0], focus_y=change.focus[1])
    return item


def _same(before: Row, draft: Draft, attachments: str) -> bool:
    return (
        before["text"] == draft.text
        and before["warning"] == draft.warning
        and before["sensitive"] == draft.sensitive
        and before["language"] == draft.language
        and from_json(before["attachments"], list[Attachment]) == from_json(attachments, list[Attachment])
    )


def _differs(before: Row | None, poll: PollDraft | None) -> bool:
    if before is None or poll is None:
        return before is not None or poll is not None
    return (
        list(before["options"]) != list(poll.options)
        or before["multiple"] != poll.multiple
        or before["hide_totals"] != poll.hide_totals
    )
