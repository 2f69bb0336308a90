"""The SQL of listings as glances: ids, versions, numbers, marks, sight and the token's validity in one statement."""

from __future__ import annotations

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.proof import proof
from parvis.domain.posts.glances import ONCE, glances_of
from parvis.domain.posts.sight import LENS, is_silenced_by_lens, may_see, may_see_of_everybody
from parvis.domain.timelines.queries import within
from parvis.infra.postgres import Connection, Row

_MEDIA = "(NOT $6 OR p.attachments <> '[]')"

_PUBLIC = f"""
    SELECT p.account_id, p.id
      FROM post p
      JOIN account a ON a.id = p.account_id
     WHERE p.visibility = 0 AND p.repost_of_id IS NULL AND p.deleted_at IS NULL
       AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id)
       AND a.state = 0 AND a.domain IS NULL
       AND {may_see_of_everybody("p", "a")}
       AND NOT {is_silenced_by_lens("p.account_id")}
       AND {_MEDIA}"""

# $7 author, $8 without replies, $9 without reposts, $10 a folded hashtag or null, $11 without what is for mentioned people
_ACCOUNT = f"""
    SELECT p.account_id, p.id
      FROM post p
      JOIN account a ON a.id = p.account_id
      LEFT JOIN post o ON o.account_id = p.repost_of_account_id AND o.id = p.repost_of_id
      LEFT JOIN account oa ON oa.id = o.account_id
     WHERE p.account_id = $7
       AND {may_see()}
       AND (NOT $6 OR (p.attachments <> '[]' AND p.repost_of_id IS NULL))
       AND (NOT $8 OR p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id)
       AND (p.repost_of_id IS NULL OR (NOT $9 AND {may_see("o", "oa")}))
       AND ($10::text IS NULL OR EXISTS (SELECT FROM post_tag t WHERE t.tag = $10 AND t.post_id = p.id))
       AND (NOT $11 OR p.visibility < 3)"""


def _glances(listing: str, order: str, more: str = "") -> str:
    """$1 viewer, $2 max_id, $3 lower bound, $4 limit, $5 a token's hash or null, $6 with media only, then the listing's."""
    return f"""
        WITH {LENS}, ids AS (
            {listing} AND {within("p.id")}
             ORDER BY p.id {order}
             LIMIT $4
        ), head AS (
            SELECT {proof("$5", "$1")} AS proven{more}, {ONCE}
        )
        SELECT head.*, page.*
          FROM head
          LEFT JOIN ({glances_of("SELECT account_id, id, row_number() OVER (ORDER BY id DESC) AS ord FROM ids")}) page
            ON true
         ORDER BY page.ord
    """


_KNOWN = ", EXISTS (SELECT FROM account known WHERE known.id = $7 AND known.state < 3) AS known"
_PUBLIC_GLANCES = {order: _glances(_PUBLIC, order) for order in ("DESC", "ASC")}
_ACCOUNT_GLANCES = {order: _glances(_ACCOUNT, order, _KNOWN) for order in ("DESC", "ASC")}


async def public_glances(
    db: Connection, viewer: AccountId | None, page: PageRequest, *, token: bytes | None, only_media: bool
) -> list[Row]:
    """Rows of glances, newest first, each with `proven`; one row without a post for no page."""
    order = "ASC" if page.forwards else "DESC"
    return await db.fetch(_PUBLIC_GLANCES[order], viewer, page.max_id, page.above, page.limit, token, only_media)


async def account_glances(
    db: Connection,
    viewer: AccountId | None,
    author: AccountId,
    page: PageRequest,
    *,
    token: bytes | None,
    only_media: bool,
    without_replies: bool,
    without_reposts: bool,
    without_direct: bool,
    tag: str | None,
) -> list[Row]:
    """Rows of glances, newest first, each with `proven` and `known` (there is such an account)."""
    order = "ASC" if page.forwards else "DESC"
    return await db.fetch(
        _ACCOUNT_GLANCES[order],
        viewer,
        page.max_id,
        page.above,
        page.limit,
        token,
        only_media,
        author,
        without_replies,
        without_reposts,
        tag,
        without_direct,
    )
