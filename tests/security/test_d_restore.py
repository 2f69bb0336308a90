"""D5, the part of copies: what was revoked after a copy was made does not come back with it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from parvis.infra.engines import restoring
from parvis.infra.engines.places import Places
from tests.rig.server import COMMAND, Server
from tests.web.conftest import hidden

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

PASSWORD = "a long password"


async def test_d5_a_restored_copy_lets_nobody_in_by_what_was_revoked_after_it_was_made(tmp_path: Path) -> None:
    server, kit = Server(tmp_path / "home"), tmp_path / "kit"
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(server.account, "alice", PASSWORD)
        stolen, kept = [await asyncio.to_thread(server.token, "alice") for _ in range(2)]
        link = (await asyncio.to_thread(server.run, "owner", "link")).split()[-1]
        async with signed_in(server) as taken, signed_in(server) as own:
            assert await comes_in(taken)
            assert await comes_in(own)
            print(await asyncio.to_thread(server.run, "backup", str(kit)))
            await revoke_the_oldest(server)
            assert [await status(server, token) for token in (stolen, kept)] == [401, 200]
            assert not await comes_in(taken)
            assert await comes_in(own)
            await asyncio.to_thread(server.stop)

            server.home = tmp_path / "again"
            said = await asyncio.to_thread(server.run, "restore", str(kit))
            print(said)
            assert "4 sessions and apps were signed out" in said
            await asyncio.to_thread(server.start)
            assert [await status(server, token) for token in (stolen, kept)] == [401, 401]
            told = await asyncio.to_thread(server.run, "audit", "verify", "--export", str(tmp_path / "log.csv"))
            print(told)
            assert "place.restore" in (tmp_path / "log.csv").read_text()
            assert not await comes_in(taken)
            assert not await comes_in(own)
            assert "no longer works" in (await own.get(link)).text
        async with signed_in(server) as anew:
            assert await comes_in(anew)
        assert await status(server, await asyncio.to_thread(server.token, "alice")) == 200
    finally:
        await asyncio.to_thread(server.stop)


async def test_d5_a_restore_that_was_cut_short_is_not_served_until_it_was_finished(tmp_path: Path) -> None:
    server, kit = Server(tmp_path / "home"), tmp_path / "kit"
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(server.account, "alice", PASSWORD)
        token = await asyncio.to_thread(server.token, "alice")
        await asyncio.to_thread(server.run, "backup", str(kit))
        await asyncio.to_thread(server.stop)
        server.home = tmp_path / "again"
        await restoring.restore(kit, server.home, asked=restoring.words(str(kit), None))  # and whoever called it dies

        refused = await asyncio.to_thread(served, server)
        assert refused.returncode == 1
        assert "call `parvis restore` again" in refused.stderr
        said = await asyncio.to_thread(server.run, "restore", str(kit))
        assert "goes on" in said
        assert "1 sessions and apps were signed out" in said
        await asyncio.to_thread(server.start)
        assert await status(server, token) == 401
    finally:
        await asyncio.to_thread(server.stop)


async def test_d5_nobody_can_ask_a_restore_to_leave_people_signed_in(tmp_path: Path) -> None:
    words = [*COMMAND, "restore", str(tmp_path), "--keep-signed-in"]
    done = await asyncio.to_thread(subprocess.run, words, env=Server(tmp_path).environment, capture_output=True)
    assert done.returncode == 2


@asynccontextmanager
async def signed_in(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which Alice has typed her password."""
    async with httpx.AsyncClient(base_url=server.origin, timeout=20, headers={"Origin": server.origin}) as browser:
        form_token = hidden((await browser.get("/sign-in")).text, "form_token")
        fields = {"form_token": form_token, "login": "alice", "password": PASSWORD}
        done = await browser.post("/sign-in", data=fields)
        assert done.status_code == 303, done.text[:2000]
        yield browser


async def comes_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/settings/profile")).status_code == 200


async def status(server: Server, token: str) -> int:
    async with httpx.AsyncClient(base_url=server.origin, headers={"Authorization": f"Bearer {token}"}) as client:
        return (await client.get("/api/v1/accounts/verify_credentials")).status_code


async def revoke_the_oldest(server: Server) -> None:
    """Alice has taken back her first token and ended her first session."""
    db = await asyncpg.connect(Places(server.home).database_url())
    try:
        for table in ("oauth_token", "session"):
            await db.execute(f"DELETE FROM {table} WHERE id = (SELECT min(id) FROM {table})")
    finally:
        await db.close()


def served(server: Server) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, "serve"], env=server.environment, capture_output=True, text=True, timeout=60)
