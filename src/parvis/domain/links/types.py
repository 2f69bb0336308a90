"""Previews as they cross room borders."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.domain.media.types import Picture


class CardPicture(msgspec.Struct, frozen=True):
    """The picture of a preview, in our own encoding."""

    key: str
    file: Picture
    blurhash: str | None = None
    description: str = ""


class Card(msgspec.Struct, frozen=True):
    """What a page says of itself. All of it is plain text; addresses are http or https."""

    url: str
    title: str
    description: str = ""
    provider: str = ""
    author: str = ""
    author_url: str = ""
    language: str | None = None
    published_at: datetime | None = None
    picture: CardPicture | None = None


class Found(msgspec.Struct, frozen=True):
    """What was read on a page, the picture still elsewhere."""

    card: Card
    picture_url: str | None = None
    picture_description: str = ""
