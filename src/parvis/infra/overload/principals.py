"""Who sends a request, as far as can be told without the database: a token or session that was found good lately, else
the network it comes from. So inventing tokens does not make many of one (case J5)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from parvis.base.settings import Settings
from parvis.infra.html.visit import session_cookie
from parvis.infra.requests import client_address, network_of

MOST_KNOWN = 50_000
AHEAD = b"x-ahead"  # a page that somebody is about to open, or, of a bare head, has opened (sw.js)
_WANTED = frozenset(
    (
        b"authorization", b"cookie", b"accept-language", b"hx-request", b"accept", b"content-length",
        b"transfer-encoding", AHEAD,
        # for those who count pages
        b"user-agent", b"referer", b"sec-fetch-dest", b"sec-fetch-mode", b"sec-purpose", b"purpose", b"x-purpose",
        b"x-moz",
    )
)  # fmt: skip


class Asking:
    """What the limiter reads of a request."""

    __slots__ = ("credential", "headers", "network", "principal", "proven", "stranger")

    def __init__(
        self, headers: dict[bytes, bytes], network: str, principal: Hashable, credential: int | None, proven: bool
    ) -> None:
        self.headers = headers
        self.network = network
        self.principal = principal
        self.credential = credential
        self.proven = proven
        self.stranger = b"authorization" not in headers and b"cookie" not in headers

    @property
    def sends_body(self) -> bool:
        return self.headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.headers


class Principals:
    """The credentials that were found good lately, by their hashes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cookie = session_cookie(settings).encode() + b"="
        self._proxied = bool(settings.trusted_proxies.strip())
        self._good: dict[int, None] = {}

    def asking(self, scope: Mapping[str, Any]) -> Asking:
        """Who asks."""
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        peer = (scope.get("client") or ("",))[0]
        address = client_address(scope, self._settings) if self._proxied else peer
        network = network_of(address) if ":" in address else address
        credential = self._credential(headers)
        proven = credential is not None and credential in self._good
        return Asking(headers, network, credential if proven else network, credential, proven)

    def found_good(self, credential: int) -> None:
        """The credential opened something that is not open to everybody."""
        if len(self._good) >= MOST_KNOWN:
            for old in list(self._good)[: MOST_KNOWN // 10]:
                del self._good[old]
        self._good[credential] = None

    def found_bad(self, credential: int) -> None:
        """The credential opens nothing."""
        self._good.pop(credential, None)

    def _credential(self, headers: dict[bytes, bytes]) -> int | None:
        token = headers.get(b"authorization")
        if token is not None:
            return hash(token)
        cookies = headers.get(b"cookie")
        if cookies is None:
            return None
        start = cookies.find(self._cookie)
        if start < 0:
            return None
        end = cookies.find(b";", start)
        return hash(cookies[start : end if end >= 0 else len(cookies)])
