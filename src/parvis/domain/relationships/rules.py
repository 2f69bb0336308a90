"""Decisions about relationships that need no I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parvis.base.errors import Invalid
from parvis.infra import text as texts

MOST_FOLLOWED = 7_500
MOST_MUTED_S = 100 * 365 * 86_400
MOST_COMMENT_CHARACTERS = 2_000
MOST_LANGUAGES = 50

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")


def check_languages(languages: Sequence[str] | None) -> list[str] | None:
    """The languages somebody wants to read of another, each once and written as posts' are; none means all."""
    kept = list(dict.fromkeys(one.strip().lower() for one in languages or () if one.strip()))
    if len(kept) > MOST_LANGUAGES or any(_LANGUAGE.fullmatch(one) is None for one in kept):
        raise Invalid("languages", "Languages are not language codes", "invalid")
    return kept or None


def check_comment(comment: str) -> str:
    """A private note, cleaned."""
    cleaned = texts.clean(comment)
    if len(cleaned) > MOST_COMMENT_CHARACTERS:
        raise Invalid("comment", f"Comment is too long (at most {MOST_COMMENT_CHARACTERS} characters)", "too_long")
    return cleaned
