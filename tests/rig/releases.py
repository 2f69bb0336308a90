"""Releases of Parvis side by side, as an operator keeps them: a folder each, and a link to the one that the service starts."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLD = "0.0.9"  # the version that the old one is given, so that its answers can be told apart


class Releases:
    """`old`: from before the newest migration; `new`: this tree. `current` leads to one of them."""

    def __init__(self, folder: Path, commit: str) -> None:
        self.folder = folder
        self.current = folder / "current"
        _unpack(commit, folder / "old")
        _interpreter(folder / "old", folder / "old" / "src")
        _interpreter(folder / "new", ROOT / "src")
        self.point_at("old")

    def point_at(self, name: str) -> None:
        """The service starts that release from now on."""
        fresh = self.folder / "current.new"
        fresh.symlink_to(self.folder / name)
        os.replace(fresh, self.current)

    def command(self, name: str) -> list[str]:
        """`parvis` of that release, or by the link."""
        return [str(self.folder / name / ".venv" / "bin" / "python"), "-m", "parvis"]


def before_the_newest_migration() -> str | None:
    """The commit before the one that added the newest migration; None where the history does not go back so far."""
    added = _git("log", "-1", "--format=%H", "--diff-filter=A", "--", "src/parvis/migrations/0*.sql")
    return _git("rev-parse", "--verify", "--quiet", f"{added}^") if added else None


def _git(*words: str) -> str | None:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None


def _unpack(commit: str, folder: Path) -> None:
    """The package as it was, with the files that others wrote, which are in no repository."""
    packed = subprocess.run(["git", "-C", str(ROOT), "archive", commit, "src"], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    package = folder / "src" / "parvis"
    shutil.copytree(ROOT / "src" / "parvis" / "static" / "vendor", package / "static" / "vendor", dirs_exist_ok=True)
    about = (package / "__init__.py").read_text().partition("__version__")[0]
    (package / "__init__.py").write_text(f'{about}__version__ = "{OLD}"\n')


def _interpreter(folder: Path, source: Path) -> None:
    """A Python that finds that source, and what it needs where we find it."""
    binaries = folder / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for program in Path(sysconfig.get_path("scripts")).iterdir():
        if not program.name.startswith(("python", "activate")):
            (binaries / program.name).symlink_to(program)  # the broker among them
    (binaries / "python").symlink_to(Path(sys.executable).resolve())
    (folder / ".venv" / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).resolve().parent}\ninclude-system-site-packages = false\n"
    )
    site = folder / ".venv" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    site.mkdir(parents=True)
    (site / "release.pth").write_text(f"{source}\n{sysconfig.get_path('purelib')}\n")
