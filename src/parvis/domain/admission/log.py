"""The public log: an append-only Merkle tree whose leaves say what happened to numbers, never to persons.

Everything that changes who waits appends here, in the transaction of the change, under the lock of the tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parvis.domain.admission import log_queries as queries
from parvis.domain.admission import merkle
from parvis.domain.admission.log_queries import Tree
from parvis.domain.admission.types import Head, Leaf
from parvis.infra.postgres import Connection
from parvis.infra.secrets import Secrets


def leaf_data(leaf: Leaf) -> bytes:
    """The leaf as it is hashed and exported: `received 17 2026-11-26T05:10Z 9f…` or `admitted 17 2026-11-26T05:20Z`."""
    words = [leaf.kind.name.lower(), str(leaf.number), leaf.at.strftime("%Y-%m-%dT%H:%MZ")]
    if leaf.commitment is not None:
        words.append(leaf.commitment.hex())
    return " ".join(words).encode()


def head_data(size: int, root: bytes, at: datetime) -> bytes:
    """What is signed of a head."""
    return f"parvis admission head\n{size}\n{root.hex()}\n{at.strftime('%Y-%m-%dT%H:%MZ')}\n".encode()


async def append(tx: Connection, tree: Tree, leaves: Sequence[Leaf]) -> None:
    """The leaves are the end of the log; `tree`, whose lock we hold, is as it is stored now."""
    if leaves:
        await queries.leaves_appended(tx, tree.size, leaves)
        hashes = [merkle.leaf_hash(leaf_data(one)) for one in leaves]
        tree.size, tree.peaks, full = merkle.grow(tree.size, tree.peaks, hashes)
        if full:
            await queries.nodes_stored(tx, full)
    await queries.tree_changed(tx, tree)


async def serve_up_to(tx: Connection, tree: Tree) -> None:
    """`tree.serving` is the number before the first who waits."""
    first = await queries.first_waiting(tx, tree.serving)
    tree.serving = tree.last_number if first is None else first - 1


async def sign_head(tx: Connection, secrets: Secrets, tree: Tree, *, now: datetime) -> Head:
    """The log of now is signed, and this is the head that people are shown."""
    minute = now.replace(second=0, microsecond=0)
    root = merkle.root_of(tree.peaks)
    head = Head(tree.size, root, minute, signing_key(secrets).sign(head_data(tree.size, root, minute)))
    await queries.head_stored(tx, head)
    return head


def signing_key(secrets: Secrets) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secrets["log"])


def public_key(secrets: Secrets) -> bytes:
    """The 32 bytes with which anybody checks a head."""
    key: Ed25519PublicKey = signing_key(secrets).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
