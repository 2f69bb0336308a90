"""What can go wrong, done for real: each leaves the place broken, says which verdict names it, and knows the action."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import itertools
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.domain import accounts, health, posts, relationships, timelines
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from parvis.load import people
from tests.faults.apart import Road
from tests.faults.place import Place
from tests.faults.processes import everyone_of, family
from tests.rig import films

Act = Callable[[health.Verdict], Awaitable[None]]
Injection = Callable[[Place], AbstractAsyncContextManager[Act]]


@dataclass(frozen=True)
class Fault:
    """`names`: the verdicts that name it. `needs`: what this machine must have."""

    title: str
    names: tuple[str, ...]
    inject: Injection
    needs: Callable[[], bool] = lambda: True


FAULTS: dict[str, Fault] = {}
FANS, WRITERS = 1000, 2  # with more fans, nothing is written for them: such authors are read where they are
ASKING = 24  # members, each for itself: one alone would be refused for its share


def fault(*names: str, needs: Callable[[], bool] = lambda: True) -> Callable[[Callable[[Place], Any]], None]:
    def keep(function: Callable[[Place], Any]) -> None:
        key = function.__name__
        FAULTS[key] = Fault(key.replace("_", " "), names, asynccontextmanager(function), needs)

    return keep


@contextlib.asynccontextmanager
async def _meanwhile(*work: Any) -> AsyncIterator[None]:
    """This goes on for as long as the block runs."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# ── disks ────────────────────────────────────────────────────────────────────────────────────────────────────────


@fault("disk_full")
async def disk_full(place: Place) -> AsyncIterator[Act]:
    ballast = place.disk.fill()

    async def make_room(_: health.Verdict) -> None:
        ballast.unlink()

    try:
        yield make_room
    finally:
        ballast.unlink(missing_ok=True)


@fault("wal_piling")
async def journal_piles_up(place: Place) -> AsyncIterator[Act]:
    await place.ask("SELECT pg_create_physical_replication_slot('forgotten', true)")
    wanted = (await place.ask("SELECT pg_size_bytes(current_setting('max_wal_size')) AS bytes"))[0]["bytes"]
    db = await place.session(root=True)
    try:
        while await db.fetchval("SELECT sum(size) FROM pg_ls_waldir()") < max(3 * wanted, 2 << 30) + (64 << 20):
            for _ in range(8):
                await db.execute("SELECT pg_logical_emit_message(true, 'x', 'y'); SELECT pg_switch_wal()")

        async def drop(verdict: health.Verdict) -> None:
            await place.do(verdict)
            await place.ask("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")

        yield drop
    finally:
        db.terminate()
        with contextlib.suppress(Exception):
            await place.ask("SELECT pg_drop_replication_slot('forgotten')", "CHECKPOINT")


@fault("store_slow")
async def media_disk_slow(place: Place) -> AsyncIterator[Act]:
    async def stutter() -> None:
        while True:
            await asyncio.to_thread(place.media_disk.freeze, True)
            await asyncio.sleep(3)
            await asyncio.to_thread(place.media_disk.freeze, False)
            await asyncio.sleep(0.3)

    async def elsewhere(verdict: health.Verdict) -> None:
        quick = place.disk.folder / "quick"
        assert verdict.command == "rsync -a $PARVIS_HOME/media/ NEW-FOLDER/; PARVIS_MEDIA_URL=NEW-FOLDER"
        hidden = shutil.ignore_patterns("lost+found", ".incoming")
        await asyncio.to_thread(shutil.copytree, place.server.home / "media", quick, ignore=hidden)
        await place.again(PARVIS_MEDIA_URL=str(quick))

    try:
        async with _meanwhile(stutter()):
            yield elsewhere
    finally:
        place.media_disk.freeze(False)
        await place.again()


# ── database ─────────────────────────────────────────────────────────────────────────────────────────────────────


@fault("lock_held")
async def table_lock_held(place: Place) -> AsyncIterator[Act]:
    db = await place.session()
    await db.execute("BEGIN; LOCK TABLE post IN ACCESS EXCLUSIVE MODE")
    try:
        yield place.do
    finally:
        db.terminate()


