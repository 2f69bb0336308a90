"""The tree against the definitions of RFC 6962 written down plainly, and proofs against every small tree."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.domain.admission import merkle
from parvis.domain.admission.merkle import Subtree


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % n) for n in range(count)]


def full_of(leaves: list[bytes]):
    def full(one: Subtree) -> bytes:
        level, index = one
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level
        return merkle.fold(part)

    return full


def test_the_empty_tree_and_a_leaf_have_the_hashes_of_the_standard() -> None:
    assert merkle.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("count", [*range(40), 255, 256, 257, 600])
def test_a_tree_that_grows_in_pieces_has_the_root_of_the_definition(count: int) -> None:
    leaves = leaves_of(count)
    size, peaks, full = 0, [], {}
    for start in range(0, count, 7):
        size, peaks, more = merkle.grow(size, peaks, leaves[start : start + 7])
        full |= more
    assert size == count
    assert merkle.root_of(peaks) == plain_root(leaves)
    assert full == {(8, index): plain_root(leaves[index * 256 : index * 256 + 256]) for index in range(count // 256)}


def test_every_leaf_of_every_small_tree_is_proved_and_nothing_else_is() -> None:
    for size in range(1, 34):
        leaves = leaves_of(size)
        root, full = plain_root(leaves), full_of(leaves)
        for index in range(size):
            proof = [merkle.hash_of(low, high, full) for low, high in merkle.inclusion(index, size)]
            assert merkle.includes(root, size, index, leaves[index], proof)
            assert not merkle.includes(root, size, index, merkle.leaf_hash(b"other"), proof)
            assert not merkle.includes(root, size, (index + 1) % size, leaves[index], proof) or size == 1
            for position in range(len(proof)):
                broken = [*proof]
                broken[position] = bytes([broken[position][0] ^ 1]) + broken[position][1:]
                assert not merkle.includes(root, size, index, leaves[index], broken)


def test_every_small_tree_is_proved_to_be_the_beginning_of_every_larger_one() -> None:
    for size in range(1, 34):
        leaves = leaves_of(size)
        root, full = plain_root(leaves), full_of(leaves)
        for old in range(size + 1):
            old_root = plain_root(leaves[:old])
            proof = [merkle.hash_of(low, high, full) for low, high in merkle.consistency(old, size)]
            assert merkle.extends(old_root, old, root, size, proof)
            if 0 < old < size:
                assert not merkle.extends(plain_root(leaves_of(old)[::-1]), old, root, size, proof) or old == 1
                assert not merkle.extends(old_root, old, merkle.leaf_hash(b"other"), size, proof)


@given(st.integers(1, 5_000_000), st.data())
def test_a_proof_in_a_large_tree_asks_for_few_full_subtrees(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    for ranges in (merkle.inclusion(index, size), merkle.consistency(old, size)):
        needed = [one for low, high in ranges for one in merkle.subtrees(low, high)]
        assert len(needed) <= 2 * size.bit_length()
        assert all((index + 1) << level <= size for level, index in needed)
        assert all(high - low <= 128 for _, low, high in map(merkle.parts, needed))
