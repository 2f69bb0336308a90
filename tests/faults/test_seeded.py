"""The property tests of timelines and of privacy find what is wrong: each fault here, sown into a copy, makes them fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMELINES = "tests/domain/timelines/test_home_property.py"
PRIVACY = "tests/privacy/test_surfaces.py::test_c1_every_surface_shows_what_it_may_and_nothing_else[0]"
QUERIES, SIGHT = "domain/timelines/queries.py", "domain/posts/sight.py"

# What is changed where, and who must notice.
FAULTS = {
    "muted people are shown": (
        TIMELINES,
        QUERIES,
        '{may_see_of_followed(post, author, reader)}\n        AND NOT {silenced(f"{post}.account_id", reader)}',
        "{may_see_of_followed(post, author, reader)}",
    ),
    "reposts that the reader hid are shown": (TIMELINES, QUERIES, "{follow}.show_reposts\n                AND", ""),
    "a page goes one too far": (TIMELINES, QUERIES, "return f\"{column} < coalesce($2,", "return f\"{column} <= coalesce($2,"),
    "posts for followers are for everybody": (PRIVACY, SIGHT, "{post}.visibility <= 1\n", "{post}.visibility <= 2\n"),
    "a block does not hide": (
        PRIVACY,
        SIGHT,
        "seen_b.account_id = {post}.account_id AND seen_b.target_id = {viewer}::bigint)",
        "seen_b.account_id = {post}.account_id AND seen_b.target_id = 0)",
    ),
    "reposts show what is out of sight": (PRIVACY, SIGHT, 'AND {may_see("seen_o", "seen_oa", viewer)}', "AND true"),
}  # fmt: skip

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def ran(where: str, source: Path) -> subprocess.CompletedProcess[str]:
    """The property test, with Parvis imported from that folder."""
    environment = os.environ | {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", "PARVIS_TEST_SEEDS": "3"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", f"pythonpath=. {source}", where],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src" / "parvis", tmp_path / "parvis", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("where", [TIMELINES, PRIVACY])
def test_a_copy_without_a_fault_passes(where: str, copy: Path) -> None:
    done = ran(where, copy)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sown_fault_is_found(fault: str, copy: Path) -> None:
    where, file, right, wrong = FAULTS[fault]
    text = (copy / "parvis" / file).read_text()
    assert text.count(right) == 1, "the place has changed: sow the fault where it is now"
    (copy / "parvis" / file).write_text(text.replace(right, wrong))
    done = ran(where, copy)
    found = [line for line in done.stdout.splitlines() if line.startswith("E  ")]
    print(f"\n{fault}: {found[0][:120] if found else done.stdout[-300:]}")
    assert done.returncode == 1, done.stdout[-2000:]
    assert re.search(r"^E +(AssertionError|assert |tests\.privacy\.walk\.(Leak|Missing))", done.stdout, re.MULTILINE), (
        done.stdout
    )
