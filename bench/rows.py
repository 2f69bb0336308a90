"""The rows of the table: what is asked of the server in each."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.client import Request
from bench.stage import Stage
from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, PostId
from parvis.domain import accounts, posts, search, timelines
from parvis.domain.posts.types import Draft
from parvis.domain.relationships import lists
from parvis.infra.html import csrf
from parvis.infra.html.visit import form_cookie


@dataclass(frozen=True)
class Row:
    """One row: requests in turn; `most` bounds how many (None: as many as the time allows)."""

    name: str
    requests: list[Request]
    most: int | None = None
    connections: int = 4
    status: int = 200


Maker = Callable[[Stage], Awaitable[Row]]


async def _readers(stage: Stage, count: int, skip: int = 0) -> list[AccountId]:
    """Accounts that follow somebody, in a fixed order without rhyme."""
    async with stage.services.db.connection() as db:
        rows = await db.fetch(
            """
            SELECT account_id FROM account_counter
             WHERE following BETWEEN 5 AND 200
             ORDER BY md5(account_id::text)
             LIMIT $1 OFFSET $2
            """,
            count,
            skip,
        )
    return [AccountId(row["account_id"]) for row in rows]


async def home_hot(stage: Stage) -> Row:
    (reader,) = await _readers(stage, 1)
    await timelines.rebuild(stage.services, reader=reader, now=utc_now())
    return Row("home, one hot reader", [Request("/api/v1/timelines/home", await stage.token(reader))])


async def home_many(stage: Stage) -> Row:
    readers = await _readers(stage, 1000, skip=1)
    for reader in readers:
        await timelines.rebuild(stage.services, reader=reader, now=utc_now())
    return Row(
        "home, 1,000 readers in turn", [Request("/api/v1/timelines/home", await stage.token(r)) for r in readers]
    )


async def home_anew(stage: Stage) -> Row:
    """What a look costs after something on the page has changed: nothing that was answered before is given again."""
    readers = await _readers(stage, 1000, skip=1)
    for reader in readers:
        await timelines.rebuild(stage.services, reader=reader, now=utc_now())
    path = "/api/v1/timelines/home?never={unique}"
    return Row("home, 1,000 readers, made anew", [Request(path, await stage.token(r)) for r in readers])


async def home_first(stage: Stage) -> Row:
    readers = await _readers(stage, 200, skip=2000)
    async with stage.services.db.connection() as db:
        await db.execute("DELETE FROM home_state WHERE account_id = ANY ($1)", readers)
        await db.execute("DELETE FROM home_entry WHERE account_id = ANY ($1)", readers)
        await db.execute("UPDATE follow SET in_rows = false WHERE account_id = ANY ($1)", readers)
        await db.execute("UPDATE follower SET in_rows = false WHERE follower_id = ANY ($1)", readers)
    requests = [Request("/api/v1/timelines/home", await stage.token(r)) for r in readers]
    return Row("home, first load without rows", requests, most=len(requests))


async def local(stage: Stage) -> Row:
    (reader,) = await _readers(stage, 1)
    return Row("local timeline", [Request("/api/v1/timelines/public?local=true", await stage.token(reader))])


async def _thread(stage: Stage) -> PostId:
    (author,) = await _readers(stage, 1, skip=3)
    viewer = accounts.Viewer(account_id=author)
    settings = stage.settings
    made: list[PostId] = []
    async with stage.services.db.transaction() as tx:
        for number in range(31):
            parent = made[(number - 1) // 2] if made else None
            draft = Draft(text=f"A thread of thirty-one posts, number {number}", in_reply_to_id=parent)
            made.append(
                await posts.publish(
                    tx,
                    stage.services.ids,
                    viewer,
                    draft=draft,
                    limits=posts.Limits(),
                    domain=settings.domain,
                    now=utc_now(),
                )
            )
    return made[0]


async def one_post(stage: Stage) -> Row:
    (reader,) = await _readers(stage, 1)
    return Row("one post", [Request(f"/api/v1/statuses/{await _thread(stage)}", await stage.token(reader))])


async def thread(stage: Stage) -> Row:
    (reader,) = await _readers(stage, 1)
    post_id = await _thread(stage)
    return Row("thread of 31", [Request(f"/api/v1/statuses/{post_id}/context", await stage.token(reader))])


async def account_posts(stage: Stage) -> Row:
    (reader,) = await _readers(stage, 1)
    async with stage.services.db.connection() as db:
        author = await db.fetchval("SELECT account_id FROM account_counter ORDER BY posts DESC OFFSET 20 LIMIT 1")
    return Row("account's posts", [Request(f"/api/v1/accounts/{author}/statuses", await stage.token(reader))])


async def notifications(stage: Stage) -> Row:
    readers = await _readers(stage, 60)
    post_id, now, token = await _thread(stage), utc_now(), None
    async with stage.services.db.transaction() as tx:
        author = await tx.fetchval("SELECT account_id FROM post_directory WHERE id = $1", post_id)
        for reader in readers:
            if reader != author:
                await posts.favourite(tx, stage.services.ids, reader, post_id, now=now)
    token = await stage.token(author)
    await stage.at_rest()
    return Row("notifications", [Request("/api/v1/notifications", token)])


async def grouped_notifications(stage: Stage) -> Row:
    row = await notifications(stage)
    return Row("notifications, grouped", [Request("/api/v2/notifications", row.requests[0].token)])


async def list_timeline(stage: Stage) -> Row:
    """Twenty readers, each with a list of everybody whom they follow."""
    requests: list[Request] = []
    for reader in await _readers(stage, 20):
        async with stage.services.db.transaction() as tx:
            wanted = lists.ListChange(title="All of them")
            made = await lists.create(tx, stage.services.ids, reader, wanted=wanted, now=utc_now())
            rows = await tx.fetch("SELECT target_id FROM follow WHERE account_id = $1 LIMIT 200", reader)
            await lists.add(tx, reader, made.id, [AccountId(row["target_id"]) for row in rows])
        requests.append(Request(f"/api/v1/timelines/list/{made.id}", await stage.token(reader)))
    return Row("list timeline", requests)


async def conversations(stage: Stage) -> Row:
    """Somebody to whom forty people wrote."""
    reader, *writers = await _readers(stage, 41, skip=500)
    async with stage.services.db.transaction() as tx:
        handle = await tx.fetchval("SELECT handle FROM account WHERE id = $1", reader)
        for writer in writers:
            await posts.publish(
                tx,
                stage.services.ids,
                accounts.Viewer(account_id=writer),
                draft=Draft(text=f"@{handle} a word with you", visibility=posts.Visibility.MENTIONED),
                limits=posts.Limits(),
                domain=stage.settings.domain,
                now=utc_now(),
            )
    await stage.at_rest()
    return Row("conversations", [Request("/api/v1/conversations?limit=40", await stage.token(reader))])


async def publish(stage: Stage) -> Row:
    """By an author of about 100 followers who all were here lately, so that rows are written for each."""
    async with stage.services.db.connection() as db:
        author = await db.fetchval(
            "SELECT account_id FROM account_counter ORDER BY abs(followers - 100), account_id LIMIT 1"
        )
        followers = [
            r["follower_id"] for r in await db.fetch("SELECT follower_id FROM follower WHERE account_id = $1", author)
        ]
    for follower in followers:
        await timelines.rebuild(stage.services, reader=AccountId(follower), now=utc_now())
    body = json.dumps({"status": "Number {unique} of a measurement, with a few words about nothing"}).encode()
    request = Request("/api/v1/statuses", await stage.token(author), "POST", body)
    return Row(f"publish, {len(followers)} followers", [request], most=300, connections=2)


async def sign_in(stage: Stage) -> Row:
    """By the form, as browsers do. What it costs is meant to be the password's hash."""
    readers = await _readers(stage, 100, skip=300)
    password, secret = "a password of the bench", "a-browser-of-the-bench"
    stored = await stage.services.hasher.hash(password)
    async with stage.services.db.connection() as db:
        await db.execute("UPDATE login SET password_hash = $2 WHERE account_id = ANY ($1)", readers, stored)
        handles = [
            row["handle"]
            for row in await db.fetch("SELECT handle FROM account WHERE id = ANY ($1) ORDER BY id", readers)
        ]
    token = csrf.form_token(stage.services.secrets["form"], secret)
    requests = [
        Request(
            "/sign-in",
            method="POST",
            body=urlencode({"login": handle, "password": password, "form_token": token}).encode(),
            content_type="application/x-www-form-urlencoded",
            cookie=f"{form_cookie(stage.settings)}={secret}",
        )
        for handle in handles
    ]
    return Row("sign-in", requests, status=303)


