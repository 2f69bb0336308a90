"""Settings that the owner changes while the place runs, with what they were before.

What the environment says wins: who starts the processes has the last word, and pages say so. Every process looks some
seconds apart and obeys. Of everything else a process must be sure from its start on, so it stays with the environment.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import asyncpg
import msgspec
import structlog

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, IdSource
from parvis.base.settings import COLOUR, Settings, variable_of
from parvis.domain.moderation import log, setting_queries
from parvis.domain.moderation.types import SettingChange
from parvis.infra.mail import check_address
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

LOOK_EVERY_S = 5.0
_DATABASE_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LANGUAGES = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?(,[a-z]{2,3}(-[A-Za-z]{2,4})?){0,19}")

logger = structlog.get_logger(__name__)

Value = str | int


def _line(most: int, *, least: int = 0) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        text = " ".join(_CONTROLS.sub(" ", text).split())
        if not least <= len(text) <= most:
            raise Invalid("value", f"It has {least} to {most} characters", "length")
        return text

    return read


def _number(least: int, most: int) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        if not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII) or not least <= int(text) <= most:
            raise Invalid("value", f"A whole number from {least} to {most}", "number")
        return int(text)

    return read


def _address(text: str) -> Value:
    text = text.strip()
    if text:
        try:
            check_address(text)
        except Invalid:
            raise Invalid("value", "This is not an e-mail address", "address") from None
    return text


def _languages(text: str) -> Value:
    text = "".join(text.split())
    if not _LANGUAGES.fullmatch(text):
        raise Invalid("value", "Codes of languages with commas between them, such as en,fr", "languages")
    return text


def _colour(text: str) -> Value:
    text = text.strip().lower()
    if text and not COLOUR.fullmatch(text):
        raise Invalid("value", "A colour such as #2a6f97", "colour")
    return text


# What may change while the place runs, each with what reads it: text as it was written → value, or Invalid.
CHANGEABLE: Mapping[str, Callable[[str], Value]] = {
    "name": _line(60, least=1),
    "description": _line(300),
    "contact_email": _address,
    "languages": _languages,
    "post_name": _line(20),
    "accent": _colour,
    "post_characters": _number(140, 10_000),
    "free_sign_ups": _number(0, 10_000),
}


def fixed(environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """Those that the environment has set, so that nothing here changes them."""
    env = os.environ if environment is None else environment
    return frozenset(name for name in CHANGEABLE if env.get(variable_of(name)))


async def change(
    tx: Connection, ids: IdSource, name: str, text: str | None, *, by_id: AccountId | None, now: datetime
) -> bool:
    """The setting has that value in every process some seconds later (None: the value it has by itself), which the log
    says; whether it had another.

    Raises: NotFound for what cannot be changed here; Invalid (`value`) for what it cannot be.
    """
    read = CHANGEABLE.get(name)
    if read is None or name in fixed():
        raise NotFound
    value = None if text is None else str(read(text))
    await setting_queries.changes_locked(tx)
    before = (await setting_queries.stored(tx)).get(name)
    if value == before:
        return False
    await setting_queries.changed(tx, SettingChange(ids.next(), name, value, by_id, now))
    said = {"name": name, "before": before, "value": value}
    await log.record(tx, actor_id=by_id, act="setting.change", subject=f"setting:{name}", details=said, now=now)
    return True


async def go_back(tx: Connection, ids: IdSource, change_id: int, *, by_id: AccountId | None, now: datetime) -> bool:
    """The setting is once more what that change made it. Raises: NotFound; Invalid for what it may not be any more."""
    then = await setting_queries.change_by_id(tx, change_id)
    if then is None:
        raise NotFound
    return await change(tx, ids, then.name, then.value, by_id=by_id, now=now)


async def history(db: Connection, *, limit: int = 100) -> list[SettingChange]:
    """Who changed what when, the newest first."""
    return await setting_queries.changes(db, limit)


async def stored(db: Connection) -> dict[str, str]:
    """What holds by these changes, as it is written."""
    return {name: value for name, value in (await setting_queries.stored(db)).items() if value is not None}


def merged(start: Settings, kept: Mapping[str, str]) -> Settings:
    """`start` with what is kept, but for what the environment fixes; a value of another release that fits no more is left."""
    values: dict[str, Value] = {}
    for name in sorted(CHANGEABLE.keys() & kept.keys() - fixed()):
        try:
            values[name] = CHANGEABLE[name](kept[name])
        except Invalid:
            logger.warning("settings.unfit", name=name)
    return msgspec.structs.replace(start, **values)


async def look(services: Services) -> bool:
    """This process obeys what is kept; whether it did something else before."""
    async with services.db.connection() as db:
        kept = await stored(db)
    if kept == services.changed_settings:
        return False
    services.obey(merged(services.started_with, kept), kept)
    return True


async def keep_looking(services: Services, changed: Callable[[], None] = lambda: None) -> None:
    """This process knows of every change within some seconds, until this is cancelled; `changed` hears of each.

    Also of one that this process made itself and obeys already: what it showed before may still be remembered.
    """
    heard_of = services.changed_settings
    while True:
        try:
            await look(services)
            if services.changed_settings is not heard_of:
                heard_of = services.changed_settings
                changed()
        except _DATABASE_TROUBLE as error:
            logger.debug("settings.wait_for_database", error=repr(error))
        await asyncio.sleep(LOOK_EVERY_S)
