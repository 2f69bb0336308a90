"""What the public log proves: that an entry is in it, that it only ever grew, and what became of one ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.domain.admission import log, merkle
from parvis.domain.admission import log_queries as queries
from parvis.domain.admission.merkle import Subtree
from parvis.domain.admission.types import Head, Leaf, Ticket
from parvis.domain.admission.verify import FORMAT, head_line
from parvis.infra.postgres import Connection
from parvis.infra.secrets import Secrets

MOST_LEAVES = 1024  # in one answer


class Inclusion(msgspec.Struct, frozen=True):
    """Leaf `index` is in the tree of that size, whose root is the head's."""

    index: int
    leaf: Leaf
    path: list[bytes]


class Promise(msgspec.Struct, frozen=True):
    """A ticket's entry, the signed head of the log, and the proof that binds them."""

    head: Head
    inclusion: Inclusion


async def head(db: Connection) -> Head:
    """The newest signed head. Raises: NotFound while the log is empty."""
    found = await queries.latest_head(db)
    if found is None:
        raise NotFound
    return found


async def leaves(db: Connection, low: int, high: int) -> list[Leaf]:
    """The entries from `low` to before `high`, at most 1,024, as far as there are."""
    return await queries.leaves_between(db, low, min(high, low + MOST_LEAVES))


async def inclusion(db: Connection, index: int, size: int) -> Inclusion:
    """The proof that the entry is in the log of that size. Raises: Invalid where there is no such entry."""
    await _check(db, size)
    if not 0 <= index < size:
        raise Invalid("index", "There is no such entry", "invalid")
    [leaf] = await queries.leaves_between(db, index, index + 1)
    return Inclusion(index, leaf, await _hashes(db, merkle.inclusion(index, size)))


async def consistency(db: Connection, old: int, size: int) -> list[bytes]:
    """The proof that the log of size `old` is the beginning of the one of `size`. Raises: Invalid."""
    await _check(db, size)
    if not 0 < old <= size:
        raise Invalid("from", "The log was never of that size", "invalid")
    return await _hashes(db, merkle.consistency(old, size))


async def promise(db: Connection, ticket: Ticket) -> Promise:
    """The proof of a ticket's place in the order. Raises: NotFound until its number is in a signed head."""
    index = await queries.leaf_index_of(db, ticket.receipt_id)
    signed = await head(db)
    if index is None or index >= signed.size:
        raise NotFound
    return Promise(signed, await inclusion(db, index, signed.size))


async def exported(db: Connection, secrets: Secrets, origin: str, write: Callable[[str], object]) -> None:
    """The log as far as it is signed, line by line, in the form that `verify` reads. Raises: NotFound while it is empty."""
    signed = await head(db)
    write(f"{FORMAT} {origin}\n")
    for low in range(0, signed.size, MOST_LEAVES):
        some = await queries.leaves_between(db, low, min(low + MOST_LEAVES, signed.size))
        write("".join(log.leaf_data(one).decode() + "\n" for one in some))
    write(head_line(signed, log.public_key(secrets)) + "\n")


async def _check(db: Connection, size: int) -> None:
    tree = await queries.tree(db)
    if not 0 < size <= tree.size:
        raise Invalid("size", "The log is not that long", "invalid")


async def _hashes(db: Connection, ranges: list[tuple[int, int]]) -> list[bytes]:
    needed = {one for low, high in ranges for one in merkle.subtrees(low, high)}
    full = await _full(db, needed)
    return [merkle.hash_of(low, high, full.__getitem__) for low, high in ranges]


async def _full(db: Connection, needed: Iterable[Subtree]) -> dict[Subtree, bytes]:
    """The hashes of full subtrees, folded from what is stored: one statement for each tile that is touched."""
    spans: dict[tuple[int, int], list[tuple[Subtree, int, int]]] = {}
    for one in needed:
        stored, low, high = merkle.parts(one)
        spans.setdefault((stored, low >> merkle.TILE), []).append((one, low, high))
    found: dict[Subtree, bytes] = {}
    for (stored, _), wanted in spans.items():
        first, last = min(low for _, low, _ in wanted), max(high for _, _, high in wanted)
        row = await _row(db, stored, first, last)
        for one, low, high in wanted:
            found[one] = merkle.fold(row[low - first : high - first])
    return found


async def _row(db: Connection, level: int, low: int, high: int) -> list[bytes]:
    if level:
        return await queries.nodes_between(db, level, low, high)
    return [merkle.leaf_hash(log.leaf_data(one)) for one in await queries.leaves_between(db, low, high)]
