"""Publishing a post, and taking it back."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import Event, PostAddressed, PostPublished, PostRemoved
from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain import media
from parvis.domain.accounts.types import Viewer
from parvis.domain.posts import edit_queries, poll_queries, polls, queries, quote_queries, quotes, replies, rules
from parvis.domain.posts.types import Draft, Mention, Visibility
from parvis.infra import events, text
from parvis.infra.encoding import to_json
from parvis.infra.postgres import Connection, Row


async def publish(
    tx: Connection,
    ids: IdSource,
    author: Viewer,
    *,
    draft: Draft,
    limits: rules.Limits,
    domain: str,
    now: datetime,
    idempotency_key: str | None = None,
    post_id: PostId | None = None,
) -> PostId:
    """The post stands and everybody concerned will hear of it; the same key again gives the same post.

    `domain` is this server's, so that @alice@here is alice. `post_id` is for imports with their own time.
    Raises: Invalid, also where the author may not reply; NotFound when what it answers is out of the author's sight.
    """
    assert author.account_id is not None
    draft = rules.check_draft(draft, limits)
    new_id = post_id or PostId(ids.next())
    if idempotency_key:
        earlier = await _claim(tx, author.account_id, idempotency_key, draft, new_id, now)
        if earlier is not None:
            return earlier
    parent = await replies.answered(tx, author.account_id, draft)
    if parent is not None:
        draft = msgspec.structs.replace(draft, in_reply_to_id=PostId(parent["id"]))
    quoted = await quotes.quoted(tx, author.account_id, draft)
    mentioned = await queries.accounts_by_handle(tx, rules.mentions_in(draft.text, domain))
    people = [Mention(row["id"], row["handle"], row["domain"]) for row in mentioned.values()]
    draft = rules.narrowed(draft, draft.visibility)
    if quoted is not None:
        draft = quotes.check_audience(draft, author.account_id, quoted, [one.id for one in people])
    attachments = await media.attach(tx, author.account_id, draft.media_ids, new_id) if draft.media_ids else []
    tags = rules.tags_in(draft.text)
    await queries.insert_post(
        tx,
        post_id=new_id,
        author=author.account_id,
        draft=draft,
        html=html_of(draft.text, mentioned, domain),
        thread_id=parent["thread_id"] if parent else new_id,
        in_reply_to_account_id=parent["account_id"] if parent else None,
        parent_visibility=parent["visibility"] if parent else None,
        reply_policy=int(parent["reply_policy"] if parent else draft.reply_policy),
        quote=quoted,
        attachments=to_json(attachments),
        mentions=to_json(people),
        mentioned_ids=[one.id for one in people],
        tags=tags,
        app_name=author.app_name,
        app_website=author.app_website,
        now=now,
    )
    if tags:
        await queries.insert_tags(tx, author.account_id, new_id, [(text.fold_tag(t), t) for t in tags], now)
    if draft.poll is not None:
        await polls.open_poll(tx, author.account_id, new_id, draft.poll, now)
    happened: list[Event] = [PostPublished(post_id=new_id, author_id=author.account_id)]
    if draft.visibility == Visibility.MENTIONED:
        happened.append(PostAddressed(post_id=new_id, author_id=author.account_id))
    await events.record(tx, *happened)
    return new_id


async def remove(tx: Connection, author: AccountId, post_id: PostId, *, now: datetime) -> None:
    """The post is gone from every surface. Raises: NotFound unless it is the author's own."""
    gone = await queries.mark_deleted(tx, author, post_id, now)
    if gone is None:
        raise NotFound
    if gone["repost_of_id"] is not None:
        await queries.delete_repost(tx, author, gone["repost_of_id"], now)
        await queries.count(tx, "reposts", gone["repost_of_account_id"], gone["repost_of_id"], -1)
    elif gone["in_reply_to_id"] is not None and gone["visibility"] <= Visibility.QUIET:
        await queries.count(tx, "replies", gone["in_reply_to_account_id"], gone["in_reply_to_id"], -1)
    if gone["quote_state"] == quote_queries.ACCEPTED and gone["visibility"] <= Visibility.QUIET:
        await queries.count(tx, "quotes", gone["quote_of_account_id"], gone["quote_of_id"], -1)
    if gone["repost_of_id"] is None:
        await queries.orphan_replies(tx, post_id)
        await edit_queries.forget_revisions(tx, author, post_id)
        await poll_queries.blank_options(tx, author, post_id)
    if gone["tags"]:
        await queries.delete_tags(tx, post_id)
    if gone["visibility"] < Visibility.MENTIONED:
        await queries.count_post(tx, author, -1, None)
    is_repost = gone["repost_of_id"] is not None
    await events.record(tx, PostRemoved(post_id=post_id, author_id=author, is_repost=is_repost))


async def published_by(tx: Connection, author: AccountId, key: str, draft: Draft) -> PostId | None:
    """The post that this key stands for, if there is one. Raises: Invalid when it stands for other words."""
    known = await queries.known_key(tx, author, key)
    return None if known is None else _meant(known, rules.body_hash(draft))


async def _claim(
    tx: Connection, author: AccountId, key: str, draft: Draft, new_id: PostId, now: datetime
) -> PostId | None:
    if len(key) > 255:
        raise Invalid("Idempotency-Key", "Idempotency-Key is longer than 255 characters", "too_long")
    digest = rules.body_hash(draft)
    earlier = await queries.claim_key(tx, author, key, digest, new_id, now)
    if earlier is None:
        return None
    return _meant(earlier, digest)


def _meant(known: Row, digest: bytes) -> PostId:
    if bytes(known["body_hash"]) != digest:
        raise key_taken()
    return PostId(known["post_id"])


def key_taken() -> Invalid:
    """What is said where a key stands for other words."""
    return Invalid("Idempotency-Key", "This Idempotency-Key was used for another request", "taken")


def html_of(source: str, mentioned: dict[tuple[str, str], Row], domain: str) -> str:
    """The words as HTML, with links to those of the mentioned who are known."""

    def path(one: text.Found) -> str | None:
        row = mentioned.get(rules.mention_key(one, domain))
        if row is None:
            return None
        return f"/@{row['handle']}" if row["domain"] is None else f"/@{row['handle']}@{row['domain']}"

    return text.render(source, mention_path=path)
