"""megalodon in Node, the library of Whalebird and others: what it offers, as its users use it."""

from __future__ import annotations

import pytest

from tests.clients.journeys import travelled
from tests.rig.phones import App, PushService
from tests.rig.server import Server


@pytest.mark.node
def test_everything_that_megalodon_offers(server: Server) -> None:
    for handle in ("ann_mega", "ben_mega"):
        server.account(handle)
    phone = App(contact=None)
    with PushService().listening() as service:
        keys = phone.keys
        steps = travelled(server, "megalodon.mjs", "megalodon", service.origin, keys["p256dh"], keys["auth"])
        message = phone.read(service.next())
    assert [one["step"] for one in steps if one["step"] != "authorize"] == [
        "poll", "scheduled", "edited", "quoted", "list", "filter", "search", "push", "notifications", "done",
    ]  # fmt: skip
    assert (message["notification_type"], message["title"]) == ("mention", "ben_mega mentions you")
