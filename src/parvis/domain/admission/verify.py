"""Checking an exported log without the server: every entry, every place, the signature, and one's own ticket.

The export is text: a first line that names the format, one line an entry, and a last line with the signed head.

    parvis admission log v1 https://parvis.example
    received 1 2026-11-26T05:10Z 5f0c…
    admitted 1 2026-11-26T05:20Z
    head 2 <root> 2026-11-26T05:21Z <signature> <public key>
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from parvis.domain.admission import log, merkle, tickets
from parvis.domain.admission.types import Head, Kind

FORMAT = "parvis admission log v1"
_BESIDE = (Kind.INVITED, Kind.OPERATOR, Kind.RETURNING)
_KINDS = {kind.name.lower(): kind for kind in Kind}


class NotTrue(ValueError):
    """What the log says cannot be true; the message names the line."""


class Verdict(msgspec.Struct, kw_only=True):
    """What the log, which is sound, says."""

    entries: int = 0
    counts: dict[str, int] = {}
    waiting: int = 0
    passed_by: int = 0  # entries that let somebody in before those ahead, each visible
    head: str = ""
    ticket_number: int | None = None
    ticket_state: str | None = None
    ticket_places: list[int] = []  # how many were ahead, at each moment that this changed


def head_line(head: Head, public_key: bytes) -> str:
    at = head.at.strftime("%Y-%m-%dT%H:%MZ")
    return f"head {head.size} {head.root.hex()} {at} {head.signature.hex()} {public_key.hex()}"


def verify(lines: Iterable[str], ticket: str | None = None) -> Verdict:
    """The order, the places and the signature hold, and this is what they say of the ticket.

    Raises: NotTrue.
    """
    reading = _Reading(None if ticket is None else tickets.commitment(ticket).hex())
    rows = iter(lines)
    if not next(rows, "").startswith(FORMAT):
        raise NotTrue("line 1: this is not a log of admissions")
    for number, row in enumerate(rows, 2):
        words = row.rstrip("\n").split(" ")
        try:
            if words[0] == "head":
                verdict = reading.finished(words)
                if next(rows, None) is not None:
                    raise NotTrue("something follows the head")
                return verdict
            reading.read(words)
        except NotTrue as problem:
            raise NotTrue(f"line {number}: {problem}") from None
    raise NotTrue("the log ends without a head")


class _Reading:
    """The line of people as the log tells it, entry by entry."""

    def __init__(self, commitment: str | None) -> None:
        self._commitment = commitment
        self._verdict = Verdict(counts={}, ticket_places=[])
        self._size = 0
        self._peaks: list[bytes] = []
        self._last_number = 0
        self._at = ""
        self._states: dict[int, Kind] = {}  # of those who have not just waited
        self._line: list[int] = []  # numbers that wait; those that left are dropped when they come to the front
        self._ahead: int | None = None

    def read(self, words: Sequence[str]) -> None:
        kind = _KINDS.get(words[0])
        if kind is None or len(words) != (4 if kind is Kind.RECEIVED else 3):
            raise NotTrue("an entry that cannot be read")
        self._size, self._peaks, _ = merkle.grow(self._size, self._peaks, [merkle.leaf_hash(" ".join(words).encode())])
        number, at = int(words[1]) if words[1].isascii() and words[1].isdigit() else 0, words[2]
        if at < self._at:
            raise NotTrue("time goes backwards")
        self._at = at
        self._happened(kind, number, words)
        self._verdict.entries += 1
        self._verdict.counts[words[0]] = self._verdict.counts.get(words[0], 0) + 1

    def _happened(self, kind: Kind, number: int, words: Sequence[str]) -> None:
        if kind is Kind.RECEIVED:
            if number != self._last_number + 1:
                raise NotTrue(f"number {number} follows {self._last_number}")
            self._last_number = number
            heapq.heappush(self._line, number)
            if words[3] == self._commitment:
                if self._verdict.ticket_number is not None:
                    raise NotTrue("the ticket has two numbers")
                self._verdict.ticket_number = number
                self._ahead = number - 1 - len(self._states_before(number))
                self._verdict.ticket_places.append(self._ahead)
            return
        if not 0 < number <= self._last_number:
            raise NotTrue(f"number {number} was never received")
        before = self._states.get(number)
        self._check(kind, number, before)
        self._states[number] = kind
        mine = self._verdict.ticket_number
        if mine is not None and before is None and number < mine and mine not in self._states:
            assert self._ahead is not None
            self._ahead -= 1
            self._verdict.ticket_places.append(self._ahead)

    def _states_before(self, number: int) -> list[int]:
        return [one for one in self._states if one < number]

    def _check(self, kind: Kind, number: int, before: Kind | None) -> None:
        admitted = (Kind.ADMITTED, Kind.INVITED, Kind.OPERATOR, Kind.RETURNING)
        allowed = {
            Kind.ADMITTED: before is None,
            Kind.INVITED: before is None,
            Kind.OPERATOR: before in (None, Kind.EXPIRED),
            Kind.RETURNING: before is Kind.EXPIRED,
            Kind.EXPIRED: before in admitted,
            Kind.REFUSED: before in (None, Kind.EXPIRED),
            Kind.WITHDRAWN: before not in (Kind.WITHDRAWN, Kind.REFUSED),
        }
        if not allowed[kind]:
            raise NotTrue(f"number {number} cannot be {kind.name.lower()} after {before and before.name.lower()}")
        first = self._first()
        if kind is Kind.ADMITTED and number != first:
            raise NotTrue(f"number {number} was admitted while {first} waited")
        if kind in _BESIDE and before is None and number != first:
            self._verdict.passed_by += 1

    def _first(self) -> int | None:
        while self._line and self._line[0] in self._states:
            heapq.heappop(self._line)
        return self._line[0] if self._line else None

    def finished(self, words: Sequence[str]) -> Verdict:
        try:
            _, size, root, at, signature, key = words
            moment = datetime.strptime(at, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
            head = Head(int(size), bytes.fromhex(root), moment, bytes.fromhex(signature))
            # There is one way to write a head, so that a flipped byte is never another spelling of the same.
            if head_line(head, bytes.fromhex(key)) != " ".join(words):
                raise NotTrue("the head is not written as heads are")
            signed = log.head_data(head.size, head.root, head.at)
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(head.signature, signed)
        except (ValueError, InvalidSignature):
            raise NotTrue("the head is not signed by the key beside it") from None
        if head.size != self._size or head.root != merkle.root_of(self._peaks):
            raise NotTrue("the entries are not those that were signed")
        verdict = self._verdict
        if self._commitment is not None:
            if verdict.ticket_number is None:
                raise NotTrue("the ticket is not in the log")
            state = self._states.get(verdict.ticket_number)
            verdict.ticket_state = "waiting" if state is None else state.name.lower()
        verdict.waiting = self._last_number - len(self._states)
        verdict.head = f"{size} {root}"
        return verdict
