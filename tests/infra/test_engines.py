"""The built-in engines come up, keep what they are given, and survive every kind of death."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import nats
import pytest

from parvis.base.settings import Settings
from parvis.infra import engines
from parvis.infra.engines import processes, supervisor
from parvis.infra.engines.nats_server import NatsServer
from parvis.infra.engines.places import LONGEST_SOCKET_PATH, SOCKET_NAME, Places, database_account
from parvis.infra.engines.postgresql import PostgreSQL

THROWAWAY = {"fsync": "off", "shared_buffers": "16MB"}
KEEPER = Path(__file__).parent.parent / "rig" / "keep_engines.py"


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path, as sockets need one."""
    with tempfile.TemporaryDirectory(prefix="parvis-engines-") as folder:
        yield Path(folder) / "home"


@contextmanager
def another_supervisor(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that keeps the engines of `home`."""
    keeper = subprocess.Popen([sys.executable, str(KEEPER), str(home)], stdout=subprocess.PIPE, text=True)
    try:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "up\n"
        yield keeper
    finally:
        keeper.kill()
        keeper.wait()
        keeper.stdout.close()


@contextmanager
def sleeper(owner: int | None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of that account which has nothing to do with us."""
    process = subprocess.Popen(["sleep", "60"], user=owner)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def children(home: Path) -> dict[str, int]:
    """Name → pid, as the supervisor wrote it down."""
    return {name: pid for name, (pid, _) in json.loads(Places(home).children_file.read_text())["children"].items()}


def alive(pid: int) -> bool:
    return processes.started_at(pid) != 0 and Path(f"/proc/{pid}/cmdline").read_bytes() != b""


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It did not happen in time.")


async def value(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def eventually(url: str, sql: str, seconds: float = 10) -> object:
    """The answer, once the database is back."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await value(url, sql)
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def test_data_and_addresses_survive_a_restart_and_nothing_else_does(home: Path) -> None:
    async with engines.running(home, postgres_options=THROWAWAY) as first:
        await value(first.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
        pids = children(home)
        assert set(pids) == {"postgres", "nats"}
    assert not any(alive(pid) for pid in pids.values())
    if os.geteuid() == 0:
        assert not Places(home).socket_folder.exists()
    async with engines.running(home, postgres_options=THROWAWAY) as second:
        assert second == first
        assert await value(second.database_url, "SELECT n FROM kept") == 42


async def test_data_put_back_with_open_folders_start_again(home: Path) -> None:
    async with engines.running(home, postgres_options=THROWAWAY):
        pass
    data = PostgreSQL(Places(home)).data
    data.chmod(0o755)
    async with engines.running(home, postgres_options=THROWAWAY) as where:
        assert await value(where.database_url, "SELECT 1") == 1
    assert data.stat().st_mode & 0o777 == 0o700


async def test_the_database_listens_on_no_network_and_asks_for_a_password(home: Path) -> None:
    async with engines.running(home, nats=False, postgres_options=THROWAWAY) as found:
        assert await value(found.database_url, "SHOW listen_addresses") == ""
        wrong = found.database_url.replace(Places(home).secret("database-parvis"), "wrong")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)


async def test_secrets_are_for_this_account_alone(home: Path) -> None:
    async with engines.running(home, postgres_options=THROWAWAY):
        places = Places(home)
        for path in (places.secrets, places.postgres, places.run, places.logs):
            assert path.stat().st_mode & 0o077 == 0
        for path in (*places.secrets.iterdir(), places.nats_config):
            assert path.stat().st_mode & 0o077 == 0
        command_lines = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(home).values())
        for path in places.secrets.iterdir():
            assert path.read_bytes() not in command_lines


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give engines accounts of their own")
async def test_under_root_each_engine_has_an_account_of_its_own(home: Path) -> None:
    async with engines.running(home, postgres_options=THROWAWAY):
        owners = {name: Path(f"/proc/{pid}").stat().st_uid for name, pid in children(home).items()}
    assert 0 not in owners.values()
    assert owners["postgres"] != owners["nats"]


async def test_the_broker_refuses_who_has_no_token(home: Path) -> None:
    async with engines.running(home, postgres_options=THROWAWAY) as found:
        client = await nats.connect(found.nats_url)
        await client.flush()
        await client.close()
        stranger = f"nats://127.0.0.1:{Places(home).nats_port}"
        with pytest.raises(Exception, match="Authorization Violation"):
            await nats.connect(stranger, allow_reconnect=False, error_cb=_ignore)


async def _ignore(_: Exception) -> None:
    """The failure is raised as well."""


async def test_a_second_supervisor_is_refused_and_reachable_joins_the_first(home: Path) -> None:
    settings = Settings(home=home)
    async with engines.running(home, postgres_options=THROWAWAY) as found:
        with pytest.raises(engines.AlreadyRunning, match=f"process {os.getpid()}"):
            async with engines.running(home):
                pass
        async with engines.reachable(settings) as reached:
            assert reached.database_url == found.database_url
            assert await value(reached.database_url, "SELECT 1") == 1
        assert await value(found.database_url, "SELECT 1") == 1


async def test_reachable_starts_the_engines_when_nobody_else_does(home: Path) -> None:
    async with engines.reachable(Settings(home=home), nats=False) as reached:
        assert await value(reached.database_url, "SELECT current_user::text") == "parvis"
        [pid] = children(home).values()
    assert not alive(pid)


@pytest.mark.parametrize("name", ["postgres", "nats"])
async def test_a_killed_engine_comes_back(home: Path, name: str) -> None:
    async with engines.running(home, postgres_options=THROWAWAY) as found:
        await value(found.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
        killed = children(home)[name]
        os.kill(killed, signal.SIGKILL)
        await until(lambda: children(home).get(name, killed) != killed)
        assert await eventually(found.database_url, "SELECT n FROM kept") == 42
        places = Places(home)
        await until_ready(NatsServer(places))


async def until_ready(broker: NatsServer) -> None:
    for _ in range(100):
        if await broker.ready():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("The broker did not come back.")


async def test_engines_die_with_a_killed_supervisor_and_the_next_one_starts_at_once(home: Path) -> None:
    with another_supervisor(home) as keeper:
        found = engines.addresses(Settings(home=home))
        await value(found.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
        pids = children(home)
        keeper.kill()
        began = time.monotonic()
        async with engines.running(home, postgres_options=THROWAWAY) as again:
            assert time.monotonic() - began < 5
            assert again == found
            assert await value(again.database_url, "SELECT n FROM kept") == 42
            assert not any(alive(pid) for pid in pids.values())


async def test_everything_killed_at_once_loses_nothing_that_was_committed(home: Path) -> None:
    with another_supervisor(home) as keeper:
        found = engines.addresses(Settings(home=home))
        await value(found.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
        pids = children(home)
        keeper.send_signal(signal.SIGSTOP)  # so that it restarts nothing
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        keeper.kill()
        async with engines.running(home, postgres_options=THROWAWAY) as again:
            assert await value(again.database_url, "SELECT n FROM kept") == 42


async def test_an_orphaned_database_is_ended_before_a_new_one_starts(home: Path) -> None:
    places = Places(home)
    async with engines.running(home, nats=False, postgres_options=THROWAWAY):
        pass
    database = PostgreSQL(places, THROWAWAY)
    await database.prepare()
    orphan = processes.start(database.launch())
    await until(lambda: (database.data / "postmaster.pid").exists())
    async with engines.running(home, nats=False, postgres_options=THROWAWAY) as found:
        assert orphan.wait() == 0  # asked to stop, not killed
        assert await value(found.database_url, "SELECT 1") == 1


async def test_a_stale_lock_that_names_a_living_stranger_is_no_obstacle(home: Path) -> None:
    async with engines.running(home, nats=False, postgres_options=THROWAWAY):
        pass
    database = PostgreSQL(Places(home))
    owner = database.account.uid if database.account else None
    with sleeper(owner) as stranger:
        (database.data / "postmaster.pid").write_text(f"{stranger.pid}\n{database.data}\n")
        async with engines.running(home, nats=False, postgres_options=THROWAWAY) as found:
            assert await value(found.database_url, "SELECT 1") == 1
        assert stranger.poll() is None


async def test_a_first_start_that_was_cut_short_is_repeated(home: Path) -> None:
    places = Places(home)
    places.create()
    half = places.postgres / "18.new-cafe"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    async with engines.running(home, nats=False, postgres_options=THROWAWAY) as found:
        assert await value(found.database_url, "SELECT 1") == 1
    assert not half.exists()


async def test_an_engine_that_cannot_start_says_where_its_log_is(home: Path) -> None:
    with pytest.raises(engines.EngineFailed, match=r"postgres ended at its start .*postgres\.log"):
        async with engines.running(home, postgres_options={"shared_buffers": "nonsense"}):
            pass
    async with engines.running(home, nats=False, postgres_options=THROWAWAY) as found:
        assert await value(found.database_url, "SELECT 1") == 1


@pytest.fixture
async def standby(home: Path) -> Path:
    """A home whose database reads its journal for as long as nobody promotes it, as one does that is brought back."""
    async with engines.running(home, nats=False, postgres_options=THROWAWAY):
        pass
    data = PostgreSQL(Places(home)).data
    touched(data / "standby.signal")
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.write("hot_standby = 'off'\n")
    return home


def touched(path: Path) -> None:
    path.touch()
    if (account := database_account()) is not None:
        os.chown(path, account.uid, account.gid)


async def test_a_database_that_reads_its_journal_is_waited_for(standby: Path) -> None:
    database, keeping = PostgreSQL(Places(standby), THROWAWAY), supervisor.Supervisor(Places(standby))
    starting = asyncio.create_task(keeping.start([database], within_s=1))
    try:
        await asyncio.sleep(4)
        assert not starting.done()
        touched(database.data / "promote")
        os.kill(children(standby)["postgres"], signal.SIGUSR1)
        await starting
        assert await value(Places(standby).database_url(), "SELECT 1") == 1
    finally:
        await keeping.stop()


@pytest.mark.long
async def test_a_database_that_reads_its_journal_is_not_waited_for_for_ever(
    standby: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STARTING_WITHIN_S", 2.0)
    keeping = supervisor.Supervisor(Places(standby))
    try:
        with pytest.raises(engines.EngineFailed, match="does not answer after 2 seconds"):
            await keeping.start([PostgreSQL(Places(standby), THROWAWAY)], within_s=1)
    finally:
        await keeping.stop()


async def test_an_operators_settings_win_over_ours(home: Path) -> None:
    Places(home).create()
    (home / "postgresql.conf").write_text("work_mem = '7MB'  # more\n# nothing\nlisten_addresses = '*'\n")
    async with engines.running(home, nats=False, postgres_options=THROWAWAY) as found:
        assert await value(found.database_url, "SHOW work_mem") == "7MB"
        assert await value(found.database_url, "SHOW listen_addresses") == ""  # except where nobody may


async def test_a_long_path_gets_a_short_socket(home: Path) -> None:
    long = home / ("a" * 90)
    places = Places(long)
    assert len(str(places.socket_folder / SOCKET_NAME)) < LONGEST_SOCKET_PATH
    async with engines.running(long, nats=False, postgres_options=THROWAWAY) as found:
        assert await value(found.database_url, "SELECT 1") == 1


async def test_a_broker_port_taken_by_a_stranger_is_left_to_him(home: Path) -> None:
    async with engines.running(home, postgres_options=THROWAWAY):
        port = Places(home).nats_port
    stranger = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    async with stranger, engines.running(home, postgres_options=THROWAWAY) as found:
        assert f":{port}" not in found.nats_url
        client = await nats.connect(found.nats_url)
        await client.close()


@pytest.fixture(autouse=True)
async def _nothing_is_left(home: Path) -> AsyncIterator[None]:
    yield
    mark = f"parvis-{Places(home).hash}".encode()
    left = [p for p in processes.every_pid() if mark in _cmdline(p)]
    assert left == []


def _cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
