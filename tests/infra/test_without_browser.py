"""Where there is no browser its tests are skipped, and nobody can overlook it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_run_without_a_browser_says_so_in_its_last_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/browser/test_player.py"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "the browser was NOT tested" in done.stdout
    assert "tests were skipped: there is no Chromium on this machine. As root: apt install chromium" in done.stdout
    assert " passed" not in done.stdout
