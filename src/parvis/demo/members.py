"""People for a crowd to act as: seeded accounts with a token each, and the app that the tokens belong to."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, IdSource
from parvis.demo import seed as bulk
from parvis.domain import accounts
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

APP, SCOPES = "A crowd", ("read", "write", "follow")
POSTS_A_MEMBER = 20


class Prepared(msgspec.Struct, frozen=True):
    """What was prepared; everybody signs in with the one password."""

    client_id: str
    client_secret: str
    members: list[tuple[str, str, str]]  # id, handle, token
    password: str


async def prepare(services: Services, *, count: int, progress: bulk.Progress) -> Prepared:
    """So many seeded accounts have tokens and one password; accounts and posts are seeded first where there are fewer."""
    password = secrets.token_urlsafe(9)
    password_hash = await services.hasher.hash(password)
    async with services.db.connection() as db:
        there = await db.fetchval("SELECT count(*) FROM login WHERE email LIKE $1", f"%@{bulk.MAIL_DOMAIN}")
    if there < count:
        await bulk.seed(
            services,
            accounts=count,
            posts=count * POSTS_A_MEMBER,
            seed=secrets.randbelow(1 << 20) if there else 1,
            password_hash=password_hash,
            now=utc_now().replace(minute=0, second=0, microsecond=0),
            progress=progress,
        )
    progress(f"Making {count:,} tokens …")
    async with services.db.transaction() as tx:
        return await _with_tokens(tx, services.ids, count, password, password_hash)


async def _with_tokens(tx: Connection, ids: IdSource, count: int, password: str, password_hash: str) -> Prepared:
    now = utc_now()
    rows = await tx.fetch(
        """
        UPDATE login
           SET password_hash = $3
          FROM (SELECT account.id, account.handle
                  FROM account JOIN login ON login.account_id = account.id
                 WHERE login.email LIKE $1
                 ORDER BY md5(account.id::text)   -- celebrities and nobodies, without rhyme
                 LIMIT $2) AS chosen
         WHERE login.account_id = chosen.id
        RETURNING chosen.id, chosen.handle
        """,
        f"%@{bulk.MAIL_DOMAIN}",
        count,
        password_hash,
    )
    app, client_secret = await accounts.register_app(
        tx, ids, name=APP, redirect_uris=[accounts.rules.OUT_OF_BAND], scopes_text=" ".join(SCOPES), now=now
    )
    members: list[tuple[str, str, str]] = []
    for row in rows:
        token = await accounts.create_token(tx, ids, AccountId(row["id"]), app_id=app.id, scopes=SCOPES, now=now)
        members.append((str(row["id"]), row["handle"], token))
    return Prepared(app.client_id, client_secret, members, password)


def write(path: Path, content: bytes) -> None:
    """The file is there and only its owner can read it."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
