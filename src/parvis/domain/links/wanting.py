"""A post names an address: its page will be looked at, if that was not done lately."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta

import msgspec

from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain.links import queries, rules
from parvis.domain.links.fetch import FETCHING, FRESH_FOR, VAIN_FOR, Fetch
from parvis.domain.links.types import Card
from parvis.infra import jobs
from parvis.infra import text as texts
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection

SPREAD_S = 60.0  # posts from elsewhere reach thousands of servers at once, and all of them would look at once (case F8)


class Wanted(msgspec.Struct, frozen=True):
    """The link of a post, and the preview that is there already."""

    link_id: int
    card_id: int | None


def first_address(text: str, *, private: bool = False) -> str | None:
    """The first address in the text that we would go to, in its one form."""
    for one in texts.find(text):
        if one.kind == "link" and (address := rules.address_of(one.value, private=private)) is not None:
            return address
    return None


def hash_of(url: str, *, private: bool = False) -> bytes | None:
    """By what an address is known, however it is written; None for one that we would not go to."""
    address = rules.address_of(url, private=private)
    return None if address is None else _digest(address)


async def want(
    tx: Connection, ids: IdSource, author: AccountId, post_id: PostId, *, url: str, from_elsewhere: bool, now: datetime
) -> Wanted:
    """The post names that address, and its page is looked at before long unless what we know is fresh."""
    link = await queries.link_named(tx, ids.next(), _digest(url), url, post_id, author, now)
    known_for = FRESH_FOR if link["card_id"] is not None else VAIN_FOR
    if link["looked_at"] is None or link["looked_at"] < now - known_for:
        later = timedelta(seconds=random.random() * SPREAD_S if from_elsewhere else 0)  # noqa: S311 - no secret
        key = str(link["id"])
        await jobs.enqueue(tx, FETCHING, Fetch(link["id"]), priority=2, due_at=now + later, dedupe_key=key)
    return Wanted(link["id"], link["card_id"])


async def forget_post(tx: Connection, author: AccountId, post_id: PostId) -> bool:
    """Whether the post named an address; now it names none."""
    return await queries.link_unnamed(tx, author, post_id)


def _digest(address: str) -> bytes:
    return hashlib.sha256(address.encode()).digest()


def card_of(content: str | None) -> Card | None:
    """A preview as it is stored."""
    return from_json(content, Card) if content else None
