"""The SQL of list timelines: posts of the members, found at read, by the rules of home but for replies."""

from __future__ import annotations

from parvis.base.ids import AccountId, ListId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.proof import proof
from parvis.domain.posts.glances import ONCE, glances_of
from parvis.domain.posts.sight import LENS, may_see_original
from parvis.domain.timelines.queries import answers_followed, wanted_of_followed, within
from parvis.infra.postgres import Connection, Row


def belongs_to_list(reader: str = "$1", *, lens: bool = True) -> str:
    """A condition that holds when the post `p` (author `a`, a member) belongs in the list `l` of the reader.

    `f` is the reader's follow of the author, if there is one: readers may be in their own lists, and so may those whom
    they only ask to follow, of whom nothing is shown yet. Replies to others are shown when the list says to whom.
    """
    answers = f"""CASE l.replies
        WHEN 'followed' THEN {answers_followed("p", reader)}
        WHEN 'list' THEN EXISTS (
            SELECT FROM list_member blg_m
             WHERE blg_m.account_id = {reader} AND blg_m.list_id = l.id AND blg_m.member_id = p.in_reply_to_account_id)
        ELSE false END"""
    return f"""(
        CASE WHEN p.account_id = {reader}
        THEN p.deleted_at IS NULL
             AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = {reader} OR {answers})
             AND {may_see_original("p", reader)}
        ELSE f.target_id IS NOT NULL AND {wanted_of_followed("p", "a", "f", answers, reader, lens=lens)}
        END)"""


def _list_glances(order: str) -> str:
    """$1 reader, $2 max_id, $3 lower bound, $4 limit, $5 list, $6 a token's hash, or null."""
    source = """
        SELECT account_id, id, row_number() OVER (ORDER BY id DESC) AS ord
          FROM ids"""
    return f"""
        WITH {LENS}, l AS MATERIALIZED (
            SELECT id, replies FROM list WHERE account_id = $1 AND id = $5
        ), ids AS (
            SELECT m.account_id, m.id
              FROM l
              JOIN list_member w ON w.account_id = $1 AND w.list_id = l.id
              LEFT JOIN follow f ON f.account_id = $1 AND f.target_id = w.member_id
             CROSS JOIN LATERAL (
                   SELECT p.account_id, p.id
                     FROM post p
                     JOIN account a ON a.id = p.account_id
                    WHERE p.account_id = w.member_id AND {within("p.id")} AND {belongs_to_list()}
                    ORDER BY p.id {order}
                    LIMIT $4) m
             ORDER BY m.id {order}
             LIMIT $4
        ), head AS (
            SELECT EXISTS (SELECT FROM l) AS found, {proof("$6", "$1")} AS proven, {ONCE}
        )
        SELECT head.*, page.*
          FROM head
          LEFT JOIN ({glances_of(source)}) page ON true
         ORDER BY page.ord
    """


_LIST_GLANCES = {order: _list_glances(order) for order in ("DESC", "ASC")}


async def list_glances(
    db: Connection, reader: AccountId, list_id: ListId, page: PageRequest, *, token: bytes | None
) -> list[Row]:
    """Rows of glances, newest first, each with `found` (there is such a list) and `proven`; one row for no page."""
    order = "ASC" if page.forwards else "DESC"
    return await db.fetch(_LIST_GLANCES[order], reader, page.max_id, page.above, page.limit, list_id, token)
