"""What is truthfully empty answers with an empty list, and the documentation names exactly that."""

from __future__ import annotations

import re
from pathlib import Path

from parvis.api import empty
from tests.rig.people import decoded
from tests.rig.world import World

DOCUMENT = Path(__file__).parents[2] / "docs" / "client-api.md"


def test_the_documentation_names_what_is_empty() -> None:
    section = DOCUMENT.read_text().partition("## Truthfully empty")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\* `(/api/[^`]+)`$", section, re.MULTILINE)) == sorted(empty.LISTS)


async def test_what_is_empty_answers_with_an_empty_list(world: World) -> None:
    alice = await world.person("alice")
    for path in empty.LISTS:
        assert decoded(await alice.get(path.replace(":id", str(alice.id)))) == [], path
