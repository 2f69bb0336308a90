"""A place whose every part can be taken away: disks, database, broker, mail service and certificate of its own."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import itertools
import os
import shlex
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from parvis.base.settings import Settings, from_environment
from parvis.commands import doctor
from parvis.domain import health
from parvis.infra.engines import binaries
from tests.faults.apart import DatabaseApart
from tests.rig.server import COMMAND, Server, free_port

DISK = "6G"  # sparse: it takes no more than is written
READERS = 3


class Disk:
    """A file system of its own in a file. Only root may have one."""

    def __init__(self, image: Path, folder: Path, size: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        image.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["truncate", "-s", size, image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
        subprocess.run(["mount", "-o", "loop,discard", image, folder], check=True)
        folder.chmod(0o755)
        self._image = image

    def fill(self) -> Path:
        """No room is left; the file that takes it."""
        ballast = self.folder / "ballast"
        free = os.statvfs(self.folder)
        subprocess.run(["fallocate", "-l", str(free.f_bavail * free.f_frsize - 8192), ballast], check=False)
        with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        return ballast

    def freeze(self, frozen: bool) -> None:
        """Whoever writes stands still, until it is thawed."""
        subprocess.run(["fsfreeze", "-f" if frozen else "-u", self.folder], check=False, capture_output=True)

    def remove(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=False)
        self._image.unlink(missing_ok=True)


class Letterbox:
    """A mail service that does as it is told: takes letters, refuses them, or takes its time."""

    def __init__(self) -> None:
        self.refuses = False
        self.away = False
        self.takes_s = 0.0
        self.letters = 0
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        self.url = f"smtp://127.0.0.1:{self._controller.port}?starttls=off"

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802
        if self.refuses:
            return "550 No such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.takes_s)
        self.letters += 1
        return "250 OK"

    def close(self) -> None:
        self._controller.stop()


class Certificate:
    """What stands before the place and shows its certificate, which is good for so many days."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._server: asyncio.Server | None = None

    async def show(self, days: float) -> None:
        await self.close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_made_certificate(self._folder, days))
        self._server = await asyncio.start_server(_say_nothing, "127.0.0.1", self.port, ssl=context)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


