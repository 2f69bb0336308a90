"""Every route has a class, and the class goes with the route that answers, however its address is written (case A4)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException

from parvis import api, app, console, web
from parvis.base.settings import Settings
from parvis.infra.doors import urgency_of
from parvis.infra.overload.principals import Principals
from parvis.infra.overload.routes import UNKNOWN, Routes

HANDLERS: list[Any] = [
    app.live, app.ready, app.health, *api.handlers(), *web.route_handlers(), *console.route_handlers(),
]  # fmt: skip
ROUTES = Routes(HANDLERS)
EVERY = [
    (method, path, handler)
    for handler in HANDLERS
    for path in handler.paths
    for method in sorted(getattr(handler, "http_methods", ()) or ("GET",))
]


def written(path: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", lambda match: "@alice" if match[1] == "at" else "1", path)


def test_every_route_declares_its_class() -> None:
    for handler in HANDLERS:
        for method in getattr(handler, "http_methods", ()) or ("GET",):
            assert urgency_of(handler.opt["policy"], method) is not None, (method, handler.paths)


def test_i1_only_what_is_public_is_shared() -> None:
    for handler in HANDLERS:
        policy = handler.opt["policy"]
        assert not policy.shared_s or policy.audience == "public", handler.paths


def test_what_lets_people_in_is_of_the_first_class_and_nothing_else_is() -> None:
    first = {path for method, path, _ in EVERY if ROUTES.find(method, written(path)).urgency == 0}
    assert first >= {"/sign-up", "/sign-in", "/confirm", "/oauth/token", "/oauth/authorize", "/health", "/console/mail"}
    pages = "sign|confirm|forgot|reset|setup|oauth|health|console|ticket|invit|admission|waiting"
    allowed = rf"/({pages})|/api/v1/(apps|accounts|emails)|/api/parvis"
    assert all(re.match(allowed, path) for path in first), first


@pytest.mark.parametrize("form", ["{}", "/{}", "{}/", "//{}//", "{}.json", "{}%2e", "{}/.", "{}/..", "UPPER"])
def test_a4_the_class_is_that_of_the_route_that_answers_whatever_the_path_looks_like(form: str) -> None:
    framework = Litestar(route_handlers=HANDLERS, openapi_config=None, logging_config=None)
    checked = 0
    for method, path, _ in EVERY:
        address = written(path).upper() if form == "UPPER" else form.format(written(path))
        found = ROUTES.find(method, address)
        try:
            answering = framework.asgi_router.handle_routing(_normal(address), method)[1]
        except HTTPException:
            continue
        policy = answering.opt.get("policy")
        if policy is None:  # the framework's own answer to OPTIONS
            continue
        assert found is not UNKNOWN, (method, address)
        assert found.urgency == urgency_of(policy, method), (method, address)
        assert found.bulkhead == policy.bulkhead
        checked += 1
    assert checked > 200 or form not in ("{}", "/{}", "{}/", "//{}//")


def _normal(path: str) -> str:
    """As the framework does before it looks for a route."""
    from litestar.utils import normalize_path

    return normalize_path(path)


def scope(client: str, **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "headers": raw, "client": (client, 1)}


def test_a4_a_forwarded_address_counts_only_when_a_known_proxy_says_it() -> None:
    alone, behind = Principals(Settings()), Principals(Settings(trusted_proxies="10.0.0.1"))
    claims = {"x_forwarded_for": "1.2.3.4"}
    assert alone.asking(scope("192.0.2.1", **claims)).principal == "192.0.2.1"
    assert behind.asking(scope("192.0.2.1", **claims)).principal == "192.0.2.1"
    assert behind.asking(scope("10.0.0.1", **claims)).principal == "1.2.3.4"
    assert alone.asking(scope("2001:db8::1")).principal == alone.asking(scope("2001:db8::ffff")).principal


def test_j5_invented_tokens_are_one_principal_and_a_header_gives_no_class() -> None:
    principals = Principals(Settings())
    seen = {principals.asking(scope("192.0.2.1", authorization=f"Bearer {n}")).principal for n in range(1000)}
    assert seen == {"192.0.2.1"}
    good = principals.asking(scope("192.0.2.1", authorization="Bearer good")).credential
    assert good is not None
    principals.found_good(good)
    assert principals.asking(scope("198.51.100.9", authorization="Bearer good")).principal == good
    principals.found_bad(good)
    assert principals.asking(scope("192.0.2.1", authorization="Bearer good")).principal == "192.0.2.1"
