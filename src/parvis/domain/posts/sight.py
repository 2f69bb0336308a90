"""Who may see a post: the one place that decides. Every query of every surface includes this text.

It is SQL and not a Python function because a page is decided in the query that fetches it: deciding afterwards
would cost a round trip, and a filter after LIMIT would tell by short pages what was hidden (case C9).
"""

from __future__ import annotations


def may_see(post: str = "p", author: str = "a", viewer: str = "$1") -> str:
    """A condition that holds when the viewer (a bigint or null) may see the post.

    `post` and `author` are the aliases of `post` and its author's `account` row. Public and quiet posts are for
    everybody, followers' posts for followers and those mentioned, the rest for those mentioned; nobody sees posts of
    a suspended or deleted account, or of somebody who blocks them.
    """
    return f"""(
        {post}.deleted_at IS NULL
        AND {author}.state < 2
        AND (
            {post}.account_id IS NOT DISTINCT FROM {viewer}::bigint
            OR (
                (
                    {post}.visibility <= 1
                    OR {viewer}::bigint = ANY ({post}.mentioned_ids)
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


def is_silenced(account: str, viewer: str = "$1") -> str:
    """A condition that holds when the viewer has blocked or muted that account (an expression of its id)."""
    return f"""(
        EXISTS (SELECT FROM block sil_b WHERE sil_b.account_id = {viewer}::bigint AND sil_b.target_id = {account})
        OR EXISTS (SELECT FROM mute sil_m WHERE sil_m.account_id = {viewer}::bigint AND sil_m.target_id = {account}
                      AND (sil_m.expires_at IS NULL OR sil_m.expires_at > now()))
    )"""