class Broker:
    """A NATS that nobody starts again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [str(binaries.nats_program()), "-a", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Place:
    """Everything together, with a few people in it who read and write all the time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = Disk(folder / "disk.image", folder / "disk", DISK)
        self.media_disk = Disk(folder / "media.image", self.disk.folder / "home" / "media", "2G")
        self.database = DatabaseApart(self.disk.folder / "database")
        self.broker = Broker()
        self.letterbox = Letterbox()
        self.certificate = Certificate(folder)
        self.server = Server(self.disk.folder / "home")
        self.tokens: dict[str, str] = {}
        self.prefix: list[str] = []
        self._crowd: list[asyncio.Task[None]] = []
        self._numbers = itertools.count()
        self._own: dict[str, str] = {}

    async def open(self) -> None:
        """It answers, and people are about."""
        await asyncio.to_thread(self.database.start)
        self.broker.start()
        await self.certificate.show(80)
        self._own = {
            "PARVIS_DATABASE_URL": self.database.url,
            "PARVIS_NATS_URL": self.broker.url,
            "PARVIS_SMTP_URL": self.letterbox.url,
            "PARVIS_ORIGIN": f"https://127.0.0.1:{self.certificate.port}",
            "PARVIS_LIMITER": "on",
            "PARVIS_PAGE_CACHE_BYTES": str(32 * 1024 * 1024),
        }
        self.server.settings = dict(self._own)
        await asyncio.to_thread(self.server.start)
        for handle in ("author", *(f"reader{number}" for number in range(READERS))):
            await asyncio.to_thread(self.server.account, handle)
            self.tokens[handle] = await asyncio.to_thread(self.server.token, handle)
        self._crowd = [asyncio.create_task(self._live(f"reader{number}")) for number in range(READERS)]

    async def close(self) -> None:
        for task in self._crowd:
            task.cancel()
        await asyncio.gather(*self._crowd, return_exceptions=True)
        with contextlib.suppress(Exception):
            await asyncio.to_thread(self.server.stop)
        await self.certificate.close()
        self.letterbox.close()
        self.broker.stop()
        await asyncio.to_thread(self.database.stop)
        self.media_disk.freeze(False)
        self.media_disk.remove()
        self.disk.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def again(self, **settings: str) -> None:
        """The server runs anew, with these settings beside the usual ones."""
        await asyncio.to_thread(self._stop)
        self.server.settings = self._own | settings
        await asyncio.to_thread(self.server.start)

    async def do(self, verdict: health.Verdict) -> None:
        """The command of the verdict, as an operator would give it."""
        command = verdict.command
        if command.startswith("parvis "):
            print(await asyncio.to_thread(self.server.run, *shlex.split(command)[1:]))
        elif command.startswith("PARVIS_"):
            changed = dict(word.split("=", 1) for word in shlex.split(command) if word.startswith("PARVIS_"))
            await self.again(**{name: value.rstrip(";") for name, value in changed.items()})
        elif command.startswith('psql "$ADMIN" -c '):
            await self.ask(shlex.split(command)[-1])
        else:
            db = await self.session()  # as docs/runbooks/README.md says: not as the superuser
            try:
                await db.execute(command)
            finally:
                db.terminate()

    async def ask(self, *statements: str) -> Any:
        """The answer of the database to the last of them, as its administrator has it."""
        db = await self.session(root=True)
        try:
            found = None
            for statement in statements:
                found = await db.fetch(statement)
            return found
        finally:
            db.terminate()

    async def session(self, *, root: bool = False) -> asyncpg.Connection:
        url = self.database.root_url if root else self.database.url
        return await asyncpg.connect(url, server_settings={"application_name": "psql"})

    @property
    def settings(self) -> Settings:
        return from_environment({k: v for k, v in self.server.environment.items() if k.startswith("PARVIS_")})

    async def look(self) -> health.Judgement:
        """What `parvis doctor` says."""
        _, judgement = await doctor.look(self.settings)
        return judgement

    def client(self, handle: str | None = None, **options: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.tokens[handle]}"} if handle else {}
        return httpx.AsyncClient(base_url=self.server.origin, headers=headers, **({"timeout": 10} | options))

    async def say(self, client: httpx.AsyncClient, words: str) -> int:
        answer = await client.post("/api/v1/statuses", json={"status": f"{words} {next(self._numbers)}"})
        return answer.status_code

    @contextlib.contextmanager
    def beside(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Another `parvis` of the same place, such as a worker."""
        with (self.folder / "beside.log").open("ab") as log:
            process = subprocess.Popen([*COMMAND, *words], env=self.server.environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    async def forget_deaths(self) -> None:
        """Processes that died of an earlier fault are not held against this one."""
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            await self.ask("DELETE FROM health_signal WHERE measured_at < now() - interval '20 seconds'")

    async def _live(self, handle: str) -> None:
        """Somebody reads, and now and then writes."""
        async with self.client(handle) as mine, self.client() as stranger:
            for turn in itertools.count():
                with contextlib.suppress(httpx.HTTPError):
                    await mine.get("/api/v1/timelines/home")
                    await mine.get("/api/v1/notifications")
                    await stranger.get("/@author")
                    if turn % 5 == 0:
                        await self.say(mine, f"{handle} says")
                await asyncio.sleep(0.25)

    def _stop(self) -> None:
        try:
            self.server.stop()
        except subprocess.TimeoutExpired:
            assert self.server.process is not None
            self.server.process.send_signal(signal.SIGKILL)
            self.server.process.wait()
            time.sleep(1)


async def _say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def _made_certificate(folder: Path, days: float) -> tuple[Path, Path]:
    """Certificate and key for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    clear = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, clear))
    return paths
