"""Facts of an HTTP request that every door reads the same way."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from parvis.base.settings import Settings


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """The first header of that (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


def client_address(scope: Mapping[str, Any], settings: Settings) -> str:
    """Who is asking: the peer's address, or what a trusted proxy says of it (case A4)."""
    peer = (scope.get("client") or ("",))[0]
    if not settings.trusted_proxies:
        return peer
    trusted = {one.strip() for one in settings.trusted_proxies.split(",") if one.strip()}
    if peer in trusted:
        for hop in reversed((header(scope, b"x-forwarded-for") or "").split(",")):
            address = hop.strip()
            if address and address not in trusted and _is_address(address):
                return address
    return peer


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What limits are counted by: the address itself, for IPv6 the /64 it lies in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
