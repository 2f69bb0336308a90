"""Posts in another language, by the service that the operator has named."""

from __future__ import annotations

import html

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.addresses import addresses
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Forbidden, Invalid
from parvis.base.ids import PostId
from parvis.domain import posts
from parvis.domain.posts.types import PostView, Visibility
from parvis.infra import text as texts
from parvis.infra.doors import LONG_SHARED_S, READING
from parvis.infra.rate_limits import TRANSLATIONS


class Wanted(msgspec.Struct, frozen=True):
    id: int
    lang: str | None = None


class TranslatedOption(msgspec.Struct, frozen=True):
    title: str


class TranslatedPoll(msgspec.Struct, frozen=True):
    id: str
    options: list[TranslatedOption]


class TranslatedAttachment(msgspec.Struct, frozen=True):
    id: str
    description: str


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    content: str
    spoiler_text: str
    language: str
    poll: TranslatedPoll | UnsetType = UNSET
    media_attachments: list[TranslatedAttachment]
    detected_source_language: str
    provider: str


@endpoint(
    "POST",
    "/api/v1/statuses/:id/translate",
    user=True,
    waiting=True,
    scopes=("read:statuses",),
    params=Wanted,
    returns=Translation,
    connects=False,
    limit=TRANSLATIONS,
)
async def translate(call: Call[Wanted]) -> Translation:
    """A public post in the language one asks for, or in one's own."""
    assert call.viewer is not None
    async with call.services.db.connection() as db:
        post = (await posts.view(db, PostId(call.params.id), viewer_id=call.me)).shown
    if post.visibility > Visibility.QUIET:
        raise Forbidden
    target = _language(call.params.lang or call.viewer.locale)
    source = post.language.partition("-")[0] if post.language else None
    if source == target:
        raise Invalid("lang", "Validation failed: The post is in that language already", "invalid")
    described = [one for one in post.attachments if one.description]
    parts = [
        texts.with_origin(post.html, addresses(call.services).origin),
        *(html.escape(one, quote=False) for one in [post.warning, *(post.poll.options if post.poll else [])]),
        *(html.escape(one.description or "", quote=False) for one in described),
    ]
    translator = call.services.translator
    found = await translator.translate(parts, source=source, target=target)
    return _presented(post, [i.id for i in described], found.texts, target, found.source, translator.name)


def _language(wanted: str) -> str:
    """The first part of a language code. Raises: Invalid."""
    code = wanted.strip().lower().replace("_", "-").partition("-")[0]
    if not 2 <= len(code) <= 3 or not code.isascii() or not code.isalpha():
        raise Invalid("lang", "Validation failed: Lang is not a language code", "invalid")
    return code


def _presented(
    post: PostView, described: list[int], found: list[str], target: str, source: str, provider: str
) -> Translation:
    """What came back is a stranger's HTML: it is cleaned, and where plain text is expected it becomes that."""
    content, warning, *rest = found
    options = [texts.plain(one) for one in rest[: len(rest) - len(described)]]
    captions = [texts.plain(one) for one in rest[len(options) :]]
    poll = TranslatedPoll(str(post.id), [TranslatedOption(one) for one in options]) if post.poll else UNSET
    return Translation(
        content=texts.sanitise(content),
        spoiler_text=texts.plain(warning),
        language=target,
        poll=poll,
        media_attachments=[TranslatedAttachment(str(i), c) for i, c in zip(described, captions, strict=True)],
        detected_source_language=source,
        provider=provider,
    )


@endpoint(
    "GET",
    "/api/v1/instance/translation_languages",
    urgency=READING,
    shared_s=LONG_SHARED_S,
    returns=dict[str, list[str]],
    connects=False,
)
async def translation_languages(call: Call) -> dict[str, list[str]]:
    """From which language into which posts can be translated."""
    return await call.services.translator.languages()
