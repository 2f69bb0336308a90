"""Where this server goes when a stranger names the address: public hosts by usual schemes and ports, nowhere else.

Decisions only; `outbound` does the going and asks here about every hop, before and after the name is resolved.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin, urlsplit

import idna
import msgspec

from parvis.base.errors import Problem

PORTS = frozenset({80, 443, 8443})
LONGEST_URL = 2048
_USUAL_PORTS = {"http": 80, "https": 443}
_OUTER_SPACE = IPv6Network("2000::/3")  # the only part of IPv6 that is handed out
_NOT_OUTSIDE = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # protocols' own, Teredo among them, which carries an IPv4 address inside
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, likewise
        "3fff::/20",  # documentation
    )
)


class Refused(Problem):
    """That address is not one this server goes to"""


class Destination(msgspec.Struct, frozen=True):
    """An address taken apart and found acceptable, as far as one can tell before its name is resolved."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host, and the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            f"{self.scheme}://{host}"
            if self.port == _USUAL_PORTS[self.scheme]
            else f"{self.scheme}://{host}:{self.port}"
        )


def destination(url: str, *, schemes: frozenset[str], private: bool = False) -> Destination:
    """The address, in one canonical form. `private`: any port will do (closed test networks).

    Raises: Refused for anything that is not plainly such an address.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or any(one.isspace() or one == "\\" for one in url):
        raise Refused
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused from None
    if parts.scheme not in schemes or "@" in parts.netloc or not parts.hostname or port == 0:
        raise Refused
    host = _canonical_host(parts.hostname)
    port = port or _USUAL_PORTS[parts.scheme]
    literal = _literal(host)
    if not private and (port not in PORTS or (literal is not None and not is_public(literal))):
        raise Refused
    found = Destination("", parts.scheme, host, port)
    target = (_ascii(parts.path) or "/") + (f"?{_ascii(parts.query)}" if parts.query else "")
    return msgspec.structs.replace(found, url=found.origin + target)


def next_hop(here: Destination, location: str, *, schemes: frozenset[str], private: bool = False) -> Destination:
    """Where a redirect leads. Raises: Refused."""
    try:
        url = urljoin(here.url, location)
    except ValueError:
        raise Refused from None
    return destination(url, schemes=schemes, private=private)


def is_public(address: str) -> bool:
    """Whether the address belongs to the open network: not to this machine, its neighbours, or a tunnel back to them."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return _is_public_6(found)
    return _is_public_4(found)


def _is_public_4(address: IPv4Address) -> bool:
    # 192.88.99.0/24 led to 6to4 relays. Python counts it, and multicast, as global.
    return address.is_global and not address.is_multicast and address.packed[:3] != bytes((192, 88, 99))


def _is_public_6(address: IPv6Address) -> bool:
    return address in _OUTER_SPACE and address.is_global and not any(address in one for one in _NOT_OUTSIDE)


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _canonical_host(host: str) -> str:
    if _literal(host) is not None:
        return host
    try:
        return idna.encode(host.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        raise Refused from None


def _ascii(text: str) -> str:
    """The same in ASCII: other characters become their percent-encoded UTF-8."""
    return "".join(one if one.isascii() else "".join(f"%{byte:02X}" for byte in one.encode()) for one in text)
