"""Putting what people say into the index. It holds who may read it, too; the question asks for both at once (case C9)."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId, PostId
from parvis.domain.accounts.types import Field
from parvis.domain.media.types import Attachment
from parvis.domain.posts.types import Mention, Visibility
from parvis.domain.search import ask, index_queries, tokens
from parvis.infra import text
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

AT_ONCE = 1000


async def index_posts(tx: Connection, ids: Sequence[PostId]) -> None:
    """The words of these posts can be found, as far as the posts are there; reposts have none of their own."""
    rows = await index_queries.said(tx, ids)
    if rows:
        await index_queries.posts_indexed(tx, [(row["account_id"], row["id"], _post(row)) for row in rows])


async def forget_post(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """No word of the post is left in the index."""
    await index_queries.post_forgotten(tx, author, post_id)


async def index_accounts(tx: Connection, ids: Sequence[AccountId]) -> None:
    """These people can be found by their names, and by what they say of themselves if they let others find them."""
    rows = await index_queries.people(tx, ids)
    await index_queries.accounts_indexed(tx, ids, [(row["id"], _person(row)) for row in rows])


async def index_everything(tx: Connection) -> None:
    """What is there already will be in the index before long."""
    await index_queries.backlog_begun(tx)


async def work_off(services: Services, *, most: int = 1_000_000) -> int:
    """What was there before the index is in it, the newest first; how many posts and accounts that were."""
    done = 0
    for kind in ("account", "post"):
        while done < most:
            async with services.db.transaction() as tx:
                ids = await index_queries.next_of_backlog(tx, kind, AT_ONCE)
                if ids is None:
                    break
                if kind == "post":
                    await index_posts(tx, [PostId(one) for one in ids])
                else:
                    await index_accounts(tx, [AccountId(one) for one in ids])
                done += len(ids)
    return done


def _post(row: Row) -> str:
    attachments = from_json(row["attachments"], list[Attachment])
    said = [row["text"], row["warning"], *(row["poll_options"] or ()), *(one.description or "" for one in attachments)]
    return tokens.document([one for one in said if one], sorted(_marks(row, attachments)))


def _marks(row: Row, attachments: list[Attachment]) -> set[str]:
    marks = {ask.mark_of_author(row["account_id"]), ask.mark_of_reader(row["account_id"])}
    marks |= {ask.mark_of_reader(one) for one in row["mentioned_ids"]}
    marks |= {f"#{tokens.fold(tag)}" for tag in row["tags"]}
    for one in from_json(row["mentions"], list[Mention]):
        marks |= {f"@{one.handle}", f"@{one.acct}"}
    if row["visibility"] == Visibility.PUBLIC:
        marks.add(ask.PUBLIC)
    if row["language"]:
        language = row["language"].casefold()
        marks |= {f"=l{language}", f"=l{language.partition('-')[0]}"}
    return marks | {f"=h{one}" for one in _has(row, attachments)} | {f"=i{one}" for one in _is(row)}


def _has(row: Row, attachments: list[Attachment]) -> set[str]:
    kinds = {"image": "image", "video": "video", "gifv": "video", "audio": "audio"}
    found = {kinds[one.kind] for one in attachments if one.kind in kinds}
    if attachments:
        found.add("media")
    if row["poll_options"]:
        found.add("poll")
    if row["warning"]:
        found.add("warning")
    if any(one.kind == "link" for one in text.find(row["text"])):
        found.add("link")
    return found


def _is(row: Row) -> set[str]:
    states = {
        "reply": row["in_reply_to_id"] is not None,
        "sensitive": row["sensitive"],
        "edited": row["edited_at"] is not None,
        "bot": row["bot"],
    }
    return {name for name, so in states.items() if so}


def _person(row: Row) -> str:
    told = [row["display_name"], row["handle"]]
    if row["discoverable"]:
        told.append(row["note"])
        told += [one.value for one in from_json(row["fields"], list[Field])]
    return tokens.document([one for one in told if one], [])
