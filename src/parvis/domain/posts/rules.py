"""Decisions about posts that need no I/O."""

from __future__ import annotations

import hashlib

import msgspec

from parvis.base.errors import Invalid
from parvis.domain.posts.types import Draft, Visibility
from parvis.infra import text as texts

MOST_ATTACHMENTS = 4
MOST_MENTIONS = 50
MOST_TAGS = 30


class Limits(msgspec.Struct, frozen=True):
    """What the operator allows."""

    characters: int = 1000


def check_draft(draft: Draft, limits: Limits) -> Draft:
    """The draft, cleaned, or Invalid with the field and the reason."""
    text, warning = texts.clean(draft.text), texts.clean_line(draft.warning)
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
        draft, text=text, warning=warning, language=language, sensitive=draft.sensitive or bool(warning)
    )


def may_repost(visibility: Visibility, *, own: bool) -> bool:
    """Whether a visible post may be passed on: public and quiet ones by anybody, followers' ones by their author."""
    return visibility <= Visibility.QUIET or (own and visibility == Visibility.FOLLOWERS)


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
