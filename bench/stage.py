"""What a measurement stands on: engines, seeded data, one web process, one worker, and people with tokens."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec
import psutil

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, AppId
from parvis.base.settings import Settings
from parvis.domain import accounts
from parvis.infra import engines, migrate
from parvis.infra.engines.places import Places
from parvis.infra.opening import open_services
from parvis.infra.services import Services

_OPTIONS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "top"}


@dataclass
class Stage:
    """A running server with data. `processes` names the groups whose CPU time is measured."""

    settings: Settings
    services: Services
    processes: dict[str, int]
    app_id: AppId

    async def token(self, account_id: AccountId) -> str:
        """A token of every usual scope."""
        async with self.services.db.transaction() as tx:
            return await accounts.create_token(
                tx, self.services.ids, account_id, app_id=self.app_id, scopes=("read", "write", "follow"), now=utc_now()
            )

    async def at_rest(self) -> None:
        """No work is due any more."""
        for _ in range(1200):
            async with self.services.db.connection() as db:
                if not await db.fetchval("SELECT EXISTS (SELECT FROM job WHERE parked_at IS NULL AND due_at <= now())"):
                    return
            await asyncio.sleep(0.05)
        raise RuntimeError("The worker does not come to rest.")

    async def statements(self) -> int:
        """How many statements the database has been sent by the web processes so far."""
        async with self.services.db.connection() as db:
            return await db.fetchval(
                """
                SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
                 WHERE query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE '%process_lease%'
                   AND query NOT LIKE '%FROM job%' AND query NOT LIKE '%UPDATE job%'
                """
            )


@asynccontextmanager
async def staged(home: Path, *, people: int, posts: int, port: int, limiter: bool = True) -> AsyncIterator[Stage]:
    """Everything runs, with so much data (kept in `home` for the next time).

    `limiter` off: for thousands of clients behind one address, whom it takes for one that asks for too much.
    """
    base = Settings(home=home, port=port, rate_limits=False, confirm_email=False, web_workers=1)
    async with engines.supervised(base, postgres_options=_OPTIONS) as _:
        settings = engines.with_addresses(base)
        await migrate.apply(settings.database_url)
        environment = os.environ | {
            "PARVIS_HOME": str(home),
            "PARVIS_PORT": str(port),
            "PARVIS_DATABASE_URL": settings.database_url,
            "PARVIS_NATS_URL": settings.nats_url,
            "PARVIS_RATE_LIMITS": "off",
            "PARVIS_CONFIRM_EMAIL": "off",
            "PARVIS_WEB_WORKERS": "1",
            "PARVIS_LOG_LEVEL": "warning",
        }
        if not limiter:
            environment["PARVIS_LIMITER"] = "off"
        await _seed(settings, environment, people, posts)
        web = subprocess.Popen([sys.executable, "-m", "bench.web"], env=environment)
        work = subprocess.Popen([sys.executable, "-m", "parvis", "work"], env=environment)
        try:
            await _until_ready(web, port)
            async with open_services(settings, application="bench") as services:
                processes = {"web": web.pid, "database": _postmaster(home), "worker": work.pid}
                yield Stage(settings, services, processes, await _app(services))
        finally:
            for one in (web, work):
                one.terminate()
            for one in (web, work):
                one.wait(15)


async def _seed(settings: Settings, environment: dict[str, str], people: int, posts: int) -> None:
    async with open_services(msgspec.structs.replace(settings, nats_url=""), application="bench") as services:
        admin = await asyncpg.connect(Places(settings.home).database_url(user="postgres"))
        await admin.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await admin.close()
        async with services.db.connection() as db:
            there = await db.fetchval("SELECT count(*) FROM account")
    if there < people:
        before = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "parvis",
            "seed",
            "--accounts",
            str(people),
            "--posts",
            str(posts),
            "--seed",
            "1",
        ]
        subprocess.run(command, env=environment, check=True)
        print(f"Seeded {people:,} accounts and {posts:,} posts in {time.perf_counter() - before:.0f} s.", flush=True)


async def _until_ready(web: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(900):
        if web.poll() is not None:
            raise RuntimeError(f"The web process ended with {web.returncode}.")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            head = await reader.readline()
            writer.close()
            if b"200" in head:
                return
        except (OSError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(0.1)
    raise RuntimeError("The web process does not become ready.")


def _postmaster(home: Path) -> int:
    for one in psutil.process_iter(["pid", "name", "ppid", "open_files"]):
        if one.info["name"] == "postgres" and one.info["ppid"] == os.getpid():
            return one.info["pid"]
    raise RuntimeError(f"No PostgreSQL of {home} is found.")


async def _app(services: Services) -> AppId:
    async with services.db.transaction() as tx:
        app, _ = await accounts.register_app(
            tx,
            services.ids,
            name="Bench",
            redirect_uris=["urn:ietf:wg:oauth:2.0:oob"],
            scopes_text="read write follow",
            now=utc_now(),
        )
    return AppId(app.id)
