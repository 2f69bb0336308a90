"""Jobs that were given up: an operator has them tried again, or drops them."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from pathlib import Path

import pytest

from parvis import commands
from parvis.base.settings import Settings
from parvis.commands import jobs_drop, jobs_retry
from parvis.infra import jobs
from parvis.infra.migrate import apply
from parvis.infra.services import Services

KIND = "accounts.send_reset"


async def given_up(services: Services, kind: str, number: int) -> None:
    async with services.db.transaction() as tx:
        await jobs.enqueue(tx, kind, {"number": number})
        await tx.execute("UPDATE job SET parked_at = now(), failures = 5 WHERE kind = $1", kind)


async def kinds(services: Services, *, parked: bool) -> list[str]:
    async with services.db.connection() as db:
        rows = await db.fetch("SELECT kind FROM job WHERE (parked_at IS NOT NULL) = $1 ORDER BY id", parked)
    return [row["kind"] for row in rows]


@pytest.mark.parametrize(
    ("command", "said", "due", "left"),
    [
        (jobs_retry, "2 jobs of the kind accounts.send_reset will be tried again.", [KIND, KIND], ["other"]),
        (jobs_drop, "2 jobs of the kind accounts.send_reset were dropped.", [], ["other"]),
    ],
)
async def test_those_of_the_kind_and_no_others(
    services: Services,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: object,
    said: str,
    due: list[str],
    left: list[str],
) -> None:
    for kind in (KIND, KIND, "other"):
        await given_up(services, kind, len(said))
    settings = Settings(home=tmp_path, database_url=services.settings.database_url)
    status = await asyncio.to_thread(command.run, argparse.Namespace(kind=KIND, given_up=False), settings)  # type: ignore[attr-defined]
    assert (status, capsys.readouterr().out.strip()) == (0, said)
    assert await kinds(services, parked=False) == due
    assert await kinds(services, parked=True) == left


async def test_what_is_still_tried_is_kept_where_only_what_was_given_up_is_dropped(
    services: Services, tmp_path: Path
) -> None:
    await given_up(services, KIND, 1)
    async with services.db.transaction() as tx:
        await jobs.enqueue(tx, KIND, {"number": 2})
        await tx.execute("UPDATE job SET failures = 3 WHERE parked_at IS NULL")
    settings = Settings(home=tmp_path, database_url=services.settings.database_url)
    for only, left in ((True, [KIND]), (False, [])):
        await asyncio.to_thread(jobs_drop.run, argparse.Namespace(kind=KIND, given_up=only), settings)
        assert (await kinds(services, parked=False), await kinds(services, parked=True)) == (left, [])


def test_commands_reach_the_database_also_where_the_command_migrate_was_read() -> None:
    importlib.import_module("parvis.commands.migrate")  # a module of that name becomes an attribute of the package
    assert commands.apply_migrations is apply
