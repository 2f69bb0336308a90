"""Verdicts on figures and settings, without I/O."""

from __future__ import annotations

import ipaddress

from parvis.base.settings import Settings
from parvis.domain.health.types import Check, failed, ok, warning

OLDEST_DATABASE = 150_000
GIB = 1024**3
LITTLE_DISK_BYTES = 2 * GIB
TOO_LITTLE_DISK_BYTES = GIB // 4
CLOCK_WARNING_S = 2.0
CLOCK_FAILURE_S = 60.0  # sessions, codes and ids are judged by the clock


def judge_settings(settings: Settings, unknown: list[str]) -> list[Check]:
    """What is unusual about the settings; one `ok` when nothing is."""
    found = [warning("settings", f"{name} is not a setting of Parvis; a typing error?") for name in unknown]
    if not settings.confirm_email:
        found.append(warning("settings", "PARVIS_CONFIRM_EMAIL is off: anybody may use anybody's address."))
    if not settings.rate_limits:
        found.append(warning("settings", "PARVIS_RATE_LIMITS is off: one client can take everything."))
    if settings.allow_private_addresses:
        found.append(
            warning(
                "settings", "PARVIS_ALLOW_PRIVATE_ADDRESSES is on: strangers can make this server call its neighbours."
            )
        )
    if not settings.secure and not is_loopback(settings.bind):
        found.append(
            warning(
                "settings", f"{settings.public_origin} is not https, and {settings.bind} is open to other machines."
            )
        )
    return found or [ok("settings", "Nothing unusual.")]


def judge_disk(free_bytes: int, folder: str) -> Check:
    text = f"{free_bytes / GIB:.1f} GiB free for {folder}."
    if free_bytes < TOO_LITTLE_DISK_BYTES:
        return failed("disk", text)
    return warning("disk", text) if free_bytes < LITTLE_DISK_BYTES else ok("disk", text)


def judge_database_version(number: int, name: str) -> Check:
    if number < OLDEST_DATABASE:
        return failed("database", f"PostgreSQL {name} answers, but version 15 is the oldest that works.")
    return ok("database", f"PostgreSQL {name} answers.")


def judge_clock(ahead_s: float) -> Check:
    """`ahead_s`: how far the database's clock is ahead of ours."""
    text = f"The database's clock differs from this machine's by {abs(ahead_s):.1f} s."
    if abs(ahead_s) > CLOCK_FAILURE_S:
        return failed("clock", text)
    return warning("clock", text) if abs(ahead_s) > CLOCK_WARNING_S else ok("clock", text)


def judge_schema(waiting: list[str]) -> Check:
    if waiting:
        return failed("schema", f"Not applied yet: {', '.join(waiting)}. `parvis migrate` does it.")
    return ok("schema", "Up to date.")


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
