"""toot, from its command line: log in with a code, post with a picture, answer, react, follow, read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.clients.conftest import grant
from tests.rig.server import Server


class Toot:
    """The program `toot` with a configuration of its own."""

    def __init__(self, server: Server, handle: str, folder: Path) -> None:
        self.environment = os.environ | {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder), "NO_COLOR": "1"}
        server.account(handle)
        self._log_in(server, handle)

    def _log_in(self, server: Server, handle: str) -> None:
        command = [str(Path(sys.executable).parent / "toot"), "login", "--instance", server.origin]
        with subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            printed = ""
            while not re.search(r"/oauth/authorize\S+\s", printed):
                one = process.stdout.read(1)
                assert one, printed
                printed += one
            url = re.search(r"https?://\S+/oauth/authorize\S+", printed)
            assert url, printed
            process.stdin.write("n\n" + grant(server, handle, url.group()) + "\n")
            process.stdin.flush()
            rest = process.stdout.read()
            assert process.wait(30) == 0, printed + rest

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "toot"), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def until(self, printed: str, *words: str) -> None:
        """The command prints that at last."""
        deadline = time.monotonic() + 30
        while printed not in (said := self.run(*words)):
            assert time.monotonic() < deadline, said


@pytest.fixture(scope="module")
def ann(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Toot:
    return Toot(server, "ann_toot", tmp_path_factory.mktemp("ann"))


@pytest.fixture(scope="module")
def ben(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Toot:
    return Toot(server, "ben_toot", tmp_path_factory.mktemp("ben"))


def test_the_whole_conversation(ann: Toot, ben: Toot, picture_file: Path) -> None:
    assert "ann_toot" in ann.run("whoami")
    assert "Parvis" in ann.run("instance")
    post = json.loads(
        ann.run("post", "from a terminal", "--media", str(picture_file), "--description", "orange", "--json")
    )
    assert post["media_attachments"][0]["description"] == "orange"
    reply = json.loads(ben.run("post", "answered from another", "--reply-to", post["id"], "--json"))
    assert reply["in_reply_to_id"] == post["id"]
    ben.run("favourite", post["id"])
    ben.run("reblog", post["id"])
    ben.run("bookmark", post["id"])
    ben.run("follow", "ann_toot")
    second = json.loads(ann.run("post", "a second one", "--json"))
    deadline = time.monotonic() + 5
    while "a second one" not in ben.run("timelines", "home", "--no-pager", "--limit", "10"):
        assert time.monotonic() < deadline
    notified = ann.run("notifications")
    for words in ("favourited your", "boosted your", "now follows you"):
        assert words in notified, notified
    assert "answered from another" in ann.run("thread", post["id"])
    assert "from a terminal" in ben.run("bookmarks")
    ben.run("unfavourite", post["id"])
    ben.run("unreblog", post["id"])
    ben.run("unfollow", "ann_toot")
    ann.run("delete", second["id"])
    assert "a second one" not in ben.run("timelines", "account", "--no-pager", "--limit", "10", "ann_toot")


@pytest.mark.long
def test_everything_else_that_toot_offers(ann: Toot, ben: Toot) -> None:
    """Polls, plans, lists, hashtags, search. toot edits, quotes, filters and subscribes nothing."""
    words = ["post", "Tea or coffee? #teatime", "--poll-option", "Tea", "--poll-option", "Coffee", "--json"]
    asked = json.loads(ann.run(*words))
    assert [one["title"] for one in asked["poll"]["options"]] == ["Tea", "Coffee"]
    ben.run("polls", "vote", asked["poll"]["id"], "1")
    assert json.loads(ann.run("polls", "show", asked["poll"]["id"], "--json"))["options"][1]["votes_count"] == 1
    later = json.loads(ann.run("post", "for tomorrow", "--scheduled-in", "1 day", "--json"))
    assert later["params"]["text"] == "for tomorrow"
    ann.run("follow", "ben_toot")
    ann.run("lists", "create", "Friends", "--replies-policy", "list")
    ann.run("lists", "add", "Friends", "ben_toot")
    assert "ben_toot" in ann.run("lists", "accounts", "Friends")
    ben.run("post", "for those who list me")
    ann.until("for those who list me", "timelines", "list", "--no-pager", "--limit", "10", "Friends")
    ann.run("lists", "delete", "Friends")
    ben.run("tags", "follow", "teatime")
    assert "teatime" in ben.run("tags", "followed")
    ben.until(asked["id"], "search", "from:ann_toot coffee", "--type", "statuses")
    assert "ann_toot" in ben.run("search", "ann_toot", "--type", "accounts")
    ann.run("notifications", "--clear")
    assert json.loads(ann.run("notifications", "--json")) == []
