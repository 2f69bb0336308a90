"""The SQL of timelines. One condition says what belongs in a reader's home, whichever way the posts are found."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import MAX_ID, AccountId, PostId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.proof import proof
from parvis.domain.posts.glances import ONCE, glances_of
from parvis.domain.posts.sight import (
    LENS,
    blocks,
    blocks_by_lens,
    is_silenced,
    is_silenced_by_lens,
    may_see,
    may_see_of_followed,
    may_see_original,
)
from parvis.infra.postgres import Connection, Row


def belongs(post: str, author: str, follow: str, reader: str = "$1", *, lens: bool = True) -> str:
    """A condition that holds when a post by somebody the reader follows belongs in the reader's home.

    `follow` is the alias of the reader's `follow` row of the author. Replies are shown when they answer the author
    themselves, the reader, or somebody the reader follows; reposts unless the reader hid them; nothing by, to or of
    somebody blocked or muted; nothing by members of an exclusive list. `lens`: the statement has that CTE, and is about
    one reader.
    """
    answers = answers_followed(post, reader)
    return f"(NOT {follow}.apart AND {wanted_of_followed(post, author, follow, answers, reader, lens=lens)})"


def answers_followed(post: str, reader: str = "$1") -> str:
    """A condition that holds when the post answers somebody the reader follows."""
    return f"""EXISTS (
        SELECT FROM follow bel_f
         WHERE bel_f.account_id = {reader} AND bel_f.target_id = {post}.in_reply_to_account_id)"""


def wanted_of_followed(
    post: str, author: str, follow: str, answers: str, reader: str = "$1", *, lens: bool = True
) -> str:
    """What home and lists have in common. `answers`: a condition for posts that answer others than author and reader."""
    silenced = is_silenced_by_lens if lens else is_silenced
    blocking = blocks_by_lens if lens else blocks
    return f"""(
        {may_see_of_followed(post, author, reader)}
        AND NOT {silenced(f"{post}.account_id", reader)}
        AND ({follow}.languages IS NULL OR {post}.language IS NULL OR {post}.repost_of_id IS NOT NULL
             OR {post}.language = ANY ({follow}.languages))
        AND (
            {post}.in_reply_to_id IS NULL
            OR {post}.in_reply_to_account_id IN ({post}.account_id, {reader})
            OR ({answers} AND NOT {silenced(f"{post}.in_reply_to_account_id", reader)}))
        AND (
            {post}.repost_of_id IS NULL
            OR ({follow}.show_reposts
                AND NOT {silenced(f"{post}.repost_of_account_id", reader)}
                AND NOT {blocking(f"{post}.repost_of_account_id", reader)}
                AND EXISTS (SELECT FROM post bel_o JOIN account bel_a ON bel_a.id = bel_o.account_id
                             WHERE bel_o.account_id = {post}.repost_of_account_id AND bel_o.id = {post}.repost_of_id
                               AND bel_o.deleted_at IS NULL AND bel_a.state < 2
                               -- Posts for followers are passed on by their authors only, whom the reader follows.
                               AND bel_o.visibility <= 2)))
    )"""


def belongs_by_tag(post: str, author: str, reader: str = "$1", *, lens: bool = True) -> str:
    """A condition that holds when a post under a hashtag that the reader follows belongs in the reader's home.

    Only what is public, and nothing by or to somebody blocked or muted, or by somebody who blocks the reader.
    """
    silenced = is_silenced_by_lens if lens else is_silenced
    blocking = blocks_by_lens if lens else blocks
    return f"""(
        {post}.visibility = 0 AND {post}.repost_of_id IS NULL AND {post}.deleted_at IS NULL AND {author}.state = 0
        AND NOT {silenced(f"{post}.account_id", reader)}
        AND NOT {blocking(f"{post}.account_id", reader)}
        AND ({post}.in_reply_to_id IS NULL OR NOT {silenced(f"{post}.in_reply_to_account_id", reader)})
    )"""


def has_followed_tag(post: str, reader: str) -> str:
    """A condition that holds when the reader follows a hashtag of the post."""
    return f"""({post}.tags <> '{{}}' AND EXISTS (
        SELECT FROM tag_follow htg_f
          JOIN post_tag htg_t ON htg_t.tag = htg_f.tag AND htg_t.post_id = {post}.id
         WHERE htg_f.account_id = {reader}))"""


def is_at_home(reader: str) -> str:
    """A condition that holds when the post `p` (author `a`, the reader's follow `f` or none) is in the reader's home."""
    return f"""(
        ({reader} = p.account_id AND p.deleted_at IS NULL AND {may_see_original("p", reader)})
        OR (f.target_id IS NOT NULL AND {belongs("p", "a", "f", reader, lens=False)})
        OR ({has_followed_tag("p", reader)} AND {belongs_by_tag("p", "a", reader, lens=False)}))"""


def within(column: str) -> str:
    """A condition that holds for ids of the wanted page: below $2, above $3."""
    return f"{column} < coalesce($2, {MAX_ID}) AND {column} > coalesce($3::bigint, 0)"


def _state(above_floor: str) -> str:
    return f"""
        state AS MATERIALIZED (
            SELECT floor_id FROM home_state
             WHERE account_id = $1 AND ready AND $5 AND active_at > $6 AND {above_floor}
        )"""


# The reader's rows, if they can be relied on for a page going down: $2 max_id, $5 whether to, $6 oldest activity.
STATE_BELOW = _state(f"coalesce($2, {MAX_ID}) > floor_id + 1")
_STATE_ABOVE = _state("$3 >= floor_id")


def by_tag_ids(order: str) -> str:
    """A SELECT of (account_id, id) of posts under hashtags that the reader follows, at most $4 that fit."""
    return f"""
            (SELECT DISTINCT m.account_id, m.id  -- a post under two of the hashtags counts once
               FROM tag_follow w
              CROSS JOIN LATERAL (
                    SELECT p.account_id, p.id
                      FROM post_tag t
                      JOIN post p ON p.account_id = t.account_id AND p.id = t.post_id
                      JOIN account a ON a.id = p.account_id
                     WHERE t.tag = w.tag AND {within("t.post_id")} AND {belongs_by_tag("p", "a")}
                     ORDER BY t.post_id {order}
                     LIMIT $4) m
              WHERE w.account_id = $1
              ORDER BY m.id {order}
              LIMIT $4)"""


def _home_ids(order: str) -> str:
    """CTEs `state` and `ids` (account_id, id) of a page of home, at most $4 of each kind and not yet cut to $4.

    $1 reader, $2 max_id, $3 lower bound, $4 limit, $5 whether rows may be used, $6 oldest activity that counts.
    """

    return f"""{_STATE_ABOVE if order == "ASC" else STATE_BELOW}, ids AS (
            (SELECT e.author_id AS account_id, e.post_id AS id
               FROM home_entry e
               JOIN follow f ON f.account_id = $1 AND f.target_id = e.author_id AND f.in_rows
               JOIN post p ON p.account_id = e.author_id AND p.id = e.post_id
               JOIN account a ON a.id = p.account_id
              WHERE e.account_id = $1 AND e.post_id > (SELECT floor_id FROM state) AND {within("e.post_id")}
                AND {belongs("p", "a", "f")}
              ORDER BY e.post_id {order}
              LIMIT $4)
             UNION
            (SELECT p.account_id, p.id
               FROM post p
              WHERE p.account_id = $1 AND p.deleted_at IS NULL AND {may_see_original()} AND {within("p.id")}
              ORDER BY p.id {order}
              LIMIT $4)
             UNION
            (SELECT m.account_id, m.id
               FROM follow f
              CROSS JOIN LATERAL (
                    SELECT p.account_id, p.id
                      FROM post p
                      JOIN account a ON a.id = p.account_id
                     WHERE p.account_id = f.target_id AND {within("p.id")} AND {belongs("p", "a", "f")}
                     ORDER BY p.id {order}
                     LIMIT $4) m
              WHERE f.account_id = $1 AND (NOT f.in_rows OR NOT EXISTS (SELECT FROM state))
              ORDER BY m.id {order}
              LIMIT $4)
             UNION {by_tag_ids(order)}
        )"""


def _home(order: str) -> str:
    return f"""
        WITH {LENS}, {_home_ids(order)}
        SELECT (SELECT floor_id FROM state) AS floor_id,
               (SELECT active_at FROM home_state WHERE account_id = $1) AS active_at,
               array(SELECT id FROM ids ORDER BY id {order} LIMIT $4) AS ids
    """


def _home_glances(order: str) -> str:
    """The same page as glances, with $7 (a token's hash, or null) proved in passing."""
    source = f"""
        SELECT account_id, id, row_number() OVER (ORDER BY id DESC) AS ord
          FROM (SELECT * FROM ids ORDER BY id {order} LIMIT $4) cut"""
    return f"""
        WITH {LENS}, {_home_ids(order)}, head AS (
            SELECT (SELECT floor_id FROM state) AS floor_id,
                   (SELECT active_at FROM home_state WHERE account_id = $1) AS active_at,
                   {proof("$7", "$1")} AS proven, {ONCE}
        )
        SELECT head.*, page.*
          FROM head
          LEFT JOIN ({glances_of(source)}) page ON true
         ORDER BY page.ord
    """


_HOME = {order: _home(order) for order in ("DESC", "ASC")}
_HOME_GLANCES = {order: _home_glances(order) for order in ("DESC", "ASC")}


async def home_ids(
    db: Connection, reader: AccountId, page: PageRequest, *, use_rows: bool, active_since: datetime
) -> Row:
    """`ids` in the direction of the page, `floor_id` (null when rows were not used), `active_at` of the reader."""
    row = await db.fetchrow(
        _HOME["ASC" if page.forwards else "DESC"], reader, page.max_id, page.above, page.limit, use_rows, active_since
    )
    assert row is not None
    return row


async def home_glances(
    db: Connection, reader: AccountId, page: PageRequest, *, use_rows: bool, active_since: datetime, token: bytes | None
) -> list[Row]:
    """Rows of glances, newest first, each with floor_id, active_at and `proven`; one row without a post for no page."""
    order = "ASC" if page.forwards else "DESC"
    return await db.fetch(
        _HOME_GLANCES[order], reader, page.max_id, page.above, page.limit, use_rows, active_since, token
    )


def _wanted() -> str:
    return f"""
        SELECT v.id
          FROM post_directory d
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
         CROSS JOIN unnest($2::bigint[]) AS v (id)
          LEFT JOIN follow f ON f.account_id = v.id AND f.target_id = p.account_id
         WHERE d.id = $1 AND {is_at_home("v.id")}
    """


_WANTED = _wanted()


async def readers_wanting(db: Connection, post_id: PostId, readers: list[AccountId]) -> set[AccountId]:
    """Those of the readers who have the post in their home."""
    return {row["id"] for row in await db.fetch(_WANTED, post_id, readers)}


def _listing(source: str, condition: str, order: str) -> str:
    """A page of posts from `source` (which names p and a): $1 viewer, $2 max_id, $3 lower bound, $4 limit."""
    return f"""
        SELECT p.account_id, p.id
          FROM {source}
         WHERE {may_see()} AND {condition}
           AND p.id < coalesce($2, {MAX_ID}) AND p.id > coalesce($3::bigint, 0)
         ORDER BY p.id {order}
         LIMIT $4
    """


async def _ids(
    db: Connection, source: str, condition: str, viewer: AccountId | None, page: PageRequest, *more: object
) -> list[PostId]:
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(_listing(source, condition, order), viewer, page.max_id, page.above, page.limit, *more)
    ids = [PostId(row["id"]) for row in rows]
    return ids[::-1] if page.forwards else ids


_UNSILENCED = f"($1::bigint IS NULL OR NOT {is_silenced('p.account_id')})"
_MEDIA = "(NOT $5 OR p.attachments <> '[]')"


async def public_ids(db: Connection, viewer: AccountId | None, page: PageRequest, *, only_media: bool) -> list[PostId]:
    """Public posts of this server's people, without replies to others and reposts."""
    return await _ids(
        db,
        "post p JOIN account a ON a.id = p.account_id",
        f"""p.visibility = 0 AND p.repost_of_id IS NULL AND p.deleted_at IS NULL
            AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id)
            AND a.state = 0 AND a.domain IS NULL AND {_UNSILENCED} AND {_MEDIA}""",
        viewer,
        page,
        only_media,
    )


async def tag_ids(
    db: Connection,
    viewer: AccountId | None,
    page: PageRequest,
    *,
    any_of: list[str],
    all_of: list[str],
    none_of: list[str],
    only_media: bool,
) -> list[PostId]:
    """Public posts under any of the tags, under all of the second list, under none of the third (folded names)."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT DISTINCT p.id
          FROM post_tag t
          JOIN post p ON p.account_id = t.account_id AND p.id = t.post_id
          JOIN account a ON a.id = p.account_id
         WHERE t.tag = ANY ($6::text[])
           AND {may_see()} AND p.visibility = 0 AND a.state = 0 AND {_UNSILENCED} AND {_MEDIA}
           AND (SELECT count(*) FROM post_tag u WHERE u.post_id = p.id AND u.tag = ANY ($7::text[])) = cardinality($7)
           AND NOT EXISTS (SELECT FROM post_tag u WHERE u.post_id = p.id AND u.tag = ANY ($8::text[]))
           AND t.post_id < coalesce($2, {MAX_ID}) AND t.post_id > coalesce($3::bigint, 0)
         ORDER BY p.id {order}
         LIMIT $4
        """,
        viewer,
        page.max_id,
        page.above,
        page.limit,
        only_media,
        any_of,
        all_of,
        none_of,
    )
    ids = [PostId(row["id"]) for row in rows]
    return ids[::-1] if page.forwards else ids


async def link_ids(db: Connection, viewer: AccountId | None, page: PageRequest, url_hash: bytes) -> list[PostId]:
    """Public posts that name the address."""
    return await _ids(
        db,
        """link l
           JOIN post_link n ON n.link_id = l.id
           JOIN post p ON p.account_id = n.account_id AND p.id = n.post_id
           JOIN account a ON a.id = p.account_id""",
        f"l.url_hash = $5 AND p.visibility = 0 AND a.state = 0 AND a.discoverable AND {_UNSILENCED}",
        viewer,
        page,
        url_hash,
    )


async def account_ids(
    db: Connection,
    viewer: AccountId | None,
    author: AccountId,
    page: PageRequest,
    *,
    only_media: bool,
    without_replies: bool,
    without_reposts: bool,
    tag: str | None,
    without_direct: bool = False,
) -> list[PostId]:
    """One account's posts as the viewer may see them; muting does not hide them on their own page."""
    return await _ids(
        db,
        """post p JOIN account a ON a.id = p.account_id
           LEFT JOIN post o ON o.account_id = p.repost_of_account_id AND o.id = p.repost_of_id
           LEFT JOIN account oa ON oa.id = o.account_id""",
        f"""p.account_id = $6
            AND {_MEDIA.replace("<> '[]'", "<> '[]' AND p.repost_of_id IS NULL")}
            AND (NOT $7 OR p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id)
            AND (p.repost_of_id IS NULL OR (NOT $8 AND {may_see("o", "oa")}))
            AND ($9::text IS NULL OR EXISTS (SELECT FROM post_tag t WHERE t.tag = $9 AND t.post_id = p.id))
            AND (NOT $10 OR p.visibility < 3)""",
        viewer,
        page,
        only_media,
        author,
        without_replies,
        without_reposts,
        tag,
        without_direct,
    )
