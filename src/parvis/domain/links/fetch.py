"""Looking at a page: once at a time for each address, uniformly in vain when it is in vain (cases F8 and F9)."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import msgspec
import structlog

from parvis.base.errors import Problem
from parvis.domain.links import queries, rules
from parvis.domain.links.types import Card, CardPicture, Found
from parvis.domain.media.rules import new_key
from parvis.domain.media.types import Picture
from parvis.infra.encoding import from_json, to_json
from parvis.infra.outbound import Errand
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

FETCHING = "links.fetch"
LEASE = timedelta(minutes=2)
FRESH_FOR = timedelta(days=7)
VAIN_FOR = timedelta(hours=6)  # an address that gave nothing is not asked again for so long
LEAST_S = 2.0  # nobody learns from the time it takes what is behind an address
PAGE = Errand(schemes=rules.SCHEMES, redirects=3, body_bytes=1024 * 1024, at_once_per_host=2)
PICTURE = Errand(schemes=rules.SCHEMES, redirects=3, body_bytes=2_000_000, at_once_per_host=2)
_ACCEPT = {"Accept": "text/html,application/xhtml+xml;q=0.9", "Accept-Language": "en,*;q=0.5"}


class Fetch(msgspec.Struct, frozen=True):
    """The payload of a job: which link."""

    link_id: int


async def look(
    services: Services, what: Fetch, *, now: datetime, anew: bool = False, least_s: float | None = None
) -> int | None:
    """The page was looked at, or is known. Answers the card that posts with this link show, or None.

    `anew`: whoever began to look at it died of something.

    Whatever goes wrong on the other side looks alike from here and takes at least as long.
    """
    async with services.db.transaction() as tx:
        url = await queries.leased(tx, what.link_id, now, now + LEASE, now - VAIN_FOR, anew=anew)
        if url is None:
            return await queries.card_now(tx, what.link_id)
        before = await queries.last_card(tx, what.link_id)
    began = time.monotonic()
    card = await _card(services, url)
    await asyncio.sleep(max(0.0, began + (LEAST_S if least_s is None else least_s) - time.monotonic()))
    if card is not None and before is not None and _says_the_same(from_json(before, Card), card):
        await _discard(services, card)
        card = None
    async with services.db.transaction() as tx:
        return await _keep(tx, services, what.link_id, card, now)


async def _keep(tx: Connection, services: Services, link_id: int, card: Card | None, now: datetime) -> int | None:
    card_id = None if card is None else services.ids.next()
    return await queries.looked(tx, link_id, card_id, None if card is None else to_json(card), now)


async def _card(services: Services, url: str) -> Card | None:
    private = services.settings.allow_private_addresses
    try:
        answer = await services.http.send("GET", url, errand=PAGE, headers=_ACCEPT)
        if answer.status != 200:
            return None
        kind = answer.headers.get("content-type", "")
        found = rules.read_page(answer.body, kind, answer.url, asked=url, private=private)
    except Problem as problem:
        log.debug("links.in_vain", problem=type(problem).__name__)
        return None
    if found is None:
        return None
    return msgspec.structs.replace(found.card, picture=await _picture(services, found))


async def _picture(services: Services, found: Found) -> CardPicture | None:
    """The page's picture, encoded anew by ourselves; without one a preview has none."""
    if found.picture_url is None:
        return None
    try:
        answer = await services.http.send("GET", found.picture_url, errand=PICTURE)
        if answer.status != 200 or not answer.whole or not answer.body:
            return None
        made = await services.images.process(answer.body, "attachment")
    except Problem as problem:
        log.debug("links.no_picture", problem=type(problem).__name__)
        return None
    key, file = new_key("previews"), next(one for one in made.files if one.name == "small.webp")
    size_bytes = await services.storage.put(f"{key}/{file.name}", file.data, file.content_type)
    picture = Picture(file.name, file.width, file.height, size_bytes, file.content_type)
    return CardPicture(key, picture, made.blurhash, found.picture_description)


def _says_the_same(one: Card, other: Card) -> bool:
    blank = {"picture": None}
    same_words = msgspec.structs.replace(one, **blank) == msgspec.structs.replace(other, **blank)
    pictures = [card.picture and (card.picture.blurhash, card.picture.file.size_bytes) for card in (one, other)]
    return same_words and pictures[0] == pictures[1]


async def _discard(services: Services, card: Card) -> None:
    if card.picture is not None:
        await services.storage.delete_prefix(card.picture.key)
