"""PostgreSQL as a child of ours: made once, started directly (never by pg_ctl), asked by a real query, stopped in order.

As root it runs as `nobody`, to whom PARVIS_HOME may be closed. It is handed an open folder descriptor instead of a path:
`/proc/self/fd/N` leads it, and every process it starts, to the data without a right to anything above them.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import os
import secrets
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg

from parvis.infra.engines import binaries, processes
from parvis.infra.engines.places import SOCKET_NAME, Places, UserAccount, database_account

log = logging.getLogger(__name__)

NAME = "postgres"
ORPHANS = ((0, 1.0), (signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))  # at first only wait
STOP: tuple[processes.Step, ...] = ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))

# An operator's PARVIS_HOME/postgresql.conf wins over these.
DEFAULTS: dict[str, str] = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "replica",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "jit": "off",  # our queries are short: compiling them costs more than it saves
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
    "log_min_duration_statement": "1s",
    "idle_in_transaction_session_timeout": "60s",
    # After a crash, one call instead of one for each of thousands of files: seconds earlier back, however much there is.
    "recovery_init_sync_method": "syncfs",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Answer(enum.Enum):
    """What a database says to one who asks."""

    YES = "yes"
    LATER = "later"
    NO = "no"


class PostgreSQL:
    """The built-in database of one PARVIS_HOME."""

    name = NAME
    stop_steps = STOP

    def __init__(self, places: Places, options: Mapping[str, str] | None = None) -> None:
        self.places = places
        self.options = dict(options or {})
        self.account = database_account()
        self.cluster = f"parvis-{places.hash}"  # appears in every process title, so that we recognise ours
        major = binaries.postgres_version().partition(".")[0]
        self.data = places.postgres / major
        self.starting = False
        self._folder: int | None = None
        self._provisioned = False

    async def prepare(self) -> None:
        """The data exist, and nothing of an earlier run is in the way."""
        self.places.create_socket_folder()
        await self._end_orphans()
        self._remove_stale_locks()
        if not self.data.exists():
            await self._create_data()
        self.data.chmod(0o700)  # a copy that was put back may lie open, and PostgreSQL refuses such a folder
        if self._folder is None:
            self._folder = os.open(self.data, os.O_PATH | os.O_DIRECTORY)

    def launch(self) -> processes.Launch:
        assert self._folder is not None
        settings = DEFAULTS | self.options | _operator_settings(self.places.home / "postgresql.conf")
        settings |= {
            "listen_addresses": "",
            "unix_socket_directories": str(self.places.socket_folder),
            "cluster_name": self.cluster,
            "logging_collector": "off",
            "password_encryption": "scram-sha-256",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return processes.Launch(
            argv=[str(binaries.postgres_program("postgres", self.account)), "-D", _by_descriptor(self._folder), *flags],
            environment=_environment(),
            account=self.account,
            death_signal=signal.SIGINT,  # stop fast and clean; every client dies with us too
            descriptors=[self._folder],
            log=self.places.logs / "postgres.log",
        )

    async def ready(self) -> bool:
        """A query is answered, and our role and database exist."""
        if self._provisioned:
            return await _answer(self.places.database_url()) is Answer.YES
        answer = await _answer(self.places.database_url(user="postgres", database="postgres"))
        self.starting = answer is Answer.LATER
        if answer is not Answer.YES:
            return False
        await self._provision()
        self._provisioned = True
        return await _answer(self.places.database_url()) is Answer.YES

    def release(self) -> None:
        """Nothing of ours is left outside PARVIS_HOME."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None
        self.places.remove_socket_folder()

    async def _provision(self) -> None:
        """The role `parvis` (no superuser) owns the database `parvis`; its password is the one we keep."""
        admin = await asyncpg.connect(self.places.database_url(user="postgres", database="postgres"))
        try:
            password = self.places.secret("database-parvis")  # url-safe characters only
            if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parvis')"):
                await admin.execute("CREATE ROLE parvis LOGIN")
            await admin.execute(f"ALTER ROLE parvis PASSWORD '{password}'")
            await admin.execute("GRANT pg_monitor TO parvis")
            if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'parvis')"):
                await admin.execute("CREATE DATABASE parvis OWNER parvis")
                await admin.execute("REVOKE ALL ON DATABASE parvis FROM PUBLIC")
        finally:
            await admin.close()

    async def _create_data(self) -> None:
        """A new cluster lies in its final folder; attempts that were cut short leave nothing that counts."""
        for unfinished in self.data.parent.glob(f"{self.data.name}.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        fresh = self.data.with_name(f"{self.data.name}.new-{secrets.token_hex(4)}")
        fresh.mkdir(mode=0o700)
        if self.account:
            os.chown(fresh, self.account.uid, self.account.gid)
        with _opened(fresh) as folder, _in_memory(self.places.secret("database-postgres"), self.account) as password:
            status = await processes.ended(processes.start(self._initdb(folder, password)))
        if status != 0:
            raise binaries.EngineMissing(f"The database could not be created; see {self.places.logs / 'initdb.log'}.")
        os.rename(fresh, self.data)

    def _initdb(self, folder: int, password: int) -> processes.Launch:
        # No ICU in this build; the built-in provider sorts by code point and knows Unicode's case rules.
        arguments = (
            "--username=postgres --auth-local=scram-sha-256 --auth-host=scram-sha-256 --encoding=UTF8 "
            "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --data-checksums --no-instructions"
        ).split()
        if self.options.get("fsync") == "off":
            arguments.append("--no-sync")
        program = binaries.postgres_program("initdb", self.account)
        return processes.Launch(
            argv=[
                str(program),
                f"--pgdata={_by_descriptor(folder)}",
                f"--pwfile={_by_descriptor(password)}",
                *arguments,
            ],
            environment=_environment(),
            account=self.account,
            descriptors=[folder, password],
            log=self.places.logs / "initdb.log",
        )

    async def _end_orphans(self) -> None:
        """No process of this database is left: those of a supervisor that was killed are given time to stop cleanly."""
        for sent, seconds in ORPHANS:
            for pid in self._processes() if sent else ():
                log.warning("engine.orphan", extra={"fields": {"engine": NAME, "pid": pid, "signal": int(sent)}})
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sent)
            for _ in range(int(seconds / 0.05)):
                if not self._processes():
                    return
                await asyncio.sleep(0.05)

    def _remove_stale_locks(self) -> None:
        """The next start is not refused because a stranger was given the old process's number.

        Called only when no process of this database lives, so these files protect nothing.
        """
        for stale in (self.data / "postmaster.pid", *self._socket_files()):
            stale.unlink(missing_ok=True)

    def _socket_files(self) -> tuple[Path, Path]:
        socket = self.places.socket_folder / SOCKET_NAME
        return socket, socket.with_name(f"{SOCKET_NAME}.lock")

    def _processes(self) -> list[int]:
        """Every process of this database: right owner, and our cluster's name in its title or flags."""
        owner = self.account.uid if self.account else os.geteuid()
        mark = self.cluster.encode()
        return [pid for pid in processes.every_pid() if _is_postgres(pid, owner, mark)]


