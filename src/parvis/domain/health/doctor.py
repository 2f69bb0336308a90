"""An examination of the whole installation. Nothing is changed, and nothing is started."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import asyncpg

from parvis.base.settings import Settings
from parvis.domain.health import queries, rules
from parvis.domain.health.types import Check, failed, ok
from parvis.infra import migrate
from parvis.infra.engines import nats_server


async def examine(settings: Settings, *, unknown: list[str], clock: Callable[[], datetime]) -> list[Check]:
    """Everything that was looked at. `settings` name the engines; `unknown`: variables that no setting reads."""
    return [
        *rules.judge_settings(settings, unknown),
        _home(settings.home),
        *await _database(settings.database_url, clock),
        await _broker(settings.nats_url),
    ]


def sound(checks: list[Check]) -> bool:
    """Whether nothing failed; warnings are the operator's business."""
    return all(finding.verdict != "failed" for finding in checks)


def _home(home: Path) -> Check:
    if not home.is_dir():
        return failed("disk", f"{home} does not exist; `parvis serve` makes it.")
    if not os.access(home, os.W_OK | os.X_OK):
        return failed("disk", f"{home} cannot be written to.")
    return rules.judge_disk(shutil.disk_usage(home).free, str(home))


async def _database(url: str, clock: Callable[[], datetime]) -> list[Check]:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [failed("database", f"It does not answer ({_reason(error)}). Does `parvis serve` run?")]
    try:
        version = rules.judge_database_version(*await queries.server_version(connection))
        before = clock()
        there = await queries.current_time(connection)
        here = before + (clock() - before) / 2
        return [version, await _schema(connection), rules.judge_clock((there - here).total_seconds())]
    finally:
        await connection.close()


async def _schema(connection: asyncpg.Connection) -> Check:
    try:
        return rules.judge_schema(await migrate.waiting(connection))
    except migrate.MigrationError as error:
        return failed("schema", str(error))


async def _broker(url: str) -> Check:
    if not url:
        return failed("broker", "It was never started. Does `parvis serve` run?")
    try:
        return ok("broker", f"NATS {await nats_server.version_at(url)} answers.")
    except ConnectionError as error:
        return failed("broker", f"It does not answer ({_reason(error)}). Does `parvis serve` run?")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
