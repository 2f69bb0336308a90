"""Programs and stores that tests use and Parvis does not need."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MEDIA_ELSEWHERE = "TEST_MEDIA_URL"


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def media_url_of(home: Path) -> str:
    """Where the server of that home keeps its media: what `--media` says, else its own default."""
    store = os.environ.get(MEDIA_ELSEWHERE, "")
    return f"{store}/{hashlib.sha256(str(home).encode()).hexdigest()[:12]}" if store else ""
