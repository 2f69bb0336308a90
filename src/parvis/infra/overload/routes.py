"""Which route a request will meet, without the framework: by it, not by how its address is written, the class is decided
(case A4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from parvis.infra.doors import BROWSING, READING, Bulkhead, Policy, Urgency, urgency_of


class Route(msgspec.Struct, frozen=True):
    """What matters of a route under load."""

    path: str
    audience: str
    urgency: Urgency
    bulkhead: Bulkhead
    shared_s: float
    page: bool = False  # one that people look at, on the side of the place that is for everybody


UNKNOWN = Route("", "public", BROWSING, "", 0.0)
STREAMING = Route("/api/v1/streaming", "user", READING, "streams", 0.0)


class _Node:
    __slots__ = ("below", "child", "routes", "tail")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.child: _Node | None = None
        self.tail = False  # the parameter takes all that follows
        self.routes: dict[str, Route] = {}


class Routes:
    """The routes of an application, found as its framework finds them: first whole paths without parameters, then part by
    part, a fixed one before a parameter."""

    def __init__(self, handlers: Iterable[Any]) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        self._root = _Node()
        for handler in handlers:
            for path in handler.paths:
                self._add(path, handler)

    def find(self, method: str, path: str) -> Route:
        """The route; UNKNOWN where there is none."""
        plain = self._plain.get(path)
        if plain is None and (path[-1:] == "/" or "//" in path):
            plain = self._plain.get("/" + "/".join(part for part in path.split("/") if part))
        if plain is not None:
            return plain.get(method) or plain.get("") or UNKNOWN
        node = self._root
        for part in path.split("/"):
            if not part:
                continue
            below = node.below.get(part)
            if below is not None:
                node = below
                continue
            if node.child is None:
                return UNKNOWN
            node, tail = node.child, node.tail
            if tail:
                break
        return node.routes.get(method) or node.routes.get("") or UNKNOWN

    def _add(self, path: str, handler: Any) -> None:
        routes = self._plain.setdefault(path, {}) if "{" not in path else self._node(path).routes
        policy: Policy = handler.opt["policy"]
        for method in sorted(getattr(handler, "http_methods", None) or {""}):
            urgency = urgency_of(policy, method)
            routes[method] = Route(
                path,
                policy.audience,
                BROWSING if urgency is None else urgency,
                policy.bulkhead,
                policy.shared_s if policy.audience == "public" and method == "GET" else 0.0,
                "page" in handler.opt and method == "GET" and policy.audience in ("public", "session"),
            )

    def _node(self, path: str) -> _Node:
        node = self._root
        for part in path.split("/"):
            if part.startswith("{"):
                node.tail = part.endswith(":path}")
                node.child = node.child or _Node()
                node = node.child
            elif part:
                node = node.below.setdefault(part, _Node())
        return node
