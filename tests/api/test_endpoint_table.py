"""The table of endpoints says what is here: it is made from the routes and cannot fall behind them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from parvis.api.routing import ENDPOINTS

SCRIPT = Path(__file__).parents[2] / "scripts" / "endpoints.py"


def script() -> ModuleType:
    made = importlib.util.spec_from_file_location("endpoints_script", SCRIPT)
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


table = script()

# Strangers may search by version 2, and the first version is the same search.
OPEN_TO_MORE = {"/api/v1/search"}


def test_every_endpoint_is_here_or_refused_with_a_reason() -> None:
    found = table.rows()
    assert len(found) > 300
    assert [f"{one.method} {one.path}" for one in found if one.status == "planned"] == []
    both = [f"{one.method} {one.path}" for one in found if one.refused and one.status == "done"]
    assert both == [], "what is here is not refused"


def test_the_page_is_the_one_that_the_script_makes() -> None:
    assert table.PAGE.read_text() == table.page(), "run scripts/endpoints.py"


def test_routes_ask_for_the_scopes_that_clients_expect() -> None:
    declared = {(one.method, table.shape(one.path)): one.policy for one in ENDPOINTS}
    checked = 0
    for one in table.rows():
        policy = declared.get((one.method, table.shape(one.path)))
        if policy is None or one.scope in ("session", "scope", "as stream", "signed token in URL"):
            continue
        checked += 1
        kind, _, rest = (
            one.scope.partition(":") if one.scope.startswith(("user:", "app:")) else ("public", "", one.scope)
        )
        words = rest.partition("with token:")[2] if kind == "public" else rest
        listed = {word.strip() for word in words.partition("(")[0].split("|")} if words.strip() else set()
        expected = {word for word in listed if ":" in word or word in ("profile", "push")}
        if one.scope.startswith("user:") and one.path not in OPEN_TO_MORE:
            assert policy.audience == "user", one
        elif one.scope == "public":
            assert policy.audience == "public", one
        if expected:
            assert set(policy.scopes) == expected, one
    assert checked > 200
