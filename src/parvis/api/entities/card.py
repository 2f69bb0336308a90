"""PreviewCard: what a page says of itself. Always a plain link: markup of strangers is never passed on (case E2)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parvis.api.entities.addresses import Addresses
from parvis.base.clock import iso_ms
from parvis.domain.links import Card


class PreviewCardAuthor(msgspec.Struct, frozen=True):
    name: str
    url: str
    account: None = None


class PreviewCard(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    title: str
    description: str
    language: str | None
    type: Literal["link", "photo", "video", "rich"] = "link"
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str = ""
    html: str = ""
    width: int
    height: int
    image: str | None
    image_description: str
    embed_url: str = ""
    blurhash: str | None
    published_at: str | None
    missing_attribution: bool | None = None
    authors: list[PreviewCardAuthor]


class TrendsLink(PreviewCard, frozen=True, kw_only=True):
    history: list[dict[str, str]]


def present_card(card: Card, to: Addresses) -> PreviewCard:
    """The preview as its card."""
    return PreviewCard(**card_values(card, to))


def card_values(card: Card, to: Addresses) -> dict[str, Any]:
    """The keys of a card and their values."""
    picture = card.picture
    return {
        "url": card.url,
        "title": card.title,
        "description": card.description,
        "language": card.language,
        "author_name": card.author,
        "author_url": card.author_url,
        "provider_name": card.provider,
        "width": picture.file.width if picture else 0,
        "height": picture.file.height if picture else 0,
        "image": to.picture(f"{picture.key}/{picture.file.name}", "") if picture else None,
        "image_description": picture.description if picture else "",
        "blurhash": picture.blurhash if picture else None,
        "published_at": iso_ms(card.published_at) if card.published_at else None,
        "authors": [PreviewCardAuthor(card.author, card.author_url)] if card.author or card.author_url else [],
    }