@fault("idle_in_transaction")
async def idle_in_transaction(place: Place) -> AsyncIterator[Act]:
    db = await place.session()
    await db.execute("BEGIN; SELECT count(*) FROM account")
    try:
        yield place.do
    finally:
        db.terminate()


@fault("index_lost")
async def index_dropped(place: Place) -> AsyncIterator[Act]:
    [row] = await place.ask("SELECT pg_get_indexdef('post_public'::regclass) AS text")
    await place.ask("DROP INDEX post_public")
    try:
        yield place.do
    finally:
        with contextlib.suppress(Exception):
            await place.ask(row["text"])


@fault("slow_statement")
async def statement_slow(place: Place) -> AsyncIterator[Act]:
    async def report() -> None:
        db = await place.session()
        await db.execute("SELECT count(*) FROM generate_series(1, 4000000000) AS n WHERE n % 7 = 3")

    async with _meanwhile(report()):
        yield place.do


@fault("requests_failing")
async def requests_break(place: Place) -> AsyncIterator[Act]:
    """As when a release and a database do not fit together, in one table of many."""
    await place.ask("ALTER TABLE bookmark RENAME TO bookmark_away")

    async def back(_: health.Verdict | None = None) -> None:
        await place.ask("ALTER TABLE IF EXISTS bookmark_away RENAME TO bookmark")

    try:
        yield back
    finally:
        await back()


@fault("pool_exhausted")
async def pool_exhausted(place: Place) -> AsyncIterator[Act]:
    """The database is some way off, and each process may have two connections."""
    async with Road(place.database).open() as road:
        road.delay_s = 0.025
        far = {"PARVIS_DATABASE_URL": road.url, "PARVIS_WEB_WORKERS": "1"}
        await asyncio.to_thread(place.server.run, "simulate", "--prepare", "--members", str(ASKING), patience_s=120)
        members = people.read(place.server.home / people.FILE).members
        await place.again(**far, PARVIS_DATABASE_POOL="2")

        async def ask(token: str) -> None:
            async with place.client() as client:
                client.headers["Authorization"] = f"Bearer {token}"
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        await client.get("/api/v1/bookmarks")  # nothing that is remembered
                    await asyncio.sleep(0.3)

        async def more(verdict: health.Verdict) -> None:
            name, _, value = verdict.command.partition("=")
            await place.again(**far, **{name: str(max(8, int(value)))})

        async with _meanwhile(*(ask(one.token) for one in members[:ASKING])):
            yield more
        await place.again()


@fault("database_gone")
async def database_stopped(place: Place) -> AsyncIterator[Act]:
    await asyncio.to_thread(place.database.stop)

    async def start(_: health.Verdict) -> None:
        await asyncio.to_thread(place.database.start)

    try:
        yield start
    finally:
        await asyncio.to_thread(place.database.start)


# ── broker, mail, others ─────────────────────────────────────────────────────────────────────────────────────────


@fault("broker_gone")
async def broker_stopped(place: Place) -> AsyncIterator[Act]:
    place.broker.stop()

    async def start(_: health.Verdict) -> None:
        place.broker.start()

    try:
        yield start
    finally:
        place.broker.stop()
        place.broker.start()


@asynccontextmanager
async def _letters(place: Place, *handles: str) -> AsyncIterator[None]:
    """They want a letter all the time."""
    async with open_services(place.settings, application="letters") as services:

        async def want() -> None:
            for number in range(10_000):
                await accounts.ask_reset(services, email=f"{handles[number % len(handles)]}@mail.example")
                await asyncio.sleep(0.5)

        try:
            async with _meanwhile(want()):
                yield
        finally:  # what was refused waits for its next attempt, and a new wish for it is no new letter
            await place.ask("DELETE FROM job WHERE kind = 'accounts.send_reset' AND owner IS NULL")


@fault("mail_refused")
async def mail_refused(place: Place) -> AsyncIterator[Act]:
    place.letterbox.refuses = True

    async def known_again(_: health.Verdict) -> None:
        place.letterbox.refuses = False

    try:
        async with _letters(place, "reader0", "reader1", "reader2"):
            yield known_again
    finally:
        place.letterbox.refuses = False