def _is_postgres(pid: int, owner: int, mark: bytes) -> bool:
    folder = Path(f"/proc/{pid}")
    try:
        if folder.stat().st_uid != owner:
            return False
        line = (folder / "cmdline").read_bytes()
    except OSError:
        return False
    return mark in line and (line.startswith(b"postgres:") or b"/bin/postgres\0" in line)


async def _answer(url: str) -> Answer:
    """Whether a query is answered by a database that takes writes: not by one that is still being brought back."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except asyncpg.CannotConnectNowError:  # it reads its journal, after a crash or to bring a place back
        return Answer.LATER
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError):
        return Answer.NO
    try:
        reading = await connection.fetchval("SELECT pg_is_in_recovery()", timeout=5)
        return Answer.LATER if reading else Answer.YES
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Answer.NO
    finally:
        connection.terminate()


def _operator_settings(path: Path) -> dict[str, str]:
    """`name = value` lines, comments and quotes removed."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("#")[0].partition("=") for line in lines)
    return {name.strip(): value.strip().strip("'") for name, _, value in pairs if name.strip()}


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor that leads to the folder, and gives no right by itself."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_memory(text: str, reader: UserAccount | None) -> Iterator[int]:
    """A descriptor of a file that exists nowhere, for `reader` alone."""
    descriptor = os.memfd_create("password")
    try:
        os.write(descriptor, text.encode() + b"\n")
        os.fchmod(descriptor, 0o400)
        if reader is not None:
            os.fchown(descriptor, reader.uid, reader.gid)
        yield descriptor
    finally:
        os.close(descriptor)


def _by_descriptor(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
