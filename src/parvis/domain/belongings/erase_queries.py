"""What is erased with an account. The rows of many rooms, deleted here together because one thing is true of all of them:
they belong to somebody who is gone. A test compares the tables with the schema, so that none is forgotten.
"""

from __future__ import annotations

from parvis.base.ids import AccountId, PostId
from parvis.infra.postgres import Connection

# Tables with a column `account_id` whose rows go as they are.
ERASED: tuple[str, ...] = (
    "account_note", "announcement_dismissal", "announcement_reaction", "block", "bookmark", "conversation", "data_import",
    "domain_block", "endorsement", "featured_tag", "filter", "filter_keyword", "filter_post", "filter_state",
    "half_session", "home_entry", "home_state", "list", "list_member", "marker", "mute", "notification",
    "notification_permission", "notification_policy", "notification_request", "oauth_code", "oauth_token",
    "one_time_token", "passkey", "pin", "post_edit", "publish_key", "push_subscription", "recovery_code", "scheduled_post",
    "search_account", "second_factor", "session", "suggestion_dismissed", "tag_follow", "thread_mute",
)  # fmt: skip

# Tables with that column whose rows go in another way, or stay, and why.
OTHERWISE: dict[str, str] = {
    "account_counter": "its numbers are counted down",
    "account_handle": "the handle stays taken, lest somebody else be taken for whoever left",
    "archive": "files first",
    "favourite": "counted down on each post",
    "follow": "both ends, and the numbers of both",
    "follow_request": "both ends",
    "follower": "both ends, and the numbers of both",
    "login": "goes when the account is closed",
    "login_email": "goes when the account is closed",
    "media": "files first",
    "poll_vote": "a vote stays counted, and nobody sees whose it was",
    "post": "removed one by one, so that every surface hears of it; the empty row keeps threads together",
    "post_counter": "belongs to the post's row",
    "post_directory": "belongs to the post's row",
    "post_link": "removed with the post",
    "post_tag": "removed with the post",
    "poll": "belongs to the post's row; its options are emptied with the post's words",
    "receipt": "the public log of admissions names no account",
    "appeal": "moderators need to know what was decided; the log names it",
    "report": "moderators need to know what was reported; its evidence goes after a month",
    "repost": "removed with the post",
    "restriction": "moderators need to know what was decided; its evidence goes when it cannot be appealed any more",
    "search_post": "removed with the post",
    "trend": "made anew every few minutes, of what can be seen",
    "upload": "ends by itself within a day, files first",
}


async def is_closed(db: Connection, account_id: AccountId) -> bool:
    return bool(await db.fetchval("SELECT state = 3 FROM account WHERE id = $1", account_id))


async def portraits(db: Connection, account_id: AccountId) -> list[str]:
    """Keys of the account's avatar and header."""
    row = await db.fetchrow("SELECT avatar_key, header_key FROM account WHERE id = $1", account_id)
    return [key for key in (row or ()) if key is not None]


async def post_ids(db: Connection, account_id: AccountId, limit: int) -> list[PostId]:
    """Some of the account's posts that are still there, reposts among them."""
    rows = await db.fetch(
        "SELECT id FROM post WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT $2", account_id, limit
    )
    return [PostId(row["id"]) for row in rows]


async def tied_to(db: Connection, account_id: AccountId, limit: int) -> list[AccountId]:
    """Some of those who follow the account or are followed by it, or have asked one way or the other."""
    rows = await db.fetch(
        """
        SELECT target_id AS other FROM follow WHERE account_id = $1
         UNION
        SELECT follower_id FROM follower WHERE account_id = $1
         UNION
        SELECT requester_id FROM follow_request WHERE account_id = $1
         UNION
        SELECT account_id FROM follow_request WHERE requester_id = $1
         ORDER BY other
         LIMIT $2
        """,
        account_id,
        limit,
    )
    return [AccountId(row["other"]) for row in rows]


async def favourites_taken_back(tx: Connection, account_id: AccountId, limit: int) -> int:
    """Up to `limit` favourites are gone and count no more; how many. Posts in one order, so that nobody waits in a circle."""
    return await tx.fetchval(
        """
        WITH gone AS (
            DELETE FROM favourite
             WHERE account_id = $1
               AND post_id IN (SELECT post_id FROM favourite WHERE account_id = $1 ORDER BY post_id LIMIT $2)
            RETURNING post_id
        ), held AS (
            SELECT c.account_id, c.post_id
              FROM gone g
              JOIN post_directory d ON d.id = g.post_id
              JOIN post_counter c ON c.account_id = d.account_id AND c.post_id = g.post_id
             ORDER BY c.account_id, c.post_id
               FOR UPDATE OF c
        ), counted AS (
            UPDATE post_counter c
               SET favourites = greatest(c.favourites - 1, 0)
              FROM held h
             WHERE c.account_id = h.account_id
               AND c.post_id = h.post_id
        )
        SELECT count(*) FROM gone
        """,
        account_id,
        limit,
    )


async def rows_deleted(tx: Connection, account_id: AccountId) -> None:
    """Nothing of the account is in the tables of `ERASED`, and the rows of its posts and polls say nothing."""
    for table in ERASED:
        await tx.execute(f"DELETE FROM {table} WHERE account_id = $1", account_id)
    await tx.execute(
        """
        UPDATE post
           SET text = '', html = '', warning = '', mentions = '[]', mentioned_ids = '{}', attachments = '[]', tags = '{}',
               language = NULL, app_name = NULL, app_website = NULL
         WHERE account_id = $1
        """,
        account_id,
    )
    await tx.execute(
        "UPDATE poll SET options = array_fill(''::text, ARRAY[cardinality(options)]) WHERE account_id = $1", account_id
    )


async def profile_blanked(tx: Connection, account_id: AccountId) -> None:
    """The account's row says nothing of anybody."""
    await tx.execute(
        """
        UPDATE account
           SET display_name = '', note = '', note_html = '', fields = '[]', avatar_key = NULL, header_key = NULL,
               avatar_description = '', header_description = '', version = version + 1
         WHERE id = $1
        """,
        account_id,
    )
