"""What changes about a post between two looks: versions, numbers, the viewer's marks. One statement a page.

Everything else of a post is in fragments that doors keep (encoded JSON, finished HTML). A glance says which fragment is
current, by the versions of post and author, and it comes only for what the viewer may see: so a door never trusts a
fragment on its own word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.domain.accounts.proof import proof
from parvis.domain.posts.poll_queries import poll_of
from parvis.domain.posts.sight import may_see
from parvis.domain.posts.types import Poll
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row


class Glance(msgspec.Struct, frozen=True):
    """One post of a page. For a repost, `repost_of` is what is shown, and the numbers and marks are that post's."""

    id: PostId
    author_id: AccountId
    version: int
    author_version: int
    author_posts: int
    author_followers: int
    author_following: int
    author_last_post_on: date | None
    parent_seen: bool
    replies: int
    reposts: int
    favourites: int
    favourited: bool
    reposted: bool
    bookmarked: bool
    pinned: bool
    poll: Poll | None
    repost_of: Glance | None = None

    @property
    def shown(self) -> Glance:
        """The post whose text is shown."""
        return self.repost_of or self


def _parent_seen(post: str, viewer: str) -> str:
    return f"""({post}.in_reply_to_id IS NULL OR EXISTS (
        SELECT FROM post gp_q JOIN account gp_a ON gp_a.id = gp_q.account_id
         WHERE gp_q.account_id = {post}.in_reply_to_account_id AND gp_q.id = {post}.in_reply_to_id
           AND {may_see("gp_q", "gp_a", viewer)}))"""


def glances_of(source: str, viewer: str = "$1") -> str:
    """A SELECT of glances, newest first unless `ord` says otherwise, for a source of (account_id, id, ord).

    The source must yield only what the viewer may see, and reposts only with originals that the viewer may see.
    """
    return f"""
        SELECT g.ord, p.id, p.account_id, p.version, a.version AS author_version,
               coalesce(n.posts, 0) AS author_posts, coalesce(n.followers, 0) AS author_followers,
               coalesce(n.following, 0) AS author_following, n.last_post_on AS author_last_post_on,
               {_parent_seen("p", viewer)} AS parent_seen,
               coalesce(c.replies, 0) AS replies, coalesce(c.reposts, 0) AS reposts,
               coalesce(c.favourites, 0) AS favourites,
               EXISTS (SELECT FROM favourite f WHERE f.account_id = {viewer}
                          AND f.post_id = coalesce(p.repost_of_id, p.id)) AS favourited,
               EXISTS (SELECT FROM repost r WHERE r.account_id = {viewer}
                          AND r.post_id = coalesce(p.repost_of_id, p.id)) AS reposted,
               EXISTS (SELECT FROM bookmark b WHERE b.account_id = {viewer}
                          AND b.post_id = coalesce(p.repost_of_id, p.id)) AS bookmarked,
               p.account_id = {viewer} AND EXISTS (
                   SELECT FROM pin WHERE pin.account_id = {viewer} AND pin.post_id = p.id) AS pinned,
               CASE WHEN p.has_poll THEN {poll_of("p.account_id", "p.id", viewer)}
                    WHEN o.has_poll THEN {poll_of("o.account_id", "o.id", viewer)} END AS poll,
               o.id AS o_id, o.account_id AS o_account_id, o.version AS o_version, oa.version AS o_author_version,
               coalesce(ono.posts, 0) AS o_author_posts, coalesce(ono.followers, 0) AS o_author_followers,
               coalesce(ono.following, 0) AS o_author_following, ono.last_post_on AS o_author_last_post_on,
               CASE WHEN o.id IS NULL THEN true ELSE {_parent_seen("o", viewer)} END AS o_parent_seen
          FROM ({source}) g
          JOIN post p ON p.account_id = g.account_id AND p.id = g.id
          JOIN account a ON a.id = p.account_id
          LEFT JOIN account_counter n ON n.account_id = p.account_id
          LEFT JOIN post_counter c ON c.account_id = coalesce(p.repost_of_account_id, p.account_id)
                                  AND c.post_id = coalesce(p.repost_of_id, p.id)
          LEFT JOIN post o ON o.account_id = p.repost_of_account_id AND o.id = p.repost_of_id
          LEFT JOIN account oa ON oa.id = o.account_id
          LEFT JOIN account_counter ono ON ono.account_id = o.account_id
         ORDER BY g.ord
    """


# A list of ids, as far as the viewer may see them: $1 viewer, $2 ids.
BY_ID = f"""
    SELECT p.account_id, p.id, i.ord
      FROM unnest($2::bigint[]) WITH ORDINALITY AS i (id, ord)
      JOIN post_directory d ON d.id = i.id
      JOIN post p ON p.account_id = d.account_id AND p.id = d.id
      JOIN account a ON a.id = p.account_id
     WHERE {may_see()}
       AND (p.repost_of_id IS NULL OR EXISTS (
            SELECT FROM post q JOIN account qa ON qa.id = q.account_id
             WHERE q.account_id = p.repost_of_account_id AND q.id = p.repost_of_id AND {may_see("q", "qa")}))
"""

_BY_ID = glances_of(BY_ID)
_BY_ID_PROVED = f"""
    SELECT {proof("$3", "$1")} AS proven, page.*
      FROM (SELECT 1) one
      LEFT JOIN ({glances_of(BY_ID)}) page ON true
"""


async def glances(db: Connection, ids: Sequence[PostId], *, viewer_id: AccountId | None) -> list[Glance]:
    """Those of the posts that the viewer may see, in the order asked."""
    return [glance_of(row) for row in await db.fetch(_BY_ID, viewer_id, ids)] if ids else []


async def glances_proved(
    db: Connection, ids: Sequence[PostId], *, viewer_id: AccountId | None, token: bytes | None
) -> tuple[list[Glance], bool]:
    """The same, and whether the token is still the viewer's: one statement."""
    rows = await db.fetch(_BY_ID_PROVED, viewer_id, ids, token)
    return [glance_of(row) for row in rows if row["id"] is not None], rows[0]["proven"]


def glance_of(row: Row) -> Glance:
    """A row of `glances_of` as a struct."""
    marks = (
        row["replies"], row["reposts"], row["favourites"], row["favourited"], row["reposted"], row["bookmarked"],
        bool(row["pinned"]), from_json(row["poll"], Poll) if row["poll"] else None,
    )  # fmt: skip
    original = None
    if row["o_id"] is not None:
        original = Glance(
            row["o_id"],
            row["o_account_id"],
            row["o_version"],
            row["o_author_version"],
            row["o_author_posts"],
            row["o_author_followers"],
            row["o_author_following"],
            row["o_author_last_post_on"],
            row["o_parent_seen"],
            *marks,
        )
    return Glance(
        row["id"],
        row["account_id"],
        row["version"],
        row["author_version"],
        row["author_posts"],
        row["author_followers"],
        row["author_following"],
        row["author_last_post_on"],
        row["parent_seen"],
        *marks,
        original,
    )
