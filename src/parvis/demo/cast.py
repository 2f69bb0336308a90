"""Who is in the demo community and what they say, read from people.toml and conversation.toml beside this file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

from parvis.demo.art.portraits import Looks
from parvis.domain.posts.types import Visibility


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, and for how long they have been here. Without `looks` they have the face of a clock."""

    handle: str
    name: str
    language: str
    locale: str = "en"
    days_here: int
    follows: tuple[str, ...]
    note: str
    fields: tuple[tuple[str, str], ...] = ()
    header: str
    header_description: str
    avatar_description: str
    looks: Looks | None = None
    locked: bool = False
    bot: bool = False


class Illustration(msgspec.Struct, frozen=True):
    """A drawing and what it shows, in the words of whoever posts it."""

    drawing: str
    description: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One post, so many hours ago."""

    key: str = ""
    by: str
    hours: float
    text: str
    language: str | None = None  # the author's own unless given
    answers: str = ""
    warning: str = ""
    visibility: Literal["public", "quiet", "followers", "mentioned"] = "public"
    pictures: tuple[Illustration, ...] = ()
    favourites: tuple[str, ...] = ()
    reposts: tuple[str, ...] = ()

    @property
    def audience(self) -> Visibility:
        return Visibility[self.visibility.upper()]


@cache
def people() -> dict[str, Person]:
    """Everybody, by handle."""
    cast = msgspec.convert(_read("people.toml")["person"], list[Person])
    return {person.handle: person for person in cast}


@cache
def conversation() -> tuple[Said, ...]:
    """Everything that is said."""
    return msgspec.convert(_read("conversation.toml")["said"], tuple[Said, ...])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("parvis.demo") / name).read_text("utf-8"))
