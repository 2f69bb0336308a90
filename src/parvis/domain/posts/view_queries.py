"""The SQL that fetches posts as one viewer sees them: one statement a page."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, PostId
from parvis.base.pages import PageRequest
from parvis.domain.posts.poll_queries import poll_of
from parvis.domain.posts.quote_queries import may_quote, quote_seen
from parvis.domain.posts.reply_queries import may_reply
from parvis.domain.posts.sight import blocks, is_silenced, may_see, may_see_original
from parvis.domain.relationships.filter_queries import filter_version
from parvis.infra.postgres import Connection, Row

_POSTS = f"""
    WITH asked AS (
        SELECT d.account_id, d.id, p.repost_of_account_id, p.repost_of_id,
               coalesce(o.quote_of_account_id, p.quote_of_account_id) AS quote_of_account_id,
               coalesce(o.quote_of_id, p.quote_of_id) AS quote_of_id,
               coalesce(o.quote_state, p.quote_state) AS quote_state
          FROM unnest($2::bigint[]) AS i (id)
          JOIN post_directory d ON d.id = i.id
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          LEFT JOIN post o ON o.account_id = p.repost_of_account_id AND o.id = p.repost_of_id
    ), wanted AS (
        SELECT account_id, id FROM asked
         UNION
        SELECT repost_of_account_id, repost_of_id FROM asked WHERE repost_of_id IS NOT NULL
         UNION
        SELECT quote_of_account_id, quote_of_id FROM asked WHERE quote_state = 1
    )
    SELECT p.id, p.account_id, p.created_at, p.edited_at, p.visibility, p.language, p.text, p.html, p.warning,
           p.sensitive, p.in_reply_to_id, p.in_reply_to_account_id, p.thread_id, p.repost_of_id, p.attachments,
           p.mentions, p.tags, p.app_name, p.app_website, p.version,
           coalesce(c.replies, 0) AS replies, coalesce(c.reposts, 0) AS reposts, coalesce(c.favourites, 0) AS favourites,
           coalesce(c.quotes, 0) AS quotes, p.quote_of_id, p.quote_policy, {quote_seen()} AS quote_seen,
           {may_quote()} AS may_quote, p.reply_policy, {may_reply()} AS may_reply,
           EXISTS (SELECT FROM favourite f WHERE f.account_id = $1 AND f.post_id = p.id) AS favourited,
           EXISTS (SELECT FROM repost r WHERE r.account_id = $1 AND r.post_id = p.id) AS reposted,
           EXISTS (SELECT FROM bookmark b WHERE b.account_id = $1 AND b.post_id = p.id) AS bookmarked,
           p.thread_id IN (SELECT thread_id FROM thread_mute WHERE account_id = $1) AS muted,
           p.account_id = $1 AND EXISTS (
               SELECT FROM pin WHERE pin.account_id = $1 AND pin.post_id = p.id) AS pinned,
           CASE WHEN p.has_poll THEN {poll_of("p.account_id", "p.id")} END AS poll,
           CASE WHEN p.card_id IS NOT NULL THEN (SELECT k.content FROM card k WHERE k.id = p.card_id) END AS card,
           p.in_reply_to_id IS NULL OR EXISTS (
               SELECT FROM post q JOIN account qa ON qa.id = q.account_id
                WHERE q.account_id = p.in_reply_to_account_id AND q.id = p.in_reply_to_id
                  AND {may_see("q", "qa")}) AS parent_seen,
           a.handle, a.domain, a.display_name, a.note, a.note_html, a.fields, a.avatar_key, a.header_key,
           a.avatar_description, a.header_description, a.locked, a.bot, a.discoverable, a.indexable,
           a.hide_collections, a.show_media, a.show_media_replies, a.show_featured,
           a.state, a.version AS account_version, a.created_at AS joined_at,
           coalesce(n.posts, 0) AS posts_count, coalesce(n.followers, 0) AS followers_count,
           coalesce(n.following, 0) AS following_count, n.last_post_on, l.role, {filter_version()} AS filter_version
      FROM wanted w
      JOIN post p ON p.account_id = w.account_id AND p.id = w.id
      JOIN account a ON a.id = p.account_id
      LEFT JOIN post_counter c ON c.account_id = p.account_id AND c.post_id = p.id
      LEFT JOIN account_counter n ON n.account_id = p.account_id
      LEFT JOIN login l ON l.account_id = p.account_id
     WHERE {may_see()}
