"""What gives the place more of a resource that is short, where a setting does."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Words, say


def more_of(resource: str, seen: Findings, otherwise: Words) -> tuple[Words, str]:
    """The action and its command. Of what no setting widens, such as the database, the command shows how things stand."""
    another = f"PARVIS_WEB_WORKERS={seen.setup.web_workers + 1}"
    match resource:
        case "cpu":  # another process alone would only want the same cores
            return say("Take more cores, and one web process for each."), another
        case "web" | "hashing":
            return otherwise, another
        case "pool":
            return otherwise, f"PARVIS_DATABASE_POOL={seen.setup.database_pool * 2}"
        case "streams":
            return otherwise, "LimitNOFILE=1048576"
        case _:
            return otherwise, "parvis gate status"
