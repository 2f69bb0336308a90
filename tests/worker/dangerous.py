"""A worker process with a kind of job that kills it. Started by test_processes.py with the settings in its environment."""

from __future__ import annotations

import os

import uvloop

from parvis.base.settings import from_environment
from parvis.infra import logs
from parvis.infra.queue import Job
from parvis.infra.services import Services
from parvis.worker.handlers import Handler
from parvis.worker.run import work

LEASE_S = 1.0


async def kill(_: Services, __: Job) -> None:
    """The process is gone, as if the kernel had killed it."""
    os._exit(66)


async def note(services: Services, job: Job) -> None:
    """The job has left a trace, one however often it runs."""
    async with services.db.connection() as db:
        await db.execute(
            "INSERT INTO tag (name, display_name, created_at) VALUES ($1, '', now()) ON CONFLICT DO NOTHING",
            job.data["name"],
        )


if __name__ == "__main__":
    settings = from_environment()
    logs.configure_structlog(settings)
    uvloop.run(work(settings, {"kill": Handler(kill), "note": Handler(note)}, lease_s=LEASE_S))
