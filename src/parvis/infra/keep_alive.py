"""TCP keep-alive on the web port: the kernel drops peers that vanished without a word, such as a phone out of reach.

An ASGI application cannot send a WebSocket's pings, so nothing else would tell an idle stream from a dead one. Accepted
connections inherit these options from the listening socket; the web server opens that by itself, so it is looked up.
"""

from __future__ import annotations

import asyncio
import os
import socket

IDLE_S = 30
INTERVAL_S = 10
PROBES = 3
UNREAD_MS = 60_000


async def keep_alive_on_listeners(*, within_s: float = 10.0) -> bool:
    """Every TCP port this process listens on drops dead peers after a minute; False when it never listened on any."""
    for _ in range(int(within_s / 0.05)):
        if _set_on_listeners():
            return True
        await asyncio.sleep(0.05)
    return False


def _set_on_listeners() -> int:
    found = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            one = socket.socket(fileno=int(descriptor))
        except OSError:  # not a socket, or gone meanwhile
            continue
        try:
            if one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM:
                found += _set_if_listening(one)
        finally:
            one.detach()  # it belongs to the web server
    return found


def _set_if_listening(one: socket.socket) -> bool:
    if not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, INTERVAL_S)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
    # Whoever takes nothing for a minute, though there is something for them, is dropped too.
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    return True
