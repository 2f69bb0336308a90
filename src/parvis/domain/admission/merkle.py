"""Merkle trees as RFC 6962 defines them: growing one, proofs of inclusion and of consistency, and checking both.

A tree is kept as its peaks: the roots of the full subtrees that its size consists of, largest first. Proofs are made
from full subtrees only, named by level and index: (0, i) is leaf i, (8, 2) the subtree over leaves 512 to 767.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Subtree = tuple[int, int]

TILE = 8  # of every so many levels, the full subtrees are stored


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


EMPTY = sha256(b"").digest()


def grow(size: int, peaks: Sequence[bytes], leaves: Iterable[bytes]) -> tuple[int, list[bytes], dict[Subtree, bytes]]:
    """The tree with these leaf hashes behind it: its size, its peaks, and the subtrees to store that became full."""
    stack = list(peaks)
    full: dict[Subtree, bytes] = {}
    for leaf in leaves:
        node, level, index = leaf, 0, size
        while index & 1:
            node = node_hash(stack.pop(), node)
            level, index = level + 1, index >> 1
            if level % TILE == 0:
                full[level, index] = node
        stack.append(node)
        size += 1
    return size, stack, full


def root_of(peaks: Sequence[bytes]) -> bytes:
    """The hash of the whole tree."""
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def subtrees(low: int, high: int) -> list[Subtree]:
    """The full subtrees that the leaves from `low` to before `high` consist of, from left to right.

    `low` is where a subtree of the tree begins, so that they get smaller to the right.
    """
    found: list[Subtree] = []
    while low < high:
        level = (high - low).bit_length() - 1
        if low:
            level = min(level, (low & -low).bit_length() - 1)
        found.append((level, low >> level))
        low += 1 << level
    return found


def inclusion(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose hashes prove that leaf `index` is in the tree of that size, in order."""
    return _inclusion(index, 0, size)


def _inclusion(index: int, low: int, high: int) -> list[tuple[int, int]]:
    if high - low <= 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_inclusion(index, low, middle), (middle, high)]
    return [*_inclusion(index, middle, high), (low, middle)]


def consistency(old: int, size: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose hashes prove that the tree of size `old` is the beginning of the one of `size`."""
    return _consistency(old, 0, size, True) if 0 < old < size else []


def _consistency(old: int, low: int, high: int, whole: bool) -> list[tuple[int, int]]:
    if old == high - low:
        return [] if whole else [(low, high)]
    half = _split(high - low)
    middle = low + half
    if old <= half:
        return [*_consistency(old, low, middle, whole), (middle, high)]
    return [*_consistency(old - half, middle, high, False), (low, middle)]


def _split(size: int) -> int:
    """The largest power of two below that."""
    return 1 << ((size - 1).bit_length() - 1)


def hash_of(low: int, high: int, full: Callable[[Subtree], bytes]) -> bytes:
    """The hash over a range that `inclusion` or `consistency` named; `full` knows those of full subtrees."""
    return root_of([full(one) for one in subtrees(low, high)])


def parts(subtree: Subtree) -> tuple[int, int, int]:
    """Where a full subtree comes from: the level of what is stored, and from which index to before which."""
    level, index = subtree
    stored = level - level % TILE
    width = level - stored
    return stored, index << width, (index + 1) << width


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbours whose number is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the leaf's hash is at that index of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def extends(old_root: bytes, old: int, root: bytes, size: int, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the older tree is the beginning of the newer one (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size:
        return old == 0 and not proof and old_root == EMPTY
    steps = list(proof)
    if old & (old - 1) == 0:
        steps = [old_root, *steps]
    if not steps:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == root