@fault("mail_slow")
async def mail_slow(place: Place) -> AsyncIterator[Act]:
    place.letterbox.takes_s = 12

    async def quick_again(_: health.Verdict) -> None:
        place.letterbox.takes_s = 0

    try:
        async with _letters(place, "author"):
            yield quick_again
    finally:
        place.letterbox.takes_s = 0


@fault("outbound_slow")
async def other_server_slow(place: Place) -> AsyncIterator[Act]:
    """Whoever connects is let in, and never hears anything."""
    waiting = asyncio.Event()

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await waiting.wait()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def link() -> None:
        async with place.client("author") as client:
            for number in range(10_000):
                with contextlib.suppress(httpx.HTTPError):
                    await place.say(client, f"look http://127.0.0.1:{port}/{number}")
                await asyncio.sleep(1)

    talking = asyncio.create_task(link())

    async def wait(_: health.Verdict) -> None:
        talking.cancel()

    try:
        yield wait
    finally:
        talking.cancel()
        waiting.set()
        server.close()


@fault("certificate_ending")
async def certificate_about_to_expire(place: Place) -> AsyncIterator[Act]:
    await place.certificate.show(5)

    async def renew(_: health.Verdict) -> None:
        await place.certificate.show(80)

    try:
        yield renew
    finally:
        await place.certificate.show(80)


# ── work that can wait ───────────────────────────────────────────────────────────────────────────────────────────


async def _films(place: Place, count: int, seconds: int) -> None:
    path = place.folder / f"film{seconds}.webm"
    if not path.exists():
        await asyncio.to_thread(films.pattern, path, *films.VP9, size="1280x720", seconds=seconds)
    async with place.client("author", timeout=60) as client:
        for _ in range(count):
            answer = await client.post("/api/v2/media", files={"file": ("a.webm", path.read_bytes())})
            assert answer.status_code in (200, 202), answer.text


def _encoders(place: Place) -> list[psutil.Process]:
    """Those that have worked for a moment: a worker waits for its child until that has become another program."""
    found = []
    for one in family(place.server):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "ffmpeg" in one.name() and time.time() - one.create_time() > 0.5:
                found.append(one)
    return found


@fault("job_stuck")
async def one_job_stuck(place: Place) -> AsyncIterator[Act]:
    """An encoder stands still, and others wait behind it."""
    await _films(place, 4, 8)
    async with asyncio.timeout(40):
        while not (found := _encoders(place)):  # noqa: ASYNC110 - another process starts them
            await asyncio.sleep(0.1)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()

    async def start_worker_again(_: health.Verdict) -> None:
        for worker in everyone_of(place.server, "worker"):
            worker.terminate()

    try:
        yield start_worker_again
    finally:
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
        await place.ask("DELETE FROM job WHERE kind = 'media.transcode' AND owner IS NULL")


@fault("transcodings_waiting")
async def transcoding_flood(place: Place) -> AsyncIterator[Act]:
    await _films(place, 22, 3)

    async with contextlib.AsyncExitStack() as stack:

        async def another(_: health.Verdict) -> None:
            place.server.settings["PARVIS_TRANSCODINGS"] = "2"
            stack.enter_context(place.beside("work", "--only", "transcode"))

        try:
            yield another
        finally:
            await place.ask("DELETE FROM job WHERE kind = 'media.transcode' AND owner IS NULL")
    await place.again()


@fault("job_poison")
async def poison_job(place: Place) -> AsyncIterator[Act]:
    """A worker dies whenever it has that job: a letter, here."""
    # Workers that died before are started again later and later, a job that was lost waits until it can run alone, a letter
    # that could not be sent is not wanted twice, and nobody gets more than five within an hour.
    await place.again()
    await place.ask("DELETE FROM job WHERE kind IN ('media.transcode', 'accounts.send_reset')")
    await place.ask("DELETE FROM one_time_token")
    place.letterbox.takes_s = 30

    async def die() -> None:
        killed: set[tuple[int, int]] = set()  # a dead worker holds its lease for some seconds more
        while True:
            with contextlib.suppress(Exception):
                held = await place.ask(
                    "SELECT id, attempts FROM job WHERE kind = 'accounts.send_reset' AND leased_until > now()"
                )
                leases = {(row["id"], row["attempts"]) for row in held}
                if leases - killed:
                    for worker in everyone_of(place.server, "worker"):
                        worker.kill()
                    killed |= leases
            await asyncio.sleep(0.2)

    try:
        async with _meanwhile(die()):
            async with open_services(place.settings, application="letters") as services:
                await accounts.ask_reset(services, email="author@mail.example")
            yield place.do
    finally:
        place.letterbox.takes_s = 0
        await asyncio.sleep(3)


