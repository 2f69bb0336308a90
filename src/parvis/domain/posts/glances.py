"""What changes about a post between two looks: versions, numbers, the viewer's marks. One statement a page.

Everything else of a post is in fragments that doors keep (encoded JSON, finished HTML). A glance says which fragment is
current, by the versions of post and author, and it comes only for what the viewer may see: so a door never trusts a
fragment on its own word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.domain.accounts.proof import proof
from parvis.domain.posts.poll_queries import poll_of
from parvis.domain.posts.quote_queries import may_quote, quote_seen
from parvis.domain.posts.sight import may_see, may_see_original
from parvis.domain.posts.types import QUOTE_STATES, Poll
from parvis.domain.relationships.filter_queries import filter_version
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row


class QuoteGlance(msgspec.Struct, frozen=True):
    """A quote as the viewer meets it, like `types.Quote`."""

    state: str
    post_id: PostId | None = None
    post: Glance | None = None


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
    quotes: int
    may_quote: bool
    favourited: bool
    reposted: bool
    bookmarked: bool
    muted: bool
    pinned: bool
    poll: Poll | None
    filter_version: int | None  # of the viewer's filters; None when they have none
    repost_of: Glance | None = None
    quote: QuoteGlance | None = None

    @property
    def shown(self) -> Glance:
        """The post whose text is shown."""
        return self.repost_of or self

    def parts(self) -> Iterator[Glance]:
        """The glance, and everything that is shown inside it."""
        yield self
        if self.repost_of is not None:
            yield from self.repost_of.parts()
        if self.quote is not None and self.quote.post is not None:
            yield self.quote.post


# What is fetched once a statement ($1 viewer): their own pinned posts, and the version of their filters.
ONCE = f"array(SELECT post_id FROM pin WHERE account_id = $1) AS pinned_ids, {filter_version()} AS filter_version"


def _parent(post: str) -> str:
    """How visible the answered post is; as good as for nobody (4) when its author blocks the viewer or is not active."""
    return f"""
        CASE WHEN {post}.parent_visibility < 2
              AND ({post}.in_reply_to_account_id = ANY (ARRAY (SELECT account_id FROM block WHERE target_id = $1))
                   OR NOT EXISTS (SELECT FROM account par_a
                                   WHERE par_a.id = {post}.in_reply_to_account_id AND par_a.state < 2))
             THEN 4 ELSE {post}.parent_visibility END"""


def glances_of(source: str) -> str:
    """A SELECT of glances for a source of (account_id, id, ord); $1 is the viewer.

    The source must yield only what the viewer may see, and reposts only with originals that the viewer may see.
    """
    return f"""
        SELECT g.ord, p.id, p.account_id, p.version, a.version AS author_version,
               n.posts AS author_posts, n.followers AS author_followers, n.following AS author_following,
               n.last_post_on AS author_last_post_on, {_parent("p")} AS parent_visibility,
               c.replies, c.reposts, c.favourites, c.quotes,
               CASE WHEN o.id IS NULL THEN {may_quote("p")} ELSE {may_quote("o")} END AS may_quote,
               coalesce(o.quote_of_id, p.quote_of_id) AS quote_of_id,
               CASE WHEN o.id IS NULL THEN {quote_seen("p")} ELSE {quote_seen("o")} END AS quote_seen,
               f.post_id IS NOT NULL AS favourited, r.post_id IS NOT NULL AS reposted, b.post_id IS NOT NULL AS bookmarked,
               coalesce(o.thread_id, p.thread_id) IN (SELECT thread_id FROM thread_mute WHERE account_id = $1) AS muted,
               CASE WHEN p.has_poll THEN {poll_of("p.account_id", "p.id")}
                    WHEN o.has_poll THEN {poll_of("o.account_id", "o.id")} END AS poll,
               o.id AS o_id, o.account_id AS o_account_id, o.version AS o_version, oa.version AS o_author_version,
               ono.posts AS o_author_posts, ono.followers AS o_author_followers, ono.following AS o_author_following,
               ono.last_post_on AS o_author_last_post_on, {_parent("o")} AS o_parent_visibility
          FROM ({source}) g
          JOIN post p ON p.account_id = g.account_id AND p.id = g.id
          JOIN account a ON a.id = p.account_id
          LEFT JOIN account_counter n ON n.account_id = p.account_id
          LEFT JOIN post_counter c ON c.account_id = coalesce(p.repost_of_account_id, p.account_id)
                                  AND c.post_id = coalesce(p.repost_of_id, p.id)
          LEFT JOIN favourite f ON f.account_id = $1 AND f.post_id = coalesce(p.repost_of_id, p.id)
          LEFT JOIN repost r ON r.account_id = $1 AND r.post_id = coalesce(p.repost_of_id, p.id)
          LEFT JOIN bookmark b ON b.account_id = $1 AND b.post_id = coalesce(p.repost_of_id, p.id)
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
       AND {may_see_original()}
"""

_BY_ID = f"""
    SELECT {ONCE}, true AS proven, page.*
      FROM (SELECT 1) one
      LEFT JOIN ({glances_of(BY_ID)}) page ON true
