"""Whose address a request has, whatever a socket or a proxy calls it."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.base.settings import Settings
from parvis.infra.requests import client_address, network_of


def asked(peer: str, forwarded: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return {"client": (peer, 4000), "headers": headers}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("::FFFF:cb00:7105", "203.0.113.5"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::"),
        ("unix", "unix"),
    ],
)
def test_a_network_is_an_ipv4_address_or_a_64(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("::ffff:203.0.113.5", "198.51.100.7", "203.0.113.5"),  # no proxy of ours
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "::ffff:198.51.100.7, ::ffff:10.0.0.1", "198.51.100.7"),
        ("2001:db8::1", "", "2001:db8::1"),
    ],
)
def test_an_ipv4_address_in_the_clothes_of_ipv6_is_that_address(peer: str, forwarded: str, address: str) -> None:
    settings = Settings(trusted_proxies="10.0.0.1, ::ffff:10.0.0.2")
    assert client_address(asked(peer, forwarded), settings) == address


def test_a_place_without_a_proxy_sees_its_peers_so_too() -> None:
    assert client_address(asked("::ffff:203.0.113.5"), Settings()) == "203.0.113.5"