async def html_home(stage: Stage) -> Row:
    (reader,) = await _readers(stage, 1)
    from datetime import timedelta

    async with stage.services.db.transaction() as tx:
        ticket = await accounts.open_session(
            tx,
            stage.services.ids,
            reader,
            address="127.0.0.1",
            user_agent="bench",
            now=utc_now() - timedelta(minutes=1),
        )
    return Row("page: home", [Request("/home", cookie=f"parvis_session_{stage.settings.port}={ticket.token}")])


async def html_profile(stage: Stage) -> Row:
    async with stage.services.db.connection() as db:
        handle = await db.fetchval(
            "SELECT handle FROM account JOIN account_counter c ON c.account_id = id ORDER BY c.posts DESC OFFSET 20 LIMIT 1"
        )
    return Row("page: profile, a stranger", [Request(f"/@{handle}")])


async def search_common(stage: Stage) -> Row:
    """A word that very many posts have: they are gone through from the newest on."""
    return await _search(stage, "search, a common word", ["morning", "people", "today", "light"])


async def search_rare(stage: Stage) -> Row:
    """Words that together few posts have: all of these are fetched and put in order."""
    return await _search(stage, "search, rare words", ["bread river", '"in the morning" garden', "market -light"])


async def search_operators(stage: Stage) -> Row:
    return await _search(stage, "search, with operators", ["from:me", "is:reply language:fr", "has:link morning"])


async def _search(stage: Stage, name: str, questions: list[str]) -> Row:
    readers = await _readers(stage, 20)
    tokens = [await stage.token(reader) for reader in readers]
    paths = [f"/api/v2/search?{urlencode({'q': one, 'type': 'statuses'})}" for one in questions]
    return Row(name, [Request(path, token) for token in tokens for path in paths])


async def trends_of_posts(stage: Stage) -> Row:
    return await _trends(stage, "trends, posts", "statuses")


async def trends_of_tags(stage: Stage) -> Row:
    return await _trends(stage, "trends, hashtags", "tags")


async def trends_of_links(stage: Stage) -> Row:
    return await _trends(stage, "trends, links", "links")


async def _trends(stage: Stage, name: str, kind: str) -> Row:
    await search.trends.compute(stage.services, now=utc_now())
    readers = await _readers(stage, 20)
    return Row(name, [Request(f"/api/v1/trends/{kind}", await stage.token(reader)) for reader in readers])


ROWS: list[Maker] = [
    home_hot, home_many, home_anew, home_first, local, one_post, thread, account_posts, notifications, grouped_notifications,
    list_timeline, conversations, publish, sign_in,
    html_home, html_profile, search_common, search_rare, search_operators,
    trends_of_posts, trends_of_tags, trends_of_links,
]  # fmt: skip
