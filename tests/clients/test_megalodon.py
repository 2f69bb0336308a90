"""megalodon in Node, the library of Whalebird and others: what it offers, as its users use it."""

from __future__ import annotations

import pytest

from tests.clients.journeys import grown
from tests.rig.server import Server


@pytest.mark.node
def test_everything_that_megalodon_offers(server: Server) -> None:
    steps, message = grown(server, "megalodon.mjs", "megalodon", ("ann_mega", "ben_mega"))
    assert steps == [
        "poll", "scheduled", "edited", "quoted", "list", "filter", "search", "push", "notifications", "done",
    ]  # fmt: skip
    assert (message["notification_type"], message["title"]) == ("mention", "ben_mega mentions you")