@fault("workers_missing")
async def worker_missing(place: Place) -> AsyncIterator[Act]:
    await place.again(PARVIS_JOB_WORKERS="0")
    with contextlib.ExitStack() as stack:

        async def start(verdict: health.Verdict) -> None:
            stack.enter_context(place.beside(*verdict.command.split()[1:]))

        yield start
    await place.again()


@fault("fan_out_late")
async def hot_account(place: Place) -> AsyncIterator[Act]:
    """Somebody with a thousand readers writes without end."""
    await asyncio.to_thread(place.server.run, "seed", "--accounts", str(FANS), "--posts", "1000", "--seed", "2")
    async with open_services(place.settings, application="hot account") as services:
        author = await _followed_by_all(services)
        writing = [asyncio.create_task(_write(services, author)) for _ in range(WRITERS)]
        with contextlib.ExitStack() as stack:

            async def another(verdict: health.Verdict) -> None:
                for one in writing:
                    one.cancel()  # every rush is over at some time; what it left must be worked off
                stack.enter_context(place.beside(*verdict.command.split()[1:]))

            try:
                yield another
            finally:
                for one in writing:
                    one.cancel()
                await asyncio.gather(*writing, return_exceptions=True)


async def _followed_by_all(services: Services) -> AccountId:
    """Everybody follows the author, and was here a moment ago."""
    async with services.db.connection() as db:
        author = AccountId(await db.fetchval("SELECT id FROM account WHERE handle = 'author'"))
        rows = await db.fetch("SELECT id FROM account WHERE id <> $1 ORDER BY id LIMIT $2", author, FANS - 10)
    followers = [AccountId(row["id"]) for row in rows]
    for start in range(0, len(followers), 100):
        async with services.db.transaction() as tx:
            for follower in followers[start : start + 100]:
                await relationships.follow(tx, services.ids, follower, author, now=utc_now())
    for follower in followers:
        await timelines.rebuild(services, reader=follower, now=utc_now())
    return author


async def _write(services: Services, author: AccountId) -> None:
    for number in itertools.count():
        async with services.db.transaction() as tx:
            await posts.publish(
                tx,
                services.ids,
                accounts.Viewer(account_id=author, handle="author"),
                draft=posts.Draft(text=f"and another thing {number}"),
                limits=posts.Limits(),
                domain=services.settings.domain,
                now=utc_now(),
            )


# ── processes and the machine ────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _crowd(visits: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[Act]:
    """They all come and go on; the action keeps them out."""
    crowd = [asyncio.create_task(visit) for visit in visits]

    async def keep_out(_: health.Verdict) -> None:
        for one in crowd:
            one.cancel()

    try:
        yield keep_out
    finally:
        for one in crowd:
            one.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)


@fault("hashing_full")
async def hashing_flood(place: Place) -> AsyncIterator[Act]:
    async with place.client() as client:
        form = await client.get("/sign-in")
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form.text))
    # Cookies of a place with a certificate are not sent without one, except by hand.
    cookies = "; ".join(one.partition(";")[0] for one in form.headers.get_list("set-cookie"))

    async def knock(number: int) -> None:
        async with place.client() as client:
            client.headers.update({"Origin": place.server.origin, "Cookie": cookies})
            typed = fields | {"login": f"nobody{number}", "password": "wrong wrong wrong"}
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await client.post("/sign-in", data=typed)
                await asyncio.sleep(0.05)

    async with _crowd(knock(number) for number in range(80)) as keep_out:
        yield keep_out


