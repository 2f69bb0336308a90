"""Lists that clients ask for and that are truthfully empty here, because what would fill them does not exist yet.

docs/client-api.md names them; each leaves this file when its feature arrives.
"""

from __future__ import annotations

from typing import Any

from parvis.api.routing import Call, endpoint
from parvis.infra.doors import LONG_SHARED_S, READING

# path → scopes; None: for anybody.
LISTS: dict[str, tuple[str, ...] | None] = {
    "/api/v1/accounts/:id/identity_proofs": (),
    "/api/v1/instance/domain_blocks": None,
    "/api/v1/instance/peers": None,
    "/api/v1/peers/search": None,
}


def _declare(path: str, scopes: tuple[str, ...] | None) -> None:
    async def nothing(call: Call) -> list[Any]:
        return []

    name = path.removeprefix("/api/").replace("/:id", "").replace("/", "_")
    nothing.__name__, nothing.__doc__ = name, f"{name.partition('_')[2].replace('_', ' ').capitalize()}: none yet."
    shared_s = LONG_SHARED_S if scopes is None else 0.0
    declared = endpoint(
        "GET", path, user=scopes is not None, scopes=scopes or (), returns=list[Any], urgency=READING, shared_s=shared_s
    )
    declared(nothing)


for _path, _scopes in LISTS.items():
    _declare(_path, _scopes)