"""


async def visible_posts(db: Connection, ids: Sequence[PostId], viewer: AccountId | None) -> list[Row]:
    """The posts of these ids that the viewer may see, with originals of reposts and what is quoted, in no order."""
    return await db.fetch(_POSTS, viewer, ids)


_EYES = f"""
    SELECT v.id AS viewer, p.id, p.account_id, p.in_reply_to_id, p.in_reply_to_account_id,
           EXISTS (SELECT FROM favourite f WHERE f.account_id = v.id AND f.post_id = p.id) AS favourited,
           EXISTS (SELECT FROM repost r WHERE r.account_id = v.id AND r.post_id = p.id) AS reposted,
           EXISTS (SELECT FROM bookmark b WHERE b.account_id = v.id AND b.post_id = p.id) AS bookmarked,
           EXISTS (SELECT FROM thread_mute t WHERE t.account_id = v.id AND t.thread_id = p.thread_id) AS muted,
           p.quote_of_id, {quote_seen(viewer="v.id")} AS quote_seen, {may_quote(viewer="v.id")} AS may_quote,
           {filter_version("v.id")} AS filter_version,
           p.account_id = v.id AND EXISTS (
               SELECT FROM pin WHERE pin.account_id = v.id AND pin.post_id = p.id) AS pinned,
           CASE WHEN p.has_poll THEN (
               SELECT o.choices FROM poll_vote o WHERE o.account_id = v.id AND o.post_id = p.id) END AS choices,
           p.in_reply_to_id IS NULL OR EXISTS (
               SELECT FROM post q JOIN account qa ON qa.id = q.account_id
                WHERE q.account_id = p.in_reply_to_account_id AND q.id = p.in_reply_to_id
                  AND {may_see("q", "qa", "v.id")}) AS parent_seen
      FROM post_directory d
      JOIN post asked ON asked.account_id = d.account_id AND asked.id = d.id
      LEFT JOIN post o ON o.account_id = asked.repost_of_account_id AND o.id = asked.repost_of_id
     CROSS JOIN LATERAL (VALUES (asked.account_id, asked.id), (asked.repost_of_account_id, asked.repost_of_id),
                                (coalesce(o.quote_of_account_id, asked.quote_of_account_id),
                                 coalesce(o.quote_of_id, asked.quote_of_id))) AS w (account_id, id)
      JOIN post p ON p.account_id = w.account_id AND p.id = w.id
      JOIN account a ON a.id = p.account_id
     CROSS JOIN unnest($2::bigint[]) AS v (id)
     WHERE d.id = $1 AND {may_see(viewer="v.id")}
     ORDER BY p.id
"""


async def eyes(
    db: Connection, post_id: PostId, viewers: Sequence[AccountId | None]
) -> dict[AccountId | None, list[Row]]:
    """What each of the viewers who may see the post (its original, what it quotes) sees differently from others (null: a
    stranger)."""
    found: dict[AccountId | None, list[Row]] = {}
    for row in await db.fetch(_EYES, post_id, viewers):
        found.setdefault(row["viewer"], []).append(row)
    return found


_SEERS = f"""
    SELECT v.id
      FROM post_directory d
      JOIN post p ON p.account_id = d.account_id AND p.id = d.id
      JOIN account a ON a.id = p.account_id
     CROSS JOIN unnest($2::bigint[]) AS v (id)
     WHERE d.id = $1 AND {may_see(viewer="v.id")} AND {may_see_original(viewer="v.id")}
"""


async def seers(db: Connection, post_id: PostId, viewers: Sequence[AccountId]) -> set[AccountId]:
    """Those of the viewers who may see the post."""
    return {row["id"] for row in await db.fetch(_SEERS, post_id, viewers)}


_THREAD = f"""
    SELECT p.id, p.in_reply_to_id, p.thread_id
      FROM post_directory d
      JOIN post focus ON focus.account_id = d.account_id AND focus.id = d.id
      JOIN post p ON p.thread_id = focus.thread_id AND p.repost_of_id IS NULL
      JOIN account a ON a.id = p.account_id
     WHERE d.id = $2 AND {may_see()}
       AND (p.id <= $2 OR $1::bigint IS NULL OR NOT {is_silenced("p.account_id")})
     ORDER BY p.id
     LIMIT $3
"""


async def thread_bones(db: Connection, post_id: PostId, viewer: AccountId | None, most: int) -> list[Row]:
    """id, in_reply_to_id and thread_id of every post of the conversation that the viewer may see, oldest first."""
    return await db.fetch(_THREAD, viewer, post_id, most)


async def page_of_marks(db: Connection, table: str, viewer: AccountId, page: PageRequest) -> list[Row]:
    """post_id and id of the viewer's own favourites or bookmarks, newest mark first."""
    assert table in ("favourite", "bookmark")
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT m.id, m.post_id
          FROM {table} m
          JOIN post_directory d ON d.id = m.post_id
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
         WHERE m.account_id = $1 AND {may_see()}
           AND ($2::bigint IS NULL OR m.id < $2)
           AND ($3::bigint IS NULL OR m.id > $3)
         ORDER BY m.id {order}
         LIMIT $4
        """,
        viewer,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows


async def favouriters(db: Connection, post_id: PostId, viewer: AccountId | None, page: PageRequest) -> list[Row]:
    """account_id and id of the favourites of a post, newest first, without those the viewer silenced and who block them."""
    return await db.fetch(
        f"""
        SELECT f.id, f.account_id
          FROM favourite f
          JOIN account a ON a.id = f.account_id AND a.state < 2
         WHERE f.post_id = $2
           AND ($1::bigint IS NULL OR NOT {is_silenced("f.account_id")})
           AND NOT {blocks("f.account_id")}
           AND ($3::bigint IS NULL OR f.id < $3)
           AND ($4::bigint IS NULL OR f.id > $4)
         ORDER BY f.id DESC
         LIMIT $5
        """,
        viewer,
        post_id,
        page.max_id,
        page.above,
        page.limit,
    )


async def reposters(db: Connection, post_id: PostId, viewer: AccountId | None, page: PageRequest) -> list[Row]:
    """account_id and id of the reposts of a post that the viewer may see, newest first."""
    return await db.fetch(
        f"""
        SELECT p.id, p.account_id
          FROM post p
          JOIN account a ON a.id = p.account_id
         WHERE p.repost_of_id = $2 AND p.deleted_at IS NULL AND {may_see()}
           AND ($1::bigint IS NULL OR NOT {is_silenced("p.account_id")})
           AND ($3::bigint IS NULL OR p.id < $3)
           AND ($4::bigint IS NULL OR p.id > $4)
         ORDER BY p.id DESC
         LIMIT $5
        """,
        viewer,
        post_id,
        page.max_id,
        page.above,
        page.limit,
    )
