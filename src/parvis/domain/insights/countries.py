"""Which country an address lies in, by a file that the operator has; without one nobody asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import structlog

from parvis.base.settings import Settings

log = structlog.get_logger(__name__)

UNKNOWN = "other"


def countries(settings: Settings) -> Callable[[str], str] | None:
    """What tells the country (two letters) of an address; None where the operator has no file, or it cannot be read."""
    if not settings.countries_file:
        return None
    import maxminddb  # most places have no use for it

    try:
        reader = maxminddb.open_database(settings.countries_file)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        log.warning("insights.no_countries", file=settings.countries_file, error=str(error))
        return None

    @lru_cache(10_000)
    def country_of(address: str) -> str:
        try:
            return _code(reader.get(address))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return UNKNOWN

    return country_of


def _code(record: object) -> str:
    """The makers of such files agree on the format, and nearly on the names."""
    if not isinstance(record, dict):
        return UNKNOWN
    known = cast("dict[str, Any]", record)
    for name in ("country", "registered_country", "country_code"):
        found: Any = known.get(name)
        if isinstance(found, dict):
            found = cast("dict[str, Any]", found).get("iso_code")
        if isinstance(found, str) and len(found) == 2 and found.isalpha():
            return found.upper()
    return UNKNOWN
