"""One machine, everything on it: engines, then the schema, then web and workers, until we are told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Mapping, Sequence

import msgspec

from parvis.base.settings import Settings, variable_of
from parvis.infra import engines, migrate
from parvis.infra.engines import processes, restoring
from parvis.infra.engines.supervisor import EngineFailed, Keeper, Supervisor

log = logging.getLogger(__name__)


class Commands(msgspec.Struct, frozen=True):
    """The command lines that `serve` starts."""

    web: Sequence[str]
    work: Sequence[str]
    once_up: Sequence[Sequence[str]] = ()  # run to their end, one after another, while web and workers run
    announce: Sequence[str] = ()  # prints what people should know now


class Role:
    """`parvis web` or `parvis work`, kept alive."""

    starting = False

    def __init__(self, name: str, launch: processes.Launch, *, patience_s: float, health: str = "") -> None:
        self.name = name
        self.stop_steps: tuple[processes.Step, ...] = ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5))
        self._launch = launch
        self._health = health

    async def prepare(self) -> None:
        """Nothing: a role keeps nothing between two starts."""

    def launch(self) -> processes.Launch:
        return self._launch

    async def ready(self) -> bool:
        """The web port says that it is ready; a worker is once it runs."""
        return not self._health or await says_ready(self._health)

    def release(self) -> None:
        """Nothing to let go of."""


async def serve(settings: Settings, commands: Commands) -> int:
    """Everything ran until a signal came, and has ended.

    Raises: AlreadyRunning, EngineFailed, MigrationError.
    """
    work = asyncio.current_task()
    assert work is not None
    told = asyncio.Event()

    def stop() -> None:
        if not told.is_set():  # a second signal must not break an orderly stop
            told.set()
            work.cancel()

    loop = asyncio.get_running_loop()
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sent, stop)
    try:
        await _serve(settings, commands, told)
    except asyncio.CancelledError:
        pass
    log.info("serve.stopped")
    return 0


async def _serve(settings: Settings, commands: Commands, told: asyncio.Event) -> None:
    _refuse_half_restored(settings)
    async with engines.supervised(settings) as supervisor:
        _refuse_taken_port(settings)
        settings = engines.with_addresses(settings)
        for name in await migrate.apply(settings.database_url):
            log.info("migration.applied", extra={"fields": {"name": name}})
        web = await _start_roles(supervisor, settings, commands)
        for command in commands.once_up:
            await _run_once(command, settings)
        while not await web.answering(30):
            log.warning("serve.waiting_for_web")
        print(f"Parvis is ready at {settings.public_origin}", flush=True)
        if commands.announce:
            await _run_once(commands.announce, settings)
        await told.wait()  # rather than for ever: what was cancelled on the way here may have ended in that moment


async def _start_roles(supervisor: Supervisor, settings: Settings, commands: Commands) -> Keeper:
    """Workers, then web: they stop in the opposite order, so that no request meets a server half gone."""
    workers = [
        Role(f"work-{number}", launch(commands.work, settings), patience_s=20)
        for number in range(1, settings.job_workers + 1)
    ]
    await supervisor.start(workers, insist=False)
    web = Role("web", launch(commands.web, settings), patience_s=15, health=own_address(settings))
    [keeper] = await supervisor.start([web], insist=False)
    return keeper


async def _run_once(command: Sequence[str], settings: Settings) -> None:
    process = processes.start(launch(command, settings))
    try:
        status = await processes.ended(process)
    finally:
        await processes.end(process, ((signal.SIGTERM, 5), (signal.SIGKILL, 5)))
    if status != 0:
        log.error("serve.command_failed", extra={"fields": {"command": " ".join(command[1:]), "status": status}})


def launch(
    command: Sequence[str], settings: Settings, environment: Mapping[str, str] | None = None
) -> processes.Launch:
    """The children learn from their environment where the engines are."""
    told = {"home": str(settings.home), "database_url": settings.database_url, "nats_url": settings.nats_url}
    environment = dict(os.environ if environment is None else environment) | {
        variable_of(name): value for name, value in told.items()
    }
    return processes.Launch(argv=command, environment=environment)


def _refuse_half_restored(settings: Settings) -> None:
    """What was revoked after a copy was made lets nobody in because coming back was cut short. Raises: EngineFailed."""
    if restoring.is_unfinished(settings.home):
        raise EngineFailed(
            f"{settings.home} was not brought back to the end: call `parvis restore` again, with the same words."
        )


def _refuse_taken_port(settings: Settings) -> None:
    """Another program's port is not shared by accident, as SO_REUSEPORT would allow. Raises: EngineFailed."""
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.bind, settings.port))
        except OSError as error:
            raise EngineFailed(
                f"{settings.bind}:{settings.port} cannot be used ({error.strerror}); PARVIS_PORT chooses another port."
            ) from None


def own_address(settings: Settings) -> str:
    """Where this machine reaches its own web port."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind, settings.bind) + f"|{settings.port}"  # noqa: S104


async def says_ready(address: str) -> bool:
    """Whether GET /health/ready is answered by 200."""
    host, _, port = address.partition("|")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    try:
        request = f"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        async with asyncio.timeout(5):  # wait_for would lose a cancellation that comes together with the line
            status = await reader.readline()
        return status.startswith(b"HTTP/1.1 200")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
