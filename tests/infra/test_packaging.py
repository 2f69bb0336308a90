"""What is installed is what was locked, and what was locked is what is asked for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def locked(name: str) -> dict[str, set[str]]:
    """Package → the lines that pin it, one for each marker."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9_.-]+)==([^\s;\\]+)", line):
            found.setdefault(normal(match[1]), set()).add(match[2])
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    assert {normal(re.split(r"[\s<>=!~\[;]", name)[0]) for name in wanted} <= locked("runtime.lock").keys()


def test_tests_run_on_what_is_delivered() -> None:
    tools = locked("dev.lock")
    assert {name: tools.get(name) for name in locked("runtime.lock")} == locked("runtime.lock")


def test_lock_files_name_no_index() -> None:
    for path in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in path.read_text()
    for folder in ("assets", "tests/clients"):
        assert '"resolved"' not in (ROOT / folder / "package-lock.json").read_text()
