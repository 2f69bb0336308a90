"""The server that a crowd is sent to: its address, and why it may be."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

import msgspec


class Refused(Exception):
    """The message says why nobody is sent there."""


class Target(msgspec.Struct, frozen=True):
    """Where requests go. The address was looked up once, so nobody can point the name elsewhere during a run."""

    origin: str
    host: str
    port: int
    address: str
    secure: bool

    @property
    def netloc(self) -> str:
        """What the Host header says."""
        return urlsplit(self.origin).netloc

    @property
    def local(self) -> bool:
        """Whether it is this machine, whose books we may read."""
        return ipaddress.ip_address(self.address).is_loopback

    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context() if self.secure else None


def target_of(url: str, *, owned: bool) -> Target:
    """The target of that address.

    `owned` is the promise of whoever calls that the server is theirs; without it only this machine is allowed.
    Raises: Refused.
    """
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"{url!r} is no address of a server; one looks like http://127.0.0.1:8000.")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise Refused(f"{parts.hostname} cannot be found ({error}).") from None
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    if not owned and not all(ipaddress.ip_address(one).is_loopback for one in addresses):
        raise Refused(
            f"{parts.hostname} is not this machine. A crowd can bring a server down: "
            "say --i-own-this-server if it is yours and you mean it."
        )
    return Target(
        origin=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        host=parts.hostname,
        port=port,
        address=addresses[0],
        secure=parts.scheme == "https",
    )