@fault("one_client")
async def abusive_client(place: Place) -> AsyncIterator[Act]:
    async def hammer() -> None:
        async with place.client("author") as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await client.get("/api/v1/timelines/home?limit=40")

    async with _crowd(hammer() for _ in range(120)) as keep_out:
        yield keep_out


@fault("cpu_full")
async def cpu_hog(place: Place) -> AsyncIterator[Act]:
    hogs = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
        for _ in range(3 * (os.cpu_count() or 2))
    ]

    for hog in hogs:
        os.setpriority(os.PRIO_PROCESS, hog.pid, 0)  # however patiently the tests themselves run

    async def end(_: health.Verdict) -> None:
        for hog in hogs:
            with contextlib.suppress(ProcessLookupError):
                hog.kill()

    try:
        yield end
    finally:
        await end(None)  # type: ignore[arg-type]
        for hog in hogs:
            await hog.wait()


GROUPS = Path("/sys/fs/cgroup/memory")
LIMIT = 1500 << 20


@fault("memory_short", needs=lambda: (GROUPS / "memory.limit_in_bytes").exists())
async def memory_pressure(place: Place) -> AsyncIterator[Act]:
    """The place runs in a container with so much memory, and something else in there takes it."""
    group = GROUPS / f"parvis-test-{os.getpid()}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(LIMIT))
    inside = f'echo $$ > {group}/cgroup.procs; mount --bind {group} {GROUPS}; exec "$@"'
    place.server.prefix = ["unshare", "-m", "sh", "-c", inside, "sh"]
    hog: asyncio.subprocess.Process | None = None
    try:
        await place.again()
        grow = (
            "import sys, time\nread = lambda n: open(f'{sys.argv[1]}/memory.' + n).read()\nkept = []\n"
            "cached = lambda: int(read('stat').partition('total_inactive_file ')[2].split()[0])\n"
            "while True:\n"  # the place takes more or less meanwhile
            "    share = (int(read('usage_in_bytes')) - cached()) / int(read('limit_in_bytes'))\n"
            "    if share < 0.955:\n        kept.append(bytearray(4 << 20))\n"
            "    elif share > 0.975 and kept:\n        kept.pop()\n"
            "    else:\n        time.sleep(0.1)\n"
        )
        hog = await asyncio.create_subprocess_exec(sys.executable, "-c", grow, str(group))
        (group / "cgroup.procs").write_text(str(hog.pid))

        async def end(_: health.Verdict) -> None:
            assert hog is not None
            hog.kill()

        yield end
    finally:
        if hog is not None and hog.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                hog.kill()
            await hog.wait()
        place.server.prefix = []
        await place.again()
        with contextlib.suppress(OSError):
            group.rmdir()


@fault("loop_blocked")
async def event_loop_blocked(place: Place) -> AsyncIterator[Act]:
    [victim, *_] = everyone_of(place.server, "web-worker")

    async def stutter() -> None:
        while victim.is_running():
            victim.suspend()
            await asyncio.sleep(1.6)
            victim.resume()
            await asyncio.sleep(0.6)

    async def start_again(_: health.Verdict) -> None:
        victim.resume()
        victim.terminate()

    try:
        async with _meanwhile(stutter()):
            yield start_again
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.resume()


def _faketime() -> str | None:
    for path in (
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    ):
        if Path(path).exists():
            return path
    spec = importlib.util.find_spec("libfaketime")
    if spec is None or spec.origin is None:
        return None
    return str(Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1")


@fault("clock_stepped", needs=lambda: _faketime() is not None)
async def clock_step(place: Place) -> AsyncIterator[Act]:
    told = place.folder / "clock"
    told.write_text("+0")
    variables = {
        "LD_PRELOAD": _faketime() or "",
        "FAKETIME_TIMESTAMP_FILE": str(told),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    await place.again(**variables)
    await asyncio.sleep(11)
    told.write_text("+40")

    async def set_right(_: health.Verdict) -> None:
        told.write_text("+0")
        await place.again()

    yield set_right
    await place.again()


@fault("cache_off")
async def cache_off(place: Place) -> AsyncIterator[Act]:
    await place.again(PARVIS_PAGE_CACHE_BYTES="0")
    yield place.do
    await place.again()
