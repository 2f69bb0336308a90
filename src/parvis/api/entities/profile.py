"""Profile: one's own account as it is edited, texts as written beside texts as shown."""

from __future__ import annotations

import msgspec

from parvis.api.entities.account import Field, present_account
from parvis.api.entities.addresses import Addresses
from parvis.api.entities.tag import FeaturedTag
from parvis.domain.accounts.types import Account as Person


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    display_name: str
    note: str
    fields: list[Field]
    avatar: str | None
    avatar_static: str | None
    avatar_description: str
    header: str | None
    header_static: str | None
    header_description: str
    locked: bool
    bot: bool
    hide_collections: bool
    discoverable: bool
    indexable: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    attribution_domains: list[str]
    formatted_note: str
    formatted_fields: list[Field]
    featured_tags: list[FeaturedTag]


def present_profile(
    person: Person, attribution_domains: list[str], featured: list[FeaturedTag], to: Addresses
) -> Profile:
    """The profile; pictures that are not there are null here, unlike in an Account."""
    shown = present_account(person, to)
    avatar = shown.avatar if person.avatar_key else None
    header = shown.header if person.header_key else None
    return Profile(
        id=shown.id,
        display_name=person.display_name,
        note=person.note,
        fields=[
            Field(line.name, line.value, field.verified_at)
            for line, field in zip(person.fields, shown.fields, strict=True)
        ],
        avatar=avatar,
        avatar_static=avatar,
        avatar_description=person.avatar_description,
        header=header,
        header_static=header,
        header_description=person.header_description,
        locked=person.locked,
        bot=person.bot,
        hide_collections=person.hide_collections,
        discoverable=person.discoverable,
        indexable=person.indexable,
        show_media=person.show_media,
        show_media_replies=person.show_media_replies,
        show_featured=person.show_featured,
        attribution_domains=attribution_domains,
        formatted_note=shown.note,
        formatted_fields=shown.fields,
        featured_tags=featured,
    )
