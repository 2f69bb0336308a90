"""Where an installation keeps its things: data, logs, passwords, sockets; and the addresses that follow from them."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import stat
from pathlib import Path
from urllib.parse import quote

import msgspec

from parvis.base.settings import Settings

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # sun_path holds 108 bytes, one of them the final zero
SECRETS = ("database-postgres", "database-parvis", "nats")
NATS_UID = 65532  # needs no entry in the password file, owns nothing, and is not the database's account


class UserAccount(msgspec.Struct, frozen=True):
    """The system account an engine runs under."""

    uid: int
    gid: int


class Addresses(msgspec.Struct, frozen=True):
    """How to reach the engines, passwords included."""

    database_url: str
    nats_url: str


class Places:
    """The paths of one PARVIS_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.run = self.home / "run"
        self.secrets = self.home / "secrets"
        self.logs = self.home / "logs"
        self.postgres = self.home / "postgres"
        self.lock_file = self.run / "serve.lock"
        self.children_file = self.run / "children.json"
        self.nats_config = self.run / "nats.conf"
        self.hash = hashlib.sha256(os.fsencode(os.path.realpath(self.home))).hexdigest()[:12]
        self.socket_folder = _socket_folder(self)

    def create(self) -> None:
        """Every folder and every password exists, closed to other people."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.run, self.secrets, self.logs, self.postgres):
            folder.mkdir(mode=0o700, exist_ok=True)
        for name in SECRETS:
            if not (self.secrets / name).exists():
                _create_secret(self.secrets / name)

    def create_socket_folder(self) -> None:
        """The database can make its socket there; nobody else has put anything there before.

        Raises: PermissionError when the folder belongs to somebody else.
        """
        account = database_account()
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        found = os.lstat(self.socket_folder)
        owners = {os.geteuid(), account.uid if account else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
            raise PermissionError(f"{self.socket_folder} belongs to somebody else.")
        if self.socket_folder != self.run:
            os.chmod(self.socket_folder, 0o700)
            if account:
                os.chown(self.socket_folder, account.uid, account.gid)

    def remove_socket_folder(self) -> None:
        """The folder outside PARVIS_HOME is gone, unless something is left in it."""
        if self.socket_folder != self.run:
            try:
                self.socket_folder.rmdir()
            except OSError:
                pass

    def secret(self, name: str) -> str:
        """The named password; empty before `create`."""
        try:
            return (self.secrets / name).read_text().strip()
        except FileNotFoundError:
            return ""

    @property
    def nats_port(self) -> int:
        """The port chosen earlier, or 0."""
        try:
            return int((self.run / "nats.port").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def remember_nats_port(self, port: int) -> None:
        write_whole(self.run / "nats.port", str(port))

    def database_url(self, *, user: str = "parvis", database: str = "parvis") -> str:
        """Where the built-in database is, for `parvis` (owner of the database) or `postgres` (superuser)."""
        password = self.secret(f"database-{user}")
        return f"postgresql://{user}:{password}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def nats_url(self) -> str:
        """Where the built-in broker is; empty before its first start, when no port is chosen yet."""
        if not self.nats_port:
            return ""
        return f"nats://{self.secret('nats')}@127.0.0.1:{self.nats_port}"


def addresses(settings: Settings) -> Addresses:
    """Where the engines of this installation are, whether they run or not; an outside engine replaces a built-in one."""
    places = Places(settings.home)
    return Addresses(
        database_url=settings.database_url or places.database_url(),
        nats_url=settings.nats_url or places.nats_url(),
    )


def database_account() -> UserAccount | None:
    """Who runs PostgreSQL: `nobody` when we are root, because postgres refuses root; otherwise we ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return UserAccount(uid=entry.pw_uid, gid=entry.pw_gid)


def nats_account() -> UserAccount | None:
    """Who runs NATS when we are root: an account that is neither root nor the database's."""
    return UserAccount(uid=NATS_UID, gid=NATS_UID) if os.geteuid() == 0 else None


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """The file holds `text`; a reader sees the old or the new content, never half."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _create_secret(path: Path) -> None:
    """The file holds a random password, whoever of several processes wrote it first."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_whole(fresh, secrets.token_urlsafe(32))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _socket_folder(places: Places) -> Path:
    """PARVIS_HOME/run where the database may reach it and the path is short enough; otherwise outside.

    As root the database runs under another account, which may not be able to enter PARVIS_HOME.
    """
    if os.geteuid() == 0:
        parent = Path("/run") if os.access("/run", os.W_OK) else Path("/tmp")  # noqa: S108 - ownership is checked
        return parent / f"parvis-{places.hash}"
    if len(os.fsencode(places.run / SOCKET_NAME)) + len(".lock") <= LONGEST_SOCKET_PATH:
        return places.run
    return Path("/tmp") / f"parvis-{os.geteuid()}-{places.hash}"  # noqa: S108 - ownership is checked
