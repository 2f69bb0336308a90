"""A database that is not the server's own, so that it can be stopped for as long as a test likes, or made slow."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_KEEPER = """
import asyncio, sys
from pathlib import Path
from parvis.infra import engines
from parvis.infra.engines.places import Places

async def keep():
    async with engines.running(Path(sys.argv[1]), nats=False) as found:
        print(found.database_url, Places(Path(sys.argv[1])).database_url(user="postgres"), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(keep())
"""


class DatabaseApart:
    """A PostgreSQL of its own, in a folder of its own. `url` (and `root_url`, that may do all) stays
    the same from one start to the next."""

    def __init__(self, home: Path) -> None:
        self.url = self.root_url = ""
        self._home = home
        self._keeper: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """It answers, if it did not already."""
        if self._keeper is not None:
            return
        self._home.mkdir(parents=True, exist_ok=True)
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", _KEEPER, str(self._home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._keeper.stdout is not None
        urls = self._keeper.stdout.readline().split()
        assert urls, "the database does not start"
        self.url, self.root_url = urls

    def stop(self) -> None:
        """It has ended in order, and nobody has a connection."""
        if self._keeper is not None:
            self._keeper.communicate(timeout=60)
            self._keeper = None


class Road:
    """A way to a database whose answers take `delay_s` longer."""

    def __init__(self, database: DatabaseApart) -> None:
        self.delay_s = 0.0
        parts = urlsplit(database.url)
        self._socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
        self._access = f"{parts.username}:{parts.password}"
        self._name = parts.path
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Road]:
        """Whoever connects to `url` reaches the database."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"postgresql://{self._access}@127.0.0.1:{server.sockets[0].getsockname()[1]}{self._name}"
        try:
            yield self
        finally:
            server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            theirs, ours = await asyncio.open_unix_connection(self._socket)
            both = [
                asyncio.create_task(self._move(reader, ours, slow=False)),
                asyncio.create_task(self._move(theirs, writer, slow=True)),
            ]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for one in both:
                one.cancel()
            ours.close()
        writer.close()

    async def _move(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if slow and self.delay_s:
                    loop.call_later(self.delay_s, writer.write, data)  # in order, and many may be on their way
                else:
                    writer.write(data)
                    await writer.drain()
