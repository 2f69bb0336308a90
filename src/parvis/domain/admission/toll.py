"""What a sign-up costs where very many come from one network: some arithmetic, done by the machine and never by the person.

Nothing, as long as few come. Then the price doubles with their number, and falls by half within half an hour of quiet. A
network is 256 addresses of the old kind, or a /48 of the new one; what comes by one kind of address does not make the
other dearer. Where many networks of one kind are dear, every network of that kind costs the least price. The puzzles are
altcha's. Each process counts for itself, as all limits do; a solved puzzle is good once everywhere.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import math
import time
import weakref
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import altcha
import msgspec

from parvis.base.errors import Invalid
from parvis.domain.admission import queries
from parvis.domain.admission.types import Application
from parvis.infra.postgres import OUTAGES, Database
from parvis.infra.services import Services

HALVED_EVERY_S = 1800.0
GOOD_FOR = timedelta(minutes=20)
MOST_LEVEL = 8
CROWDED_NETWORKS = 10  # of one kind: then somebody has many networks
LOOKED_AT_EVERY_S = 10.0
MOST_NETWORKS = 50_000
FIRST_BITS = 8  # how many bits of a derived key must be zero at level 1, at a cost of FIRST_COST rounds
FIRST_COST = 2000
MOST_PROOF_CHARACTERS = 4000


class Counter:
    """How many sign-ups came from each network lately, older ones counting less."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[float, float]] = {}
        self._crowded: set[str] = set()
        self._looked_at = -LOOKED_AT_EVERY_S

    def add(self, network: str, now_s: float) -> None:
        """One more has come."""
        self._counts[network] = (self.count(network, now_s) + 1, now_s)

    def count(self, network: str, now_s: float) -> float:
        """How many came, those of half an hour ago counting half."""
        count, at = self._counts.get(network, (0.0, now_s))
        return count * 0.5 ** ((now_s - at) / HALVED_EVERY_S)

    def level(self, network: str, *, free: int, now_s: float) -> int:
        """What the next one costs; 0: nothing."""
        count = self.count(network, now_s)
        if _is_dear(count, free):
            return min(1 + int(math.log2(max(count / free, 1.0))), MOST_LEVEL)
        if now_s - self._looked_at >= LOOKED_AT_EVERY_S:
            self._look(free, now_s)
        return 1 if _family(network) in self._crowded else 0

    def _look(self, free: int, now_s: float) -> None:
        """Which kinds of address come from too many dear networks; networks that have been quiet are forgotten."""
        self._looked_at = now_s
        counts = {one: self.count(one, now_s) for one in self._counts}
        if len(counts) > MOST_NETWORKS:
            self._counts = {one: self._counts[one] for one, count in counts.items() if count >= 1}
        dear = [_family(one) for one, count in counts.items() if _is_dear(count, free)]
        self._crowded = {one for one in set(dear) if dear.count(one) >= CROWDED_NETWORKS}


def _is_dear(count: float, free: int) -> bool:
    """Rounded, or what has just come would count a little less than it is."""
    return count > free - 0.5


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What the price goes by: `4 192.0.2.0`, `6 2001:db8::`."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"? {address}"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    size = 24 if parsed.version == 4 else 48
    return f"{parsed.version} {ipaddress.ip_network(f'{parsed}/{size}', strict=False).network_address}"


def _family(network: str) -> str:
    return network[:1]


def level(services: Services, network: str) -> int:
    """What a sign-up from that network costs now."""
    free = services.settings.free_sign_ups
    if not services.limits.enabled or not free or not network:
        return 0
    return _counter_of(services).level(network, free=free, now_s=time.monotonic())


def puzzle(services: Services, network: str, *, now: datetime) -> dict[str, Any] | None:
    """The puzzle whose solution pays for a sign-up from that network, as altcha's widgets and ours read it."""
    price = level(services, network)
    if not price:
        return None
    bits = FIRST_BITS + price - 1
    made = altcha.create_challenge(
        "PBKDF2/SHA-256",
        FIRST_COST << bits % 4,
        key_prefix="0" * (bits // 4),
        expires_at=now + GOOD_FOR,
        data={"level": price, "network": _sealed(services, network)},
        hmac_secret=services.secrets["work"],
    )
    return made.to_dict()


async def collect(services: Services, wanted: Application, *, now: datetime) -> None:
    """The sign-up is paid for, or costs nothing; an invitation pays too, and is checked when it is used.

    Raises: Invalid for `proof`: `wanted` when there is none, `expired` when it is not good (any more).
    """
    price = level(services, wanted.network)
    if not price or wanted.invitation:
        return
    if not wanted.proof:
        raise Invalid("proof", "Many sign-ups come from your network: this one needs a proof of work", "wanted")
    if len(wanted.proof) > MOST_PROOF_CHARACTERS or not _is_for(services, wanted, price):
        raise _not_good()
    done = await asyncio.to_thread(altcha.verify_solution, wanted.proof, services.secrets["work"])
    if not done.verified or not await _spend(services, wanted.proof, now):
        raise _not_good()


def note(services: Services, wanted: Application) -> None:
    """One more has come from there."""
    if wanted.network:
        _counter_of(services).add(wanted.network, time.monotonic())


def _not_good() -> Invalid:
    return Invalid("proof", "This proof of work is not good, or not any more", "expired")


def _is_for(services: Services, wanted: Application, price: int) -> bool:
    """Whether it is a puzzle for that network, made when the price was hardly lower. Its seal is looked at afterwards."""
    try:
        told = msgspec.json.decode(base64.b64decode(wanted.proof, validate=True), type=_Payload).challenge.parameters
    except (ValueError, msgspec.MsgspecError):
        return False
    return told.data.level >= price - 1 and told.data.network == _sealed(services, wanted.network)


class _Data(msgspec.Struct, frozen=True):
    level: int = 0
    network: str = ""


class _Parameters(msgspec.Struct, frozen=True):
    data: _Data = _Data()


class _Challenge(msgspec.Struct, frozen=True):
    parameters: _Parameters


class _Payload(msgspec.Struct, frozen=True):
    challenge: _Challenge


async def _spend(services: Services, proof: str, now: datetime) -> bool:
    """Whether it was not used before; while the database is away that is known of this process alone."""
    puzzle_hash = hashlib.sha256(_signature(proof)).digest()
    seen = _till_of(services).spent
    if puzzle_hash in seen:
        return False
    seen[puzzle_hash] = now
    for old in [one for one, at in seen.items() if now - at > GOOD_FOR]:
        del seen[old]
    try:
        async with services.db.transaction() as tx:
            return await queries.proof_spent(tx, puzzle_hash, now + GOOD_FOR)
    except OUTAGES:
        return True


def _signature(proof: str) -> bytes:
    """What is the same in everything that solves one puzzle, however it is written."""
    return str(msgspec.json.decode(base64.b64decode(proof))["challenge"]["signature"]).lower().encode()


def _sealed(services: Services, network: str) -> str:
    return services.secrets.keyed_hash("work", network).hex()[:24]


class _Till:
    def __init__(self) -> None:
        self.counter = Counter()
        self.spent: dict[bytes, datetime] = {}


_tills: weakref.WeakKeyDictionary[Database, _Till] = weakref.WeakKeyDictionary()


def _till_of(services: Services) -> _Till:
    till = _tills.get(services.db)
    if till is None:
        till = _tills[services.db] = _Till()
    return till


def _counter_of(services: Services) -> Counter:
    return _till_of(services).counter
