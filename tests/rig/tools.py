"""Programs that tests use and Parvis does not."""

from __future__ import annotations

import shutil

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
