"""The demo login: a password of this installation's own, kept in a file that only its owner reads."""

from __future__ import annotations

import os
from pathlib import Path

from parvis.base.settings import Settings
from parvis.demo.community import LOGIN

_FILE = "demo-password"


def keep(settings: Settings, password: str) -> None:
    """The password can be shown again at later starts."""
    path = settings.home / _FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(password + "\n")


def kept(settings: Settings) -> str | None:
    """The password of the demo login, if there is one."""
    try:
        return _path(settings).read_text().strip() or None
    except OSError:
        return None


def _path(settings: Settings) -> Path:
    return settings.home / _FILE


async def lines(settings: Settings) -> list[str]:
    """What `parvis serve` says about it once it is ready."""
    password = kept(settings)
    return [] if password is None else [f"To look around, sign in as {LOGIN} with the password {password}"]
