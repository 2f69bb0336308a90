"""Storing receipts, many in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

import msgspec

from parvis.base.errors import Invalid
from parvis.domain import accounts
from parvis.domain.admission import queries, rules
from parvis.domain.admission.queries import NewReceipt
from parvis.infra.postgres import Connection

Outcome = int | Invalid  # the receipt's id, or why there is none


async def write(tx: Connection, new: Sequence[NewReceipt]) -> dict[int, Outcome]:
    """By the id of each: the receipt that is stored for it, which is an earlier one if the request was made before.

    Invitations, then handles, then request keys are taken, each in their order, so that two writers never wait for each
    other.
    """
    wanted = await _with_invitations(tx, new)
    refused: dict[int, Outcome] = {
        one.id: rules.bad_invitation() for one in wanted if one.invitation_hash and one.invitation_id is None
    }
    able = [one for one in wanted if one.id not in refused]
    reserved = await accounts.reserve_handles(tx, {one.id: one.handle for one in able if one.handle is not None})
    stored = await queries.new_receipts(tx, [one for one in able if one.id in reserved])
    refused |= {one.id: rules.taken() for one in able if one.id not in reserved}
    failed = [one for one in wanted if one.id not in stored]
    if failed:
        await _give_back(tx, failed, reserved)
        refused |= await _known(tx, failed)
    return {one.id: one.id if one.id in stored else refused[one.id] for one in wanted}


async def _with_invitations(tx: Connection, new: Sequence[NewReceipt]) -> list[NewReceipt]:
    """The same in the same order, with what their codes are good for. Of two with one code the first is served first."""
    found: dict[int, int | None] = {}
    for code, one in sorted(((one.invitation_hash, one) for one in new if one.invitation_hash), key=itemgetter(0)):
        found[one.id] = await queries.invitation_used(tx, code, one.received_at)
    return [msgspec.structs.replace(one, invitation_id=found[one.id]) if one.id in found else one for one in new]


async def _give_back(tx: Connection, failed: Sequence[NewReceipt], reserved: set[int]) -> None:
    """What a receipt that is not stored had taken is free again."""
    handles = {one.id: one.handle for one in failed if one.id in reserved and one.handle is not None}
    if handles:
        await accounts.release_handles(tx, handles)
    for one in failed:
        if one.invitation_id is not None:
            await queries.invitation_given_back(tx, one.invitation_id)


async def _known(tx: Connection, failed: Sequence[NewReceipt]) -> Mapping[int, Outcome]:
    """What was asked before under the same key: the receipt it got, or that something else was asked (case J4)."""
    keys = [one.request_key for one in failed if one.request_key is not None]
    known = await queries.receipts_by_request(tx, keys) if keys else {}
    found: dict[int, Outcome] = {}
    for one in failed:
        row = known.get(one.request_key) if one.request_key is not None else None
        if row is not None:
            found[one.id] = row["id"] if row["request_hash"] == one.request_hash else rules.other_body()
    return found


async def write_late(tx: Connection, new: Sequence[NewReceipt]) -> int:
    """Receipts whose tickets were given out while the database was away are stored, each once; how many were new.

    Whatever has been taken meanwhile, the ticket stands: without its handle, its key or its invitation if need be.
    """
    known = await queries.known_ids(tx, [one.id for one in new])
    fresh = await _with_invitations(tx, [one for one in new if one.id not in known])
    reserved = await accounts.reserve_handles(tx, {one.id: one.handle for one in fresh if one.handle is not None})
    settled = [one if one.id in reserved else msgspec.structs.replace(one, handle=None) for one in fresh]
    stored = await queries.new_receipts(tx, settled)
    again = [
        msgspec.structs.replace(one, request_key=None, request_hash=None) for one in settled if one.id not in stored
    ]
    if again:
        stored |= await queries.new_receipts(tx, again)
    return len(stored)
