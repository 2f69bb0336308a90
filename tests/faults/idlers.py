"""Connections that want nothing, by the thousand: `python tests/faults/idlers.py PORT ADDRESS COUNT`.

Eight in ten have asked once and stay, one sends a header a letter at a time, one says nothing. It prints how many are
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
AT_ONCE = 500
BIND_ADDRESS_NO_PORT = 24  # of ip(7): the port is chosen by connect, which is quick also when most are taken


def main() -> None:
    port, address, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asked = [one for _ in range(count * 8 // 10 // AT_ONCE) for one in _opened(port, address, AT_ONCE, ASKING)]
    slow = _opened(port, address, count // 10, b"GET /sign-up HTTP/1.1\r\nX-Slow: ")
    sockets = [*asked, *slow, *_opened(port, address, count - len(asked) - len(slow), b"")]
    print(len(sockets), flush=True)
    threading.Thread(target=_dribble, args=(slow,), daemon=True).start()
    for _ in sys.stdin:
        print(sum(_is_open(one) for one in sockets), flush=True)


def _opened(port: int, address: str, count: int, words: bytes) -> list[socket.socket]:
    """So many connections that have said these words, and heard the answer to a whole request."""
    opened: list[socket.socket] = []
    for _ in range(count):
        one = socket.socket()
        one.settimeout(20)
        one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        one.bind((address, 0))
        with contextlib.suppress(OSError):
            one.connect(("127.0.0.1", port))
            one.sendall(words)
            opened.append(one)
    for one in opened:
        with contextlib.suppress(OSError):
            if words == ASKING:
                one.recv(4096)
        one.setblocking(False)
    return opened


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