"""
_BY_ID_PROVED = f"""
    SELECT {ONCE}, {proof("$3", "$1")} AS proven, page.*
      FROM (SELECT 1) one
      LEFT JOIN ({glances_of(BY_ID)}) page ON true
"""
_SEEN_PARENTS = f"""
    SELECT c.id
      FROM unnest($2::bigint[]) AS i (id)
      JOIN post_directory d ON d.id = i.id
      JOIN post c ON c.account_id = d.account_id AND c.id = d.id
      JOIN post p ON p.account_id = c.in_reply_to_account_id AND p.id = c.in_reply_to_id
      JOIN account a ON a.id = p.account_id
     WHERE {may_see()}
"""


async def glances(db: Connection, ids: Sequence[PostId], *, viewer_id: AccountId | None) -> list[Glance]:
    """Those of the posts that the viewer may see, in the order asked."""
    return await glances_from(db, await db.fetch(_BY_ID, viewer_id, ids), viewer_id) if ids else []


async def glances_proved(
    db: Connection, ids: Sequence[PostId], *, viewer_id: AccountId | None, token: bytes | None
) -> tuple[list[Glance], bool]:
    """The same, and whether the token is still the viewer's: one statement."""
    rows = await db.fetch(_BY_ID_PROVED, viewer_id, ids, token)
    return await glances_from(db, rows, viewer_id), rows[0]["proven"]


async def glances_from(db: Connection, rows: Sequence[Row], viewer_id: AccountId | None) -> list[Glance]:
    """Rows of `glances_of` (with `ONCE`) as structs.

    What is quoted costs another statement, however much it is; so do answers to posts that are not for everybody, which
    ask whether those are in sight.
    """
    if not rows or (len(rows) == 1 and rows[0]["id"] is None):
        return []
    wanted = {row["quote_of_id"] for row in rows if row["quote_seen"] == _ACCEPTED}
    inner = await db.fetch(_BY_ID, viewer_id, list(wanted)) if wanted else []
    inner = [row for row in inner if row["id"] is not None]
    doubtful = [row[key] for row in (*rows, *inner) for key, parent in _PARENTS if _is_doubtful(row[parent])]
    seen: set[int] = {r["id"] for r in await db.fetch(_SEEN_PARENTS, viewer_id, doubtful)} if doubtful else set()
    pinned, filter_version = rows[0]["pinned_ids"], rows[0]["filter_version"]
    quoted = {row["id"]: _glance(row, pinned, filter_version, seen, None) for row in inner}
    return [_glance(row, pinned, filter_version, seen, quoted) for row in rows]


_ACCEPTED = QUOTE_STATES.index("accepted")
_PARENTS = (("id", "parent_visibility"), ("o_id", "o_parent_visibility"))


def _is_doubtful(parent_visibility: int | None) -> bool:
    return parent_visibility is not None and parent_visibility >= 2


def _glance(
    row: Row, pinned: list[int], filters: int | None, seen: set[int], quoted: Mapping[int, Glance] | None
) -> Glance:
    # By position: looking up some forty names a row would cost as much as the rest of a page.
    (
        id_, account_id, version, author_version, author_posts, author_followers, author_following, last_post_on,
        parent, replies, reposts, favourites, quotes, may_quote, quote_id, quote_state, favourited, reposted,
        bookmarked, muted, poll, o_id, o_account_id, o_version, o_author_version, o_author_posts, o_author_followers,
        o_author_following, o_last_post_on, o_parent,
    ) = tuple(row)[-30:]  # fmt: skip
    question = from_json(poll, Poll) if poll else None
    numbers = (
        replies or 0, reposts or 0, favourites or 0, quotes or 0, may_quote, favourited, reposted, bookmarked, muted,
    )  # fmt: skip
    quote = None if quote_state is None else _quote(quote_id, quote_state, quoted)
    original = None
    if o_id is not None:
        original = Glance(
            o_id, o_account_id, o_version, o_author_version, o_author_posts or 0, o_author_followers or 0,
            o_author_following or 0, o_last_post_on, o_parent is None or o_parent < 2 or o_id in seen,
            *numbers, False, question, filters, None, quote,
        )  # fmt: skip
    return Glance(
        id_, account_id, version, author_version, author_posts or 0, author_followers or 0, author_following or 0,
        last_post_on, parent is None or parent < 2 or id_ in seen, *numbers, id_ in pinned, question, filters, original,
        quote if original is None else None,
    )  # fmt: skip


def _quote(post_id: PostId, state: int, quoted: Mapping[int, Glance] | None) -> QuoteGlance:
    """`quoted` None: the quote stands inside what is quoted, where it is not followed any further."""
    if state != _ACCEPTED:
        return QuoteGlance(QUOTE_STATES[state])
    if quoted is None:
        return QuoteGlance("accepted", post_id)
    post = quoted.get(post_id)  # gone out of sight between the two statements
    return QuoteGlance("unauthorized") if post is None else QuoteGlance("accepted", post_id, post)
