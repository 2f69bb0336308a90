"""Decisions about posts that need no I/O."""

from __future__ import annotations

import hashlib

import msgspec

from parvis.base.errors import Invalid
from parvis.domain.posts.types import Draft, PollDraft, QuotePolicy, Visibility
from parvis.infra import text as texts

MOST_ATTACHMENTS = 4
MOST_MENTIONS = 50
MOST_TAGS = 30
MOST_OPTIONS = 4
OPTION_CHARACTERS = 50
SHORTEST_POLL_S = 300
LONGEST_POLL_S = 2_629_746


class Limits(msgspec.Struct, frozen=True):
    """What the operator allows."""

    characters: int = 1000


def check_draft(draft: Draft, limits: Limits) -> Draft:
    """The draft, cleaned, or Invalid with the field and the reason."""
    text, warning = texts.clean(draft.text), texts.clean_line(draft.warning)
    poll = check_poll(draft.poll) if draft.poll is not None else None
    if poll is not None and draft.media_ids:
        raise Invalid("poll", "Validation failed: A post has pictures or a poll, not both", "invalid")
    if not text and not draft.media_ids:
        raise Invalid("text", "Validation failed: Text can't be blank", "blank")
    used = texts.length(text) + texts.length(warning)
    if used > limits.characters or len(text.encode()) > limits.characters * 16:
        raise Invalid(
            "text", f"Validation failed: Text is {used} characters long, {limits.characters} are allowed", "too_long"
        )
    if len(draft.media_ids) > MOST_ATTACHMENTS:
        raise Invalid("media_ids", f"Validation failed: At most {MOST_ATTACHMENTS} pictures fit a post", "too_many")
    if len(set(draft.media_ids)) != len(draft.media_ids):
        raise Invalid("media_ids", "Validation failed: A picture can be attached only once", "invalid")
    language = (draft.language or "").strip().lower()[:16] or None
    if language is not None and not language.replace("-", "").isalnum():
        raise Invalid("language", "Validation failed: Language is not a language code", "invalid")
    return msgspec.structs.replace(
        draft, poll=poll, text=text, warning=warning, language=language, sensitive=draft.sensitive or bool(warning)
    )


def check_poll(poll: PollDraft) -> PollDraft:
    """The poll, cleaned, or Invalid with the field and the reason."""
    options = tuple(texts.clean_line(one) for one in poll.options)
    if not 2 <= len(options) <= MOST_OPTIONS or not all(options):
        raise Invalid(
            "poll", f"Validation failed: A poll has 2 to {MOST_OPTIONS} options with words in them", "invalid"
        )
    if len({one.casefold() for one in options}) < len(options):
        raise Invalid("poll", "Validation failed: Two options are the same", "taken")
    if any(texts.length(one) > OPTION_CHARACTERS for one in options):
        raise Invalid("poll", f"Validation failed: An option is longer than {OPTION_CHARACTERS} characters", "too_long")
    if not SHORTEST_POLL_S <= poll.expires_in_s <= LONGEST_POLL_S:
        raise Invalid("poll", "Validation failed: A poll lasts five minutes to one month", "inclusion")
    return msgspec.structs.replace(poll, options=options)


def may_repost(visibility: Visibility, *, own: bool) -> bool:
    """Whether a visible post may be passed on: public and quiet ones by anybody, followers' ones by their author."""
    return visibility <= Visibility.QUIET or (own and visibility == Visibility.FOLLOWERS)


def may_quote(visibility: Visibility, policy: QuotePolicy, *, own: bool, follows: bool) -> bool:
    """Whether somebody who sees the post may quote it."""
    if own:
        return visibility < Visibility.MENTIONED
    if visibility > Visibility.QUIET:
        return False
    return policy == QuotePolicy.EVERYBODY or (policy == QuotePolicy.FOLLOWERS and follows)


def narrowed(draft: Draft, visibility: Visibility | int) -> Draft:
    """The draft for that audience; what is not for everybody can be quoted by its author only."""
    policy = draft.quote_policy if visibility <= Visibility.QUIET else QuotePolicy.NOBODY
    return msgspec.structs.replace(draft, visibility=Visibility(visibility), quote_policy=policy)


def body_hash(draft: Draft) -> bytes:
    """What makes two requests the same request, for Idempotency-Key."""
    return hashlib.sha256(msgspec.json.encode(draft)).digest()


def mentions_in(text: str, domain: str) -> list[tuple[str, str]]:
    """(handle, domain) of everybody named, folded, local ones with domain ""; each once, in order."""
    seen: dict[tuple[str, str], None] = {}
    for one in texts.find(text):
        if one.kind == "mention":
            seen[mention_key(one, domain)] = None
    return list(seen)[:MOST_MENTIONS]


def mention_key(one: texts.Found, domain: str) -> tuple[str, str]:
    """How a mention is looked up."""
    there = (one.domain or "").lower()
    return one.value.lower(), "" if there == domain.lower() else there


def tags_in(text: str) -> list[str]:
    """Hashtags as written, each folded form once."""
    seen: dict[str, str] = {}
    for one in texts.find(text):
        if one.kind == "hashtag":
            seen.setdefault(texts.fold_tag(one.value), one.value)
    return list(seen.values())[:MOST_TAGS]
