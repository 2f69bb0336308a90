"""Pictures of people: avatars and headers. Their keys are kept by `accounts`; doors call both rooms."""

from __future__ import annotations

from parvis.base.errors import Invalid
from parvis.domain.media import rules
from parvis.domain.media.aside import aside_key
from parvis.infra.images import Kind
from parvis.infra.services import Services


async def store_avatar(services: Services, data: bytes) -> str:
    """The key of a square picture of 400 pixels; `small_of` it has 96.

    Raises: Invalid("avatar", …); TooLarge; Unavailable.
    """
    return await _store(services, data, "avatar", "avatars")


async def store_header(services: Services, data: bytes) -> str:
    """The key of a picture of 1,500 × 500 pixels; `small_of` it has 750 × 250.

    Raises: Invalid("header", …); TooLarge; Unavailable.
    """
    return await _store(services, data, "header", "headers")


def small_of(key: str) -> str:
    """The key of the smaller size of an avatar or header."""
    return f"{key.rpartition('/')[0]}/small.webp"


async def discard_portrait(services: Services, key: str) -> None:
    """Both sizes are gone; for an avatar or header that was replaced."""
    folder = key.rpartition("/")[0]
    await services.storage.delete_prefix(folder)
    await services.storage.delete_prefix(aside_key(folder))


async def _store(services: Services, data: bytes, kind: Kind, place: str) -> str:
    try:
        rules.check_size(data, services.settings.image_bytes)
        processed = await services.images.process(data, kind)
    except Invalid as problem:
        raise Invalid(kind, problem.message, problem.code) from None
    folder = rules.new_key(place)
    for file in processed.files:
        await services.storage.put(f"{folder}/{file.name}", file.data, file.content_type)
    return f"{folder}/{processed.files[0].name}"
