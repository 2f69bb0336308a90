"""Previews below posts: which one a post shows. A post that gets one gets a new version, so that no fragment stays without."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain import links
from parvis.domain.posts import card_queries
from parvis.infra.postgres import Connection


async def want_preview(tx: Connection, ids: IdSource, post_id: PostId, *, private: bool, now: datetime) -> None:
    """The first address in the post is known, its preview shown if there is one, or wanted.

    `private`: addresses inside count too (closed test networks).
    """
    post = await card_queries.locked_words(tx, post_id)
    if post is None:
        return
    url = links.first_address(post["text"], private=private)
    if url is None:
        if await links.forget_post(tx, post["account_id"], post_id):
            await card_queries.card_set(tx, post["account_id"], post_id, None)
        return
    elsewhere = post["domain"] is not None
    wanted = await links.want(tx, ids, post["account_id"], post_id, url=url, from_elsewhere=elsewhere, now=now)
    await card_queries.card_set(tx, post["account_id"], post_id, wanted.card_id)


async def forget_preview(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """The removed post names no address any more."""
    await links.forget_post(tx, author, post_id)


async def show_card(tx: Connection, link_id: int, card_id: int) -> None:
    """Every post that names the link and shows no preview yet shows this one."""
    await card_queries.card_shown(tx, link_id, card_id)
