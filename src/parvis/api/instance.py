"""What this place is: the instance documents, and small facts about it."""

from __future__ import annotations

import html
import time

import msgspec
from babel import Locale, UnknownLocaleError

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.instance import (
    ExtendedDescription,
    Instance,
    Language,
    Rule,
    V1Instance,
    languages_of,
    present_instance,
    present_rule,
    present_v1_instance,
)
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.clock import iso_ms, utc_now
from parvis.domain import accounts, moderation
from parvis.infra import vapid
from parvis.infra.doors import LONG_SHARED_S, READING
from parvis.infra.services import Services

CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Origin"}
FRESH_S = 60.0

_started_at = utc_now()


class Facts(msgspec.Struct, frozen=True):
    """What has to be counted or looked up."""

    totals: accounts.Totals
    contact: Account | None
    rules: list[Rule]


class _Known(msgspec.Struct):
    facts: Facts
    until: float
    services: Services


_known: _Known | None = None


async def facts(call: Call) -> Facts:
    """The facts, at most a minute old: everybody asks for them, and counting reads whole tables."""
    global _known
    if _known is None or _known.until < time.monotonic() or _known.services is not call.services:
        _known = _Known(await _looked_up(call), time.monotonic() + FRESH_S, call.services)
    return _known.facts


async def _looked_up(call: Call) -> Facts:
    async with call.services.db.connection() as db:
        totals = await accounts.totals(db, now=call.now)
        contact_id = await accounts.contact(db)
        people = await accounts.by_ids(db, [contact_id]) if contact_id is not None else {}
        rules = [present_rule(one) for one in await moderation.house_rules.current(db)]
    contact = [present_account(one, addresses(call.services)) for one in people.values()]
    return Facts(totals, contact[0] if contact else None, rules)


@endpoint("GET", "/api/v2/instance", urgency=READING, shared_s=LONG_SHARED_S, returns=Instance, connects=False)
async def instance(call: Call) -> Reply:
    """This place, its limits and its addresses."""
    found, services = await facts(call), call.services
    key = vapid.public_key(services.secrets)
    body = present_instance(services.settings, addresses(services), found.totals, found.contact, found.rules, key)
    return Reply(body, headers=CACHED)


@endpoint("GET", "/api/v1/instance", urgency=READING, shared_s=LONG_SHARED_S, returns=V1Instance, connects=False)
async def v1_instance(call: Call) -> Reply:
    """This place for older clients."""
    found, services = await facts(call), call.services
    body = present_v1_instance(services.settings, addresses(services), found.totals, found.contact, found.rules)
    return Reply(body, headers=CACHED | {"Deprecation": "@1668384000"})  # the day 4.0.0 came out


@endpoint(
    "GET",
    "/api/v1/instance/extended_description",
    urgency=READING,
    shared_s=LONG_SHARED_S,
    returns=ExtendedDescription,
    connects=False,
)
async def extended_description(call: Call) -> Reply:
    """This place in its own words; settings change at the start of the server only."""
    words = html.escape(call.services.settings.description, quote=False)
    return Reply(ExtendedDescription(iso_ms(_started_at), f"<p>{words}</p>"), headers=CACHED)


@endpoint(
    "GET", "/api/v1/instance/languages", urgency=READING, shared_s=LONG_SHARED_S, returns=list[Language], connects=False
)
async def languages(call: Call) -> Reply:
    """The main languages of this place, by their own names."""
    return Reply([Language(code, _name(code)) for code in languages_of(call.services.settings)], headers=CACHED)


def _name(code: str) -> str:
    try:
        return Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code


@endpoint("GET", "/api/v1/instance/rules", urgency=READING, shared_s=LONG_SHARED_S, returns=list[Rule])
async def rules(call: Call) -> list[Rule]:
    """The rules of the house."""
    return [present_rule(one) for one in await moderation.house_rules.current(call.db)]
