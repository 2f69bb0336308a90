"""What the watch says, in the reader's language."""

from __future__ import annotations

from typing import Any

from parvis.domain.accounts.types import Viewer
from parvis.domain.health.verdicts.verdict import Words
from parvis.infra.html.visit import Visit


def words(visit: Visit[Viewer, Any], said: Words) -> str:
    """A verdict's sentence in the reader's language."""
    text = visit.text(said.text)
    return text % said.values if said.values else text
