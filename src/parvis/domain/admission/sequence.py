"""The sequencer: receipts that are committed get the next numbers and a leaf each.

Numbers are given under the lock of the tree, in a transaction of their own, to what is committed by then. So nothing
that commits later can come before a number that somebody has seen, and an aborted transaction leaves no gap.
"""

from __future__ import annotations

from datetime import datetime

from parvis.domain.admission import log, rules, tickets
from parvis.domain.admission import log_queries as queries
from parvis.domain.admission.log_queries import Tree
from parvis.domain.admission.types import Kind, Leaf
from parvis.infra.postgres import Connection
from parvis.infra.secrets import Secrets
from parvis.infra.services import Services

BATCH = 4000


async def sequence(services: Services, *, now: datetime, wait: bool = True) -> int:
    """So many receipts have their number now, at most a batch, and the log is signed.

    With `wait=False` nothing is done while somebody else appends to the log.
    """
    async with services.db.transaction() as tx:
        tree = await queries.tree_locked(tx, wait=wait)
        if tree is None:
            return 0
        count = await number(tx, services.secrets, tree, now=now)
        head = await queries.latest_head(tx)
        if tree.size and (head is None or head.size != tree.size):
            await log.sign_head(tx, services.secrets, tree, now=now)
        return count


async def has_work(db: Connection) -> bool:
    """Whether `sequence` would do anything."""
    return await queries.has_work(db)


async def number(tx: Connection, secrets: Secrets, tree: Tree, *, now: datetime) -> int:
    """The same within a transaction that holds the tree, without the signature."""
    ids = await queries.unnumbered_ids(tx, BATCH)
    if not ids:
        return 0
    first = tree.last_number + 1
    await queries.numbered(tx, ids, first, tree.size, now)
    at = rules.rounded(now)
    leaves = [
        Leaf(Kind.RECEIVED, first + offset, at, tickets.commitment(tickets.ticket_of(secrets, receipt_id).text))
        for offset, receipt_id in enumerate(ids)
    ]
    tree.last_number += len(ids)
    tree.waiting += len(ids)
    await log.append(tx, tree, leaves)
    return len(ids)
