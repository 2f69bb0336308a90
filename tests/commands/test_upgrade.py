"""From the release before the newest migration to this one while people use the place, and back, in both ways."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pytest

from parvis.infra.engines.places import Places
from tests.faults.crowd import Crowd
from tests.rig.releases import Releases, before_the_newest_migration
from tests.rig.server import Server
from tests.security.test_d_restore import comes_in, signed_in

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclass
class Traffic:
    """Somebody reads and writes all the while, and tries nothing twice."""

    server: Server
    token: str
    answers: Counter[str] = field(default_factory=Counter)  # what came, by release
    failures: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    began: float = field(default_factory=time.monotonic)

    async def go_on(self) -> None:
        number = 0
        while True:
            number += 1
            async with httpx.AsyncClient(base_url=self.server.origin, timeout=20) as client:
                release = await self._ask(client, "GET", "/api/v2/instance")
                await self._ask(client, "GET", "/api/v1/timelines/home", release=release)
                await self._ask(
                    client, "POST", "/api/v1/statuses", release=release, json={"status": f"traffic {number}"}
                )
                await self._ask(client, "GET", "/@author0", release=release)
            await asyncio.sleep(0.02)

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, release: str = "", **more: object) -> str:
        began = time.monotonic()
        try:
            answer = await client.request(method, path, headers={"Authorization": f"Bearer {self.token}"}, **more)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            self.failures.append(f"{time.monotonic() - self.began:.1f} s: {method} {path}: {error!r}")
            return release
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        if answer.status_code != 200:
            self.failures.append(f"{time.monotonic() - self.began:.1f} s: {method} {path}: {answer.status_code}")
        elif path == "/api/v2/instance":
            release = answer.json()["version"]
        self.answers[release] += 1
        return release


@asynccontextmanager
async def going_on(server: Server, token: str, what: str) -> AsyncIterator[Traffic]:
    """People use the place in this block; what they met is told at its end."""
    traffic = Traffic(server, token)
    task = asyncio.create_task(traffic.go_on())
    try:
        yield traffic
        await asyncio.sleep(1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        print(
            f"{what}: {traffic.answers.total()} answers ({dict(traffic.answers)}), the slowest after "
            f"{traffic.longest_s:.2f} s; {len(traffic.failures)} requests failed: {traffic.failures[:5]}"
        )


async def test_the_place_goes_over_to_this_release_and_back_while_people_use_it(tmp_path: Path) -> None:
    commit = before_the_newest_migration()
    if commit is None:
        pytest.skip("the history of this clone does not go back to the release before the newest migration")
    releases = Releases(tmp_path / "releases", commit)
    server = Server(tmp_path / "home", command=releases.command("current"))
    await asyncio.to_thread(server.start)
    try:
        crowd = Crowd(server)
        await asyncio.to_thread(crowd.gather, 2)
        await asyncio.to_thread(server.account, "alice", "a long password")
        await crowd.publish(5)
        token = await asyncio.to_thread(server.token, "alice")
        async with signed_in(server) as browser:
            assert await comes_in(browser)
            old = await version(server)

            refused = await upgraded(releases, server, fine=False)
            assert "is not this release" in refused
            releases.point_at("new")
            print(await upgraded(releases, server, "--check"))
            async with going_on(server, token, "upgrade") as traffic:
                async with held(server) as let_go:
                    said = await upgraded(releases, server, upon={"somebody holds": let_go, "Applied": let_go})
                print(said)
            new = await version(server)
            assert old != new
            names = re.findall(r"Applied (\S+\.sql)", said)
            assert names
            assert "Replaced: web" in said
            assert set(traffic.answers) == {old, new}, "both releases answered on the new schema"
            assert few(traffic), traffic.failures
            await crowd.publish(5)
            await asyncio.to_thread(crowd.check)
            assert await comes_in(browser)

            releases.point_at("old")
            async with going_on(server, token, "back") as traffic:
                print(await upgraded(releases, server, "--back"))
            assert await version(server) == old
            assert few(traffic), traffic.failures
            await crowd.publish(5)
            await asyncio.to_thread(crowd.check)
            assert await comes_in(browser)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)  # as after a power cut: the old release from its beginning
            assert await version(server) == old
            assert await comes_in(browser)

            releases.point_at("new")
            again = await upgraded(releases, server)
            assert re.findall(r"Applied (\S+\.sql)", again) == names
            assert await version(server) == new
            await crowd.publish(5)
            await asyncio.to_thread(crowd.check)

        await asyncio.to_thread(server.stop)
        releases.point_at("old")
        await asyncio.to_thread(brought_back, again, releases)
        await asyncio.to_thread(server.start)
        assert await version(server) == old
        assert await posts_of(server, "author0") == 15  # the last five came after the copy
    finally:
        await asyncio.to_thread(server.stop)


async def upgraded(
    releases: Releases, server: Server, *words: str, fine: bool = True, upon: dict[str, asyncio.Event] | None = None
) -> str:
    """What `parvis upgrade` of the new release says. `upon`: what happens as soon as a line holds those words."""
    process = await asyncio.create_subprocess_exec(
        *releases.command("new"), "upgrade", *words,
        env=server.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(240):
        async for line in process.stdout:
            said += line.decode()
            for spoken, event in (upon or {}).items():
                if spoken in line.decode():
                    event.set()
    assert (await process.wait() == 0) == fine, said + server.log()[-3000:]
    return said


@asynccontextmanager
async def held(server: Server) -> AsyncIterator[asyncio.Event]:
    """Somebody's transaction holds every table as writers do, until it is told to let go: what changes one has to wait,
    and whoever reads or writes must not."""
    db = await asyncpg.connect(Places(server.home).database_url())
    let_go = asyncio.Event()

    async def hold() -> None:
        async with db.transaction():
            tables = await db.fetchval(
                """
                SELECT string_agg(format('%I', relname), ', ')
                  FROM pg_class
                 WHERE relkind IN ('r', 'p')
                   AND relnamespace = 'public'::regnamespace
                   AND relname NOT IN ('schema_migration', 'process_lease')
                """
            )
            await db.execute(f"LOCK TABLE {tables} IN ROW EXCLUSIVE MODE")
            locked.set()
            await let_go.wait()

    locked = asyncio.Event()
    holding = asyncio.create_task(hold())
    try:
        await locked.wait()
        yield let_go
    finally:
        let_go.set()
        await holding
        await db.close()


def few(traffic: Traffic) -> bool:
    """A connection can be lost in the moment in which a socket closes; an answer that says it went wrong may not come."""
    answered = [one for one in traffic.failures if not one.endswith(")")]
    return not answered and len(traffic.failures) <= 0.01 * traffic.answers.total()


async def version(server: Server) -> str:
    async with httpx.AsyncClient(base_url=server.origin, timeout=20) as client:
        return (await client.get("/api/v2/instance")).json()["version"]


async def posts_of(server: Server, handle: str) -> int:
    async with httpx.AsyncClient(base_url=server.origin, timeout=20) as client:
        return (await client.get("/api/v1/accounts/lookup", params={"acct": handle})).json()["statuses_count"]


def brought_back(said: str, releases: Releases) -> None:
    """The lines that the upgrade ended with were typed, `parvis` being the release before."""
    lines = [line.strip() for line in said.splitlines() if line.startswith("    ")][1:]
    assert [line.split()[0] for line in lines] == ["mv", "parvis", "cp"], lines
    home = lines[0].split()[1]
    parvis = f'parvis() {{ {" ".join(releases.command("current"))} "$@"; }}'
    script = "\n".join([parvis, f"export PARVIS_HOME={home}", *lines])
    done = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    shutil.rmtree(f"{home}.after")
