"""What tests of the client API share: a stage on which every route can be asked by everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.api import matrix
from tests.api.matrix import Stage
from tests.rig.database import TestEngines, clone
from tests.rig.world import new_world, settings_for


@pytest.fixture(scope="session")
async def staged(
    engines: TestEngines, worker_name: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A stage for all tests of this process; take `stage`, which leaves it as it was."""
    home = tmp_path_factory.mktemp("stage")
    paper = home / "paper.txt"
    paper.write_text("Be kind.")
    papers = {"terms_file": str(paper), "privacy_file": str(paper)}
    async with (
        clone(engines, f"test_{worker_name}_stage") as url,
        new_world(settings_for(home, url, engines.nats_url, **papers)) as world,
    ):
        yield await matrix.staged(world)


@pytest.fixture
def stage(staged: Stage) -> Iterator[Stage]:
    """The stage: nothing that is written on it stays."""
    with matrix.nothing_stays(staged.world.services.db):
        yield staged
