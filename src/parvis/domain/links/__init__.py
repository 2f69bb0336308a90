"""Addresses that posts name, and previews of the pages behind them.

One page is looked at once, however many posts name it, by the one way out (`infra/outbound.py`). What a page says is text and a
picture of our own encoding, never its markup. Which post shows which preview is the business of `posts`.
"""

from parvis.domain.links.fetch import FETCHING, Fetch, look
from parvis.domain.links.tidy import delete_unused
from parvis.domain.links.types import Card
from parvis.domain.links.wanting import card_of, first_address, forget_post, hash_of, want

__all__ = [
    "FETCHING",
    "Card",
    "Fetch",
    "card_of",
    "delete_unused",
    "first_address",
    "forget_post",
    "hash_of",
    "look",
    "want",
]
