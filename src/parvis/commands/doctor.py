"""Say what is wrong, whom it hurts, how one sees it and what to do; or that all is well. Nothing is started or changed.

The exit status is 0 when all is well, 1 when something is not, and 2 when it cannot be told because the database does
not answer. Notes about what is unwise do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from parvis.base.clock import utc_now
from parvis.base.settings import Settings, unknown_variables
from parvis.commands import print_json
from parvis.domain import admission, health, insights
from parvis.domain.health.verdicts.judge import Judged
from parvis.domain.health.verdicts.verdict import shown, span
from parvis.infra import engines, postgres
from parvis.infra.storage import Storage, open_storage

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "now": "✗", "soon": "!", "note": "·"}
_OUTCOMES = {
    "healthy": "All is well.",
    "one cause": "Something is wrong.",
    "two causes": "Two things are wrong at once.",
    "unknown": "It cannot be told how the place is: the database does not answer.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    checks, seen = asyncio.run(examine(engines.with_addresses(settings)))
    judgement, foreseen = health.judge(seen), health.forecasts(seen)
    if arguments.json:
        print_json(as_json(checks, judgement, foreseen))
    else:
        _print(checks, judgement, foreseen)
    return status(checks, judgement)


def status(checks: list[health.Check], judgement: health.Judgement) -> int:
    if judgement.outcome == "unknown":
        return 2
    return 0 if judgement.outcome == "healthy" and health.sound(checks) else 1


async def look(settings: Settings) -> tuple[list[health.Check], health.Judgement]:
    """What was checked, and what is wrong."""
    checks, seen = await examine(settings)
    return checks, health.judge(seen)


async def examine(settings: Settings) -> tuple[list[health.Check], health.Findings]:
    """What was checked, and everything that rules look at."""
    checks = await health.examine(settings, unknown=unknown_variables(), clock=utc_now)
    checks.append(admission.kept_back(settings))
    began = time.perf_counter()
    storage, unopened = await _store(settings)
    opening_s = time.perf_counter() - began  # a slow disk is met here first
    door, tide = await _told(settings)

    async def gathered(before: dict[str, health.Signal] | None = None) -> health.Findings:
        return await health.gather(
            settings,
            storage=storage,
            opening_s=opening_s,
            unopened=unopened,
            door=door,
            tide=tide,
            before=before,
            now=utc_now(),
        )

    try:
        seen = await gathered()
        if health.needs_another_look(seen):
            await asyncio.sleep(health.ANOTHER_LOOK_AFTER_S)
            seen = await gathered(seen.signals)
    finally:
        if storage is not None:
            await storage.close()
    return checks, seen


async def _store(settings: Settings) -> tuple[Storage | None, str]:
    """The media store, or why it cannot be opened; neither where the place was never started."""
    if not settings.home.is_dir():
        return None, ""
    try:
        return await open_storage(settings), ""
    except Exception as error:  # each store has errors of its own, and all are findings
        return None, str(error) or type(error).__name__


async def _told(settings: Settings) -> tuple[health.Door | None, health.Tide | None]:
    """How the gate and the visits stand; None where that cannot be asked."""
    try:
        async with asyncio.timeout(5):
            db = await postgres.connect(settings.database_url, size=1, application="parvis doctor")
            try:
                async with db.connection() as connection:
                    door = admission.as_door(await admission.gate_standing(connection))
                    return door, await insights.tide(connection, now=utc_now())
            finally:
                await db.close()
    except (*postgres.OUTAGES, ValueError, postgres.asyncpg.PostgresError):
        return None, None


def as_json(
    checks: list[health.Check], judgement: health.Judgement, foreseen: Sequence[health.Forecast]
) -> dict[str, Any]:
    """The same for machines. `sound`: nothing that was checked failed, and no cause is pressing."""
    return {
        "outcome": judgement.outcome,
        "sound": status(checks, judgement) == 0,
        "at": judgement.at,
        "causes": [_cause(one) for one in judgement.causes],
        "forecasts": [msgspec.to_builtins(one) for one in foreseen],
        "checks": [msgspec.to_builtins(one) for one in checks],
    }


def _cause(one: Judged) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "name": verdict.name,
        "urgency": verdict.urgency,
        "title": str(verdict.title),
        "hurt": str(verdict.hurt),
        "evidence": {figure.label: figure.value for figure in verdict.evidence},
        "action": str(verdict.action),
        "command": verdict.command,
        "gain": str(verdict.gain),
        "runbook": verdict.runbook,
        "user_seconds_lost_per_s": round(one.blame, 2),
        "followers": [follower.name for follower in one.followers],
    }


def _print(checks: list[health.Check], judgement: health.Judgement, foreseen: Sequence[health.Forecast]) -> None:
    print(_OUTCOMES[judgement.outcome])
    for one in judgement.causes:
        verdict = one.verdict
        print(f"\n{_MARKS[verdict.urgency]} {verdict.title}")
        print(f"  hurts     {verdict.hurt}")
        print("  evidence  " + ", ".join(f"{figure.label}: {shown(figure)}" for figure in verdict.evidence))
        print(f"  do        {verdict.action}")
        if verdict.command:
            print(f"            $ {verdict.command}")
        print(f"  gain      {verdict.gain}")
        if one.followers:
            print("  explains  " + "; ".join(str(follower.title) for follower in one.followers))
        print(f"  more      {verdict.runbook}")
    if foreseen:
        print("\nIf things go on like this:")
    for one in foreseen:
        print(f"  {one.words} in {span(one.in_s)}.")
    print()
    for check in checks:
        print(f"{_MARKS[check.verdict]} {check.subject}: {check.message}")
