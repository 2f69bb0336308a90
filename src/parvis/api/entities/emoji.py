"""CustomEmoji: a picture of this place that stands for a word between colons."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parvis.infra import emoji


class CustomEmoji(msgspec.Struct, frozen=True, kw_only=True):
    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool
    category: str | UnsetType = UNSET


def present_emoji(one: emoji.Emoji, place: str) -> CustomEmoji:
    """The emoji; none of them moves. `place`: the address of the media store."""
    address = f"{place}/{one.key}"
    return CustomEmoji(
        shortcode=one.shortcode,
        url=address,
        static_url=address,
        visible_in_picker=one.listed,
        category=one.category or UNSET,
    )


def emojis_in(*texts: str) -> list[CustomEmoji]:
    """Those that occur in these texts or stored HTML."""
    known = emoji.known()
    return [present_emoji(one, known.place) for one in known.within(*texts)]
