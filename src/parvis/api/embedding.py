"""What other pages need to show a post of this place: oEmbed."""

from __future__ import annotations

import html
from urllib.parse import urlsplit

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.routing import Call, endpoint
from parvis.base.errors import NotFound
from parvis.base.ids import PostId
from parvis.domain import posts
from parvis.domain.posts.types import Visibility
from parvis.infra.doors import READING, SHARED_S

NARROWEST, WIDEST = 200, 600


class Asked(msgspec.Struct, frozen=True):
    url: str
    maxwidth: int | None = None
    maxheight: int | None = None


class OEmbed(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "rich"
    version: str = "1.0"
    title: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    cache_age: int = 86_400
    html: str
    width: int
    height: int | None


@endpoint("GET", "/api/oembed", urgency=READING, shared_s=SHARED_S, params=Asked, returns=OEmbed)
async def oembed(call: Call[Asked]) -> OEmbed:
    """How to show a post for everybody: a frame with its page for embedding."""
    to, settings = addresses(call.services), call.services.settings
    view = await posts.view(call.db, _post_in(call.params.url, to.origin), viewer_id=call.viewer_id)
    if view.visibility > Visibility.QUIET or view.repost_of is not None:
        raise NotFound
    width = min(max(call.params.maxwidth or 400, NARROWEST), WIDEST)
    address = html.escape(f"{to.post(view.author.acct, view.id)}/embed")
    style = "border: 0; max-width: 100%"
    frame = f'<iframe src="{address}" width="{width}" height="{call.params.maxheight or 400}" style="{style}" '
    return OEmbed(
        title=f"{view.author.name}: {view.text[:60] or view.warning[:60]}".strip(),
        author_name=view.author.name,
        author_url=to.profile(view.author.acct),
        provider_name=settings.name,
        provider_url=f"{to.origin}/",
        html=frame + 'sandbox="allow-popups allow-popups-to-escape-sandbox" loading="lazy"></iframe>',
        width=width,
        height=call.params.maxheight,
    )


def _post_in(url: str, origin: str) -> PostId:
    """The post of an address of ours, like https://here/@alice/123. Raises: NotFound."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise NotFound from None
    at, _, last = parts.path.strip("/").partition("/")
    if f"{parts.scheme}://{parts.netloc}" != origin or not at.startswith("@"):
        raise NotFound
    if not last.isascii() or not last.isdigit() or len(last) > 18:
        raise NotFound
    return PostId(int(last))
