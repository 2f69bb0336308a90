"""Bulk data by COPY, in one transaction: a network of any size for measuring, whose accounts can sign in.

It writes tables directly, past the rules of the domain, and keeps their promises: mirrors and counters agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic
from typing import Any

import msgspec

from parvis.base.errors import Conflict
from parvis.demo.bulk import POST_COLUMNS, Network, post_rows, tag_rows
from parvis.domain import search
from parvis.infra import text
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

_TABLES = (
    "account account_handle account_counter login login_email follow follower post post_directory post_counter post_tag "
    "tag repost favourite"
)
MAIL_DOMAIN = "seed.example"  # how a seeded account is told from a person's
Progress = Callable[[str], None]


class Seeded(msgspec.Struct, frozen=True):
    """What there is now that was not there before. The first handles are the celebrities."""

    accounts: int
    follows: int
    posts: int
    favourites: int
    handles: list[str]
    seconds: float


async def seed(
    services: Services,
    *,
    accounts: int,
    posts: int,
    seed: int,
    password_hash: str,
    now: datetime,
    progress: Progress = lambda _: None,
) -> Seeded:
    """A network of that size exists; the same seed and moment give the same one.

    Raises: Conflict when this seed was used here before.
    """
    began = monotonic()
    progress(f"Making up {accounts:,} people and {posts:,} posts …")
    network = Network(accounts=accounts, posts=posts, seed=seed, now=now)
    async with services.db.transaction() as tx:
        await tx.execute("SET LOCAL synchronous_commit = off")
        filling = _Filling(tx, services, network, progress)
        await filling.people(password_hash)
        follows = await filling.follows()
        await filling.posts()
    async with services.db.connection() as db:
        progress("Analysing …")  # before anything is asked of the tables: the plans of the next step are kept
        await db.execute(f"ANALYZE {_TABLES.replace(' ', ', ')}", timeout=600)
    progress("Indexing words …")
    async with services.db.transaction() as tx:
        await search.index_everything(tx)
    await search.work_off(services)
    async with services.db.connection() as db:
        await db.execute("ANALYZE search_post, search_account", timeout=600)
    return Seeded(
        accounts=accounts,
        follows=follows,
        posts=posts,
        favourites=len(network.favourites),
        handles=[one.handle for one in network.people[:20]],
        seconds=round(monotonic() - began, 1),
    )


class _Filling:
    """One network on its way into one transaction."""

    def __init__(self, tx: Connection, services: Services, network: Network, progress: Progress) -> None:
        self._tx = tx
        self._services = services
        self._network = network
        self._progress = progress

    async def people(self, password_hash: str) -> None:
        """Accounts, handles, logins and what they are counted with."""
        people, network = self._network.people, self._network
        taken = "SELECT true FROM account_handle WHERE domain = '' AND handle = ANY ($1::text[])"
        if await self._tx.fetchval(taken, [one.handle for one in people[:100]]):
            raise Conflict("This seed was used here before; choose another number.")
        await self._copy(
            "account",
            "id handle display_name created_at",
            [(one.id, one.handle, one.name, one.created_at) for one in people],
        )
        await self._copy("account_handle", "handle account_id", [(one.handle, one.id) for one in people])
        await self._copy(
            "account_counter",
            "account_id posts followers following last_post_on",
            [
                (one.id, one.posts, len(followers), len(following), one.last_post_on)
                for one, followers, following in zip(people, network.followers, network.following, strict=True)
            ],
        )
        hashed = [(one, f"{one.handle}@{MAIL_DOMAIN}") for one in people]
        hashes = [self._services.secrets.keyed_hash("email", email) for _, email in hashed]
        await self._copy(
            "login",
            "account_id email email_hash password_hash confirmed_at created_at password_changed_at",
            [
                (one.id, email, digest, password_hash, one.created_at, one.created_at, one.created_at)
                for (one, email), digest in zip(hashed, hashes, strict=True)
            ],
        )
        await self._copy(
            "login_email", "email_hash account_id", [(d, one.id) for d, one in zip(hashes, people, strict=True)]
        )

    async def follows(self) -> int:
        """Both mirrors of every follow; the rows of home timelines are made when somebody first reads theirs."""
        follows = list(self._network.follows())
        await self._copy("follow", "account_id target_id id created_at", follows)
        mirror = sorted((target, one, id_, since) for one, target, id_, since in follows)
        await self._copy("follower", "account_id follower_id id created_at", mirror)
        return len(follows)

    async def posts(self) -> None:
        """Posts with their directory, counters, tags, reposts and favourites."""
        network = self._network
        ids = [(network.people[post.author].id, post) for post in network.posts]
        await self._copy("post", " ".join(POST_COLUMNS), post_rows(network))
        await self._copy("post_directory", "id account_id", [(post.id, author) for author, post in ids])
        await self._copy(
            "post_counter",
            "account_id post_id replies reposts favourites",
            [
                (author, post.id, post.replies, post.reposts, post.favourites)
                for author, post in ids
                if post.original is None
            ],
        )
        await self._tags()
        await self._copy("repost", "account_id post_id repost_id", network.reposted)
        await self._copy("favourite", "account_id post_id id created_at", network.favourites)

    async def _tags(self) -> None:
        first: dict[str, tuple[str, datetime]] = {}
        for post in self._network.posts:
            for tag in post.body.tags if post.original is None else ():
                first.setdefault(text.fold_tag(tag), (tag, post.created_at))
        await self._tx.executemany(
            "INSERT INTO tag (name, display_name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
            [(name, written, since) for name, (written, since) in first.items()],
        )
        await self._copy("post_tag", "tag post_id account_id", tag_rows(self._network))

    async def _copy(self, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        began = monotonic()
        answer = await self._tx.copy_records_to_table(table, records=rows, columns=columns.split(), timeout=3600)
        count = int(answer.split()[-1])
        self._progress(f"{table:16} {count:>10,} rows   {monotonic() - began:5.1f} s")
