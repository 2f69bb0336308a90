"""Connections that want nothing, by the thousand: `python tests/faults/idlers.py PORT ADDRESS COUNT`.

A third says nothing, a third sends a header a letter at a time, a third has asked once and stays. It prints how many are
open, then, for each line it reads, how many still are; it ends with its input.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import sys
import threading
import time

ASKING = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LETTER_EVERY_S = 3.0


def main() -> None:
    port, address, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sockets: list[socket.socket] = []
    for number in range(count):
        with contextlib.suppress(OSError):
            sockets.append(_opened(port, address, number % 3))
    print(len(sockets), flush=True)
    threading.Thread(target=_dribble, args=(sockets[1::3],), daemon=True).start()
    for _ in sys.stdin:
        print(sum(_is_open(one) for one in sockets), flush=True)


def _opened(port: int, address: str, kind: int) -> socket.socket:
    one = socket.socket()
    one.settimeout(10)
    one.bind((address, 0))
    one.connect(("127.0.0.1", port))
    if kind == 1:
        one.sendall(b"GET /sign-up HTTP/1.1\r\nX-Slow: ")
    elif kind == 2:
        one.sendall(ASKING)
        one.recv(4096)
    one.setblocking(False)
    return one


def _dribble(sockets: list[socket.socket]) -> None:
    while True:
        for one in sockets:
            with contextlib.suppress(OSError):
                one.send(b"x")
        time.sleep(LETTER_EVERY_S)


def _is_open(one: socket.socket) -> bool:
    try:
        return one.recv(4096, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
