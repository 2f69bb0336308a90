"""Facts of an HTTP request that every door reads the same way."""

from __future__ import annotations

import ipaddress
import socket
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
    peer = plain((scope.get("client") or ("",))[0])
    if not settings.trusted_proxies:
        return peer
    trusted = _listed(settings.trusted_proxies)
    if peer in trusted:
        for hop in reversed((header(scope, b"x-forwarded-for") or "").split(",")):
            address = plain(hop.strip())
            if address and address not in trusted and _is_address(address):
                return address
    return peer


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What limits are counted by: the address itself, for IPv6 the /64 it lies in."""
    address = plain(address)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return address


def plain(address: str) -> str:
    """The address, an IPv4 one also where a socket for both calls it `::ffff:192.0.2.1`: all those are in one /64."""
    return _unmapped(address) if ":" in address else address


@lru_cache(maxsize=10_000)
def _unmapped(address: str) -> str:
    try:
        mapped = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return address if mapped is None else str(mapped)


@lru_cache(maxsize=8)
def _listed(addresses: str) -> frozenset[str]:
    return frozenset(plain(one.strip()) for one in addresses.split(",") if one.strip())


def _is_address(text: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return True
    return False
