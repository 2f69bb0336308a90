"""A look back at a year. Nothing about people is added up here over a year, so nobody ever has one to read."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parvis.api.routing import Call, endpoint
from parvis.base.errors import NotFound

READ = ("read:accounts",)
WRITE = ("write:accounts",)


class OneYear(msgspec.Struct, frozen=True):
    year: int


class WrappedAnnualReports(msgspec.Struct, frozen=True):
    annual_reports: list[Any] = []
    accounts: list[Any] = []
    statuses: list[Any] = []


class AnnualReportState(msgspec.Struct, frozen=True):
    state: Literal["available", "generating", "eligible", "ineligible"] = "ineligible"


@endpoint("GET", "/api/v1/annual_reports", user=True, scopes=READ, returns=WrappedAnnualReports)
async def unread(call: Call) -> WrappedAnnualReports:
    """Reports that one has not read: none."""
    return WrappedAnnualReports()


@endpoint("GET", "/api/v1/annual_reports/:year", user=True, scopes=READ, params=OneYear, returns=WrappedAnnualReports)
async def read(call: Call[OneYear]) -> WrappedAnnualReports:
    """The report of a year: not there."""
    raise NotFound


@endpoint(
    "GET", "/api/v1/annual_reports/:year/state", user=True, scopes=READ, params=OneYear, returns=AnnualReportState
)
async def state(call: Call[OneYear]) -> AnnualReportState:
    """Whether one can have a report of a year: one cannot."""
    return AnnualReportState()


@endpoint("POST", "/api/v1/annual_reports/:year/generate", user=True, scopes=WRITE, params=OneYear)
async def generate(call: Call[OneYear]) -> None:
    """Ask for a report of a year: refused, as one is not eligible."""
    raise NotFound


@endpoint("POST", "/api/v1/annual_reports/:year/read", user=True, scopes=WRITE, params=OneYear)
async def mark_read(call: Call[OneYear]) -> None:
    """Mark the report of a year as read: not there."""
    raise NotFound
