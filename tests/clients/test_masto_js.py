"""masto.js in Node: the programs beside this file do the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.journeys import grown, travelled
from tests.rig.server import Server


@pytest.mark.node
def test_the_whole_journey(server: Server, picture_file: Path) -> None:
    for handle in ("ann_js", "ben_js"):
        server.account(handle)
    travelled(server, "journey.mjs", "masto", str(picture_file))


@pytest.mark.long
@pytest.mark.node
def test_everything_that_a_grown_client_offers(server: Server) -> None:
    steps, message = grown(server, "grown.mjs", "masto", ("cat_js", "dan_js"))
    assert steps == [
        "poll", "scheduled", "edited", "quoted", "list", "filter", "search", "push", "grouped", "policy", "done",
    ]  # fmt: skip
    assert (message["notification_type"], message["title"]) == ("mention", "dan_js mentions you")
