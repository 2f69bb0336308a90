"""Who waits gets in: the oldest first, and in small shares, which the log shows, those who were invited or come back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from parvis.base.errors import Conflict, NotFound
from parvis.domain import accounts
from parvis.domain.admission import log, push_queries, rules, tell
from parvis.domain.admission import log_queries as queries
from parvis.domain.admission import queries as receipts
from parvis.domain.admission.log_queries import Tree
from parvis.domain.admission.types import Admitted, Kind, Lane, Leaf, State
from parvis.infra.postgres import Connection, Row

_MOST_LOOKS = 50  # at batches full of twins, in one turn


async def admit(tx: Connection, *, most: int, now: datetime) -> list[Admitted]:
    """At most so many who waited may enter until `lapses_at`; what happened is in the log.

    A ticket whose mailbox has an elder one that still lives is refused at its turn.
    """
    if most <= 0:
        return []
    tree = await queries.tree_locked(tx)
    assert tree is not None
    turn = _Turn(tx, tree, now)
    for lane, kind in ((Lane.RETURNING, Kind.RETURNING), (Lane.INVITED, Kind.INVITED)):
        await turn.take(await queries.waiting_beside(tx, lane, min(most, turn.allowance(lane, most))), kind)
    await turn.take_in_turn(most)
    if len(turn.admitted) < most:  # nobody is passed by any more
        rest = await queries.waiting_beside(tx, Lane.RETURNING, most - len(turn.admitted))
        await turn.take(rest, Kind.RETURNING)
    admitted = await turn.finished()
    await tell.want_calls(tx, admitted)
    return admitted


async def admit_one(tx: Connection, receipt_id: int, *, now: datetime, kind: Kind = Kind.OPERATOR) -> Admitted:
    """This receipt may enter, before those ahead of it; the log says so, with its number.

    Raises: NotFound; Conflict when it does not wait.
    """
    tree = await queries.tree_locked(tx)
    assert tree is not None
    row = await receipts.receipt_locked(tx, receipt_id)
    if row is None:
        raise NotFound
    if row["state"] != State.RECEIVED or row["number"] is None:
        raise Conflict
    turn = _Turn(tx, tree, now)
    await turn.take([row], kind, even_twins=True)
    [admitted] = await turn.finished()
    if kind is Kind.OPERATOR:  # otherwise they stand in the door already
        await tell.want_calls(tx, [admitted])
    return admitted


class _Turn:
    """What one transaction admits."""

    def __init__(self, tx: Connection, tree: Tree, now: datetime) -> None:
        self.admitted: list[Admitted] = []
        self._tx = tx
        self._tree = tree
        self._now = now
        self._leaves: list[Leaf] = []

    def allowance(self, lane: Lane, most: int) -> int:
        """How many of the lane may pass the line in this turn; what is left of a person is saved up."""
        tree = self._tree
        if lane is Lane.INVITED:
            tree.invited_credit = rules.saved_up(tree.invited_credit, most, rules.INVITED_SHARE)
            return int(tree.invited_credit)
        tree.returning_credit = rules.saved_up(tree.returning_credit, most, rules.RETURNING_SHARE)
        return int(tree.returning_credit)

    async def take(self, rows: Iterable[Row], kind: Kind, *, even_twins: bool = False) -> None:
        """These are admitted; twins are refused."""
        rows = list(rows)
        twins = [] if even_twins else [row for row in rows if row["twin"]]
        chosen = rows if even_twins else [row for row in rows if not row["twin"]]
        await self._refuse(twins)
        if not chosen:
            return
        at = rules.rounded(self._now)
        await queries.admitted(self._tx, [row["id"] for row in chosen], self._now, self._now + rules.LAPSES_AFTER)
        self._leaves += [Leaf(kind, row["number"], at) for row in chosen]
        self.admitted += [Admitted(row["id"], row["number"], Lane(row["lane"])) for row in chosen]
        self._tree.waiting -= sum(1 for row in chosen if row["lane"] < Lane.RETURNING)
        if kind is Kind.INVITED:
            self._tree.invited_credit -= len(chosen)
        elif kind is Kind.RETURNING:
            self._tree.returning_credit = max(0.0, self._tree.returning_credit - len(chosen))

    async def take_in_turn(self, most: int) -> None:
        """The oldest are admitted until there are so many."""
        for _ in range(_MOST_LOOKS):
            wanted = most - len(self.admitted)
            if wanted <= 0:
                return
            rows = await queries.waiting_in_turn(self._tx, self._tree.serving, wanted)
            await self.take(rows, Kind.ADMITTED)
            if len(rows) < wanted:
                return

    async def _refuse(self, rows: list[Row]) -> None:
        if not rows:
            return
        at = rules.rounded(self._now)
        await queries.ended(self._tx, [row["id"] for row in rows], State.REFUSED, self._now)
        await push_queries.forgotten(self._tx, [row["id"] for row in rows])
        await accounts.release_handles(self._tx, {row["id"]: row["handle"] for row in rows if row["handle"]})
        self._leaves += [Leaf(Kind.REFUSED, row["number"], at) for row in rows]
        self._tree.waiting -= sum(1 for row in rows if row["lane"] < Lane.RETURNING)

    async def finished(self) -> list[Admitted]:
        await log.serve_up_to(self._tx, self._tree)
        await log.append(self._tx, self._tree, self._leaves)
        return self.admitted
