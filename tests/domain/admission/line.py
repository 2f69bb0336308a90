"""A line of people for tests: who applied, in what order."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.clock import utc_now
from parvis.domain import admission
from parvis.domain.admission.types import Admitted, Application, Place, Ticket
from parvis.infra.services import Services

PASSWORD = "a long password"


def application(name: str, **more: str) -> Application:
    return Application(**{"handle": name, "email": f"{name}@mail.example", **more})  # type: ignore[arg-type]


async def line_of(services: Services, *names: str) -> list[Ticket]:
    """These people have a receipt each, and a number, in this order."""
    tickets = [await admission.receive(services, wanted=application(name), now=utc_now()) for name in names]
    await admission.sequence(services, now=utc_now())
    return tickets


async def let_in(services: Services, most: int, *, now: datetime | None = None) -> list[Admitted]:
    async with services.db.transaction() as tx:
        return await admission.admit(tx, most=most, now=now or utc_now())


async def place_of(services: Services, ticket: Ticket) -> Place:
    async with services.db.connection() as db:
        return await admission.place(db, ticket, utc_now())


def in_days(days: float) -> datetime:
    return utc_now() + timedelta(days=days)
