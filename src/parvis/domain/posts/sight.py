"""Who may see a post: the one place that decides. Every query of every surface includes this text.

It is SQL and not a Python function because a page is decided in the query that fetches it: deciding afterwards
would cost a round trip, and a filter after LIMIT would tell by short pages what was hidden (case C9).
"""

from __future__ import annotations


def may_see(post: str = "p", author: str = "a", viewer: str = "$1") -> str:
    """A condition that holds when the viewer (a bigint or null) may see the post.

    `post` and `author` are the aliases of `post` and its author's `account` row. Public and quiet posts are for
    everybody, followers' posts for followers and those mentioned, the rest for those mentioned; nobody sees posts of
    a suspended or deleted account, or of somebody who blocks them. What moderators withhold (4) only its author sees.
    """
    return f"""(
        {post}.deleted_at IS NULL
        AND {author}.state < 2
        AND (
            {post}.account_id IS NOT DISTINCT FROM {viewer}::bigint
            OR (
                (
                    {post}.visibility <= 1
                    OR ({post}.visibility < 4 AND {viewer}::bigint = ANY ({post}.mentioned_ids))
                    OR ({post}.visibility = 2 AND EXISTS (
                        SELECT FROM follow seen_f
                         WHERE seen_f.account_id = {viewer}::bigint AND seen_f.target_id = {post}.account_id))
                )
                AND NOT EXISTS (
                    SELECT FROM block seen_b
                     WHERE seen_b.account_id = {post}.account_id AND seen_b.target_id = {viewer}::bigint)
            )
        )
    )"""


def may_see_original(post: str = "p", viewer: str = "$1") -> str:
    """A condition that holds for what is no repost, and for reposts of what the viewer may see.

    A repost shows nothing of its own, so it is out of sight together with its original, for its author too.
    """
    return f"""({post}.repost_of_id IS NULL OR EXISTS (
        SELECT FROM post seen_o JOIN account seen_oa ON seen_oa.id = seen_o.account_id
         WHERE seen_o.account_id = {post}.repost_of_account_id AND seen_o.id = {post}.repost_of_id
           AND {may_see("seen_o", "seen_oa", viewer)}))"""


def may_see_of_followed(post: str, author: str, viewer: str) -> str:
    """The same condition for posts of somebody the viewer follows, where less is left to ask.

    A follow and a block never stand together: a block ends follows both ways in its own transaction, and following takes
    the same lock.
    """
    return f"""(
        {post}.deleted_at IS NULL
        AND {author}.state < 2
        AND ({post}.visibility <= 2 OR ({post}.visibility < 4 AND {viewer}::bigint = ANY ({post}.mentioned_ids))))"""


def is_silenced(account: str, viewer: str = "$1") -> str:
    """A condition that holds when the viewer has blocked or muted that account (an expression of its id)."""
    return f"""(
        EXISTS (SELECT FROM block sil_b WHERE sil_b.account_id = {viewer}::bigint AND sil_b.target_id = {account})
        OR EXISTS (SELECT FROM mute sil_m WHERE sil_m.account_id = {viewer}::bigint AND sil_m.target_id = {account}
                      AND (sil_m.expires_at IS NULL OR sil_m.expires_at > now()))
    )"""


def blocks(account: str, viewer: str = "$1") -> str:
    """A condition that holds when that account blocks the viewer."""
    return f"""EXISTS (
        SELECT FROM block blk_b WHERE blk_b.account_id = {account} AND blk_b.target_id = {viewer}::bigint)"""


# A viewer's blocks and mutes, fetched once a statement instead of once a post. For statements of one viewer, $1.
LENS = """
    lens AS MATERIALIZED (
        SELECT array(SELECT target_id FROM block WHERE account_id = $1
                      UNION ALL
                     SELECT target_id FROM mute
                      WHERE account_id = $1 AND (expires_at IS NULL OR expires_at > now())) AS silenced,
               array(SELECT account_id FROM block WHERE target_id = $1) AS blockers)"""


def is_silenced_by_lens(account: str, viewer: str = "$1") -> str:
    """`is_silenced` in a statement that has the CTE `lens`."""
    assert viewer == "$1"
    return f"({account} = ANY ((SELECT silenced FROM lens)::bigint[]))"


def blocks_by_lens(account: str, viewer: str = "$1") -> str:
    """`blocks` in a statement that has the CTE `lens`."""
    assert viewer == "$1"
    return f"({account} = ANY ((SELECT blockers FROM lens)::bigint[]))"


def may_see_of_everybody(post: str, author: str) -> str:
    """`may_see` for posts that are public or quiet, in a statement that has the CTE `lens`."""
    return f"""(
        {post}.deleted_at IS NULL
        AND {author}.state < 2
        AND {post}.visibility <= 1
        AND NOT {blocks_by_lens(f"{post}.account_id")})"""
