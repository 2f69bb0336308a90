"""What every test may ask for: the engines of the run, a database, a transaction that leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import msgspec
import pytest

from parvis.infra.postgres import Connection, Database
from tests.rig import contract, seaweed
from tests.rig.database import EngineRun, TestEngines, clone, opened
from tests.rig.tools import MEDIA_ELSEWHERE, chromium

if TYPE_CHECKING:
    from parvis.infra.services import Services
    from tests.rig.server import Server
    from tests.rig.world import World

# Machines are shared: an example that takes long says nothing.
hypothesis.settings.register_profile("parvis", deadline=None)
hypothesis.settings.load_profile("parvis")

NO_BROWSER = "there is no Chromium on this machine"

_RUN = pytest.StashKey[EngineRun]()
_ENGINES = pytest.StashKey[TestEngines]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--media", choices=["seaweedfs"], help="where every world and server keeps its media")


def pytest_configure(config: pytest.Config) -> None:
    """A test process of several is told where the engines are; the process that leads several starts them."""
    told = getattr(config, "workerinput", {}).get("engines")
    if told:
        config.stash[_ENGINES] = msgspec.json.decode(told, type=TestEngines)
    elif config.getoption("numprocesses", None) and not config.option.collectonly:
        _start_engines(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Called in the leading process for each test process."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    node.workerinput["engines"] = msgspec.json.encode(config.stash[_ENGINES]).decode()  # type: ignore[attr-defined]


def pytest_collection_finish(session: pytest.Session) -> None:
    """A single process starts the engines only if a test wants them."""
    wanted = any("engines" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and _ENGINES not in session.config.stash and not session.config.option.collectonly:
        _start_engines(session.config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped; the summary says so."""
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed or logged can be told to the leading process, whatever characters it chose."""
    report = yield
    # Half a surrogate pair in a log line, which some tests write, would otherwise end the test process.
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", ()) if NO_BROWSER in str(r.longrepr)]
    if skipped:
        terminalreporter.write_sep("=", "the browser was NOT tested", yellow=True, bold=True)
        terminalreporter.write_line(f"{len(skipped)} tests were skipped: {NO_BROWSER}. As root: apt install chromium")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The engines end with the run."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.stop()


def _start_engines(config: pytest.Config) -> None:
    run = EngineRun()
    config.stash[_ENGINES] = run.start()
    config.stash[_RUN] = run


@pytest.fixture(scope="session", autouse=True)
def promises_are_kept() -> Iterator[None]:
    """Every answer of the client API that a test gets is held against what clients are promised."""
    with contract.watch():
        yield


@pytest.fixture(scope="session")
def engines(pytestconfig: pytest.Config) -> TestEngines:
    """Where the engines of this run are."""
    return pytestconfig.stash[_ENGINES]


@pytest.fixture(scope="session")
def nats_url(engines: TestEngines) -> str:
    """The broker of this run, shared by every test."""
    return engines.nats_url


@pytest.fixture(scope="session")
async def database_url(engines: TestEngines, worker_name: str) -> AsyncIterator[str]:
    """The database of this test process: the schema and no rows, as long as nobody commits."""
    async with clone(engines, f"test_{worker_name}") as url:
        yield url


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """`gw0`, `gw1` … or `single`."""
    return getattr(request.config, "workerinput", {}).get("workerid", "single")


@pytest.fixture(scope="session")
async def db(database_url: str) -> AsyncIterator[Database]:
    """A pool on the database of this test process. Tests that commit take `fresh_database` instead."""
    async with opened(database_url) as database:
        yield database


@pytest.fixture
async def tx(db: Database) -> AsyncIterator[Connection]:
    """An open transaction; whatever the test writes is rolled back."""
    async with db.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


_clones = 0


@pytest.fixture
async def fresh_database_url(engines: TestEngines, worker_name: str) -> AsyncIterator[str]:
    """The address of a database for this test alone, which may commit."""
    global _clones
    _clones += 1
    async with clone(engines, f"test_{worker_name}_{_clones}") as url:
        yield url


@pytest.fixture
async def fresh_database(fresh_database_url: str) -> AsyncIterator[Database]:
    """A pool on a database for this test alone, which may commit."""
    async with opened(fresh_database_url) as database:
        yield database


@pytest.fixture
async def world(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A whole Parvis with an empty database."""
    from tests.rig.world import new_world, settings_for  # imported here: most of Parvis comes with it

    async with new_world(settings_for(tmp_path, fresh_database_url, nats_url)) as made:
        yield made


@pytest.fixture
async def services(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """The outside clients of one process, with an empty database."""
    from parvis.infra.opening import open_services
    from tests.rig.world import settings_for

    async with open_services(
        settings_for(tmp_path, fresh_database_url, nats_url), application="test"
    ) as opened_services:
        yield opened_services


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A whole Parvis in processes of its own, for tests that come from outside; shared by a test process."""
    from tests.rig.server import Server

    made = Server(tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A SeaweedFS with a bucket `parvis`, which the usual variables lead to; answers where it is."""
    with seaweed.running(tmp_path_factory.mktemp("seaweedfs")) as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="session", autouse=True)
def media_elsewhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """With `--media seaweedfs` the media of all tests are there, under a prefix of each home's own."""
    if request.config.getoption("--media") is None:
        yield
        return
    request.getfixturevalue("seaweedfs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MEDIA_ELSEWHERE, "s3://parvis")
        yield
