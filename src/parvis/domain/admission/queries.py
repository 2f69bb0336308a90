"""All SQL about receipts. Whatever appends to the log is in log_queries.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parvis.base.ids import AccountId
from parvis.domain.admission.types import Lane, Place, State
from parvis.infra.postgres import Connection, Row


class NewReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt about to be stored. `handle` is None when somebody else had it by the time an outage was over."""

    id: int
    handle: str | None
    email: str
    email_hash: bytes
    locale: str
    request_key: bytes | None
    request_hash: bytes | None
    invitation_hash: bytes | None
    invitation_id: int | None
    app_id: int | None
    received_at: datetime


async def new_receipts(tx: Connection, new: Sequence[NewReceipt]) -> set[int]:
    """Ids of those that are stored now; a known id or request key is left as it is."""
    rows = await tx.fetch(
        """
        INSERT INTO receipt (id, handle, email, email_hash, twin, locale, request_key, request_hash, lane,
                             invitation_id, app_id, received_at)
        SELECT w.id, w.handle, w.email, w.email_hash,
               EXISTS (SELECT FROM receipt o WHERE o.email_hash = w.email_hash AND o.state < 2),
               w.locale, w.request_key, w.request_hash, CASE WHEN w.invitation_id IS NULL THEN 0 ELSE 1 END,
               w.invitation_id, w.app_id, w.received_at
          FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[],
                      $8::bigint[], $9::bigint[], $10::timestamptz[])
               AS w (id, handle, email, email_hash, locale, request_key, request_hash, invitation_id, app_id,
                     received_at)
         ORDER BY w.request_key
            ON CONFLICT DO NOTHING
        RETURNING id
        """,
        [one.id for one in new],
        [one.handle for one in new],
        [one.email for one in new],
        [one.email_hash for one in new],
        [one.locale for one in new],
        [one.request_key for one in new],
        [one.request_hash for one in new],
        [one.invitation_id for one in new],
        [one.app_id for one in new],
        [one.received_at for one in new],
    )
    return {row["id"] for row in rows}


async def receipts_by_request(db: Connection, keys: Sequence[bytes]) -> dict[bytes, Row]:
    """request_key → id and request_hash of the receipt that was given for it."""
    rows = await db.fetch(
        "SELECT id, request_key, request_hash FROM receipt WHERE request_key = ANY ($1::bytea[])", keys
    )
    return {row["request_key"]: row for row in rows}


async def known_ids(db: Connection, ids: Sequence[int]) -> set[int]:
    rows = await db.fetch("SELECT id FROM receipt WHERE id = ANY ($1::bigint[])", ids)
    return {row["id"] for row in rows}


async def has_uncounted(db: Connection) -> bool:
    """Whether somebody waits who is not among those in the line: without a number yet, or back after a lapse."""
    return bool(
        await db.fetchval(
            """
            SELECT EXISTS (SELECT FROM receipt WHERE number IS NULL)
                OR EXISTS (SELECT FROM receipt WHERE state = 0 AND lane = 3 AND number IS NOT NULL)
            """
        )
    )


async def returning(db: Connection, most: int) -> int:
    """How many came back after a lapse and wait beside the line, counted up to `most`."""
    return await db.fetchval(
        """
        SELECT count(*)
          FROM (SELECT FROM receipt WHERE state = 0 AND lane = 3 AND number IS NOT NULL LIMIT $1) AS beside
        """,
        most,
    )


async def place_of(db: Connection, receipt_id: int) -> Place | None:
    """Where the receipt stands, and the most that are ahead of it."""
    row = await db.fetchrow(
        """
        SELECT r.number, r.state, r.lane, r.handle, r.email, r.locale, r.received_at, r.admitted_at, r.lapses_at,
               r.account_id, r.letter, t.serving
          FROM receipt r
         CROSS JOIN admission_tree t
         WHERE r.id = $1
        """,
        receipt_id,
    )
    if row is None:
        return None
    state, number, lane = State(row["state"]), row["number"], Lane(row["lane"])
    ahead: int | None = None
    if state is not State.RECEIVED:
        ahead = 0
    elif number is not None:
        ahead = 0 if lane is Lane.RETURNING else max(0, number - row["serving"] - 1)
    return Place(
        state=state,
        lane=lane,
        number=number,
        ahead=ahead,
        handle=row["handle"],
        email=row["email"],
        locale=row["locale"],
        received_at=row["received_at"],
        admitted_at=row["admitted_at"],
        lapses_at=row["lapses_at"],
        account_id=row["account_id"],
        letter=row["letter"],
    )


async def receipt(db: Connection, receipt_id: int) -> Row | None:
    """All of a receipt, as it is now."""
    return await db.fetchrow("SELECT * FROM receipt WHERE id = $1", receipt_id)


async def receipt_locked(tx: Connection, receipt_id: int) -> Row | None:
    """All of a receipt; it stays as it is until the transaction ends."""
    return await tx.fetchrow("SELECT * FROM receipt WHERE id = $1 FOR UPDATE", receipt_id)


async def entered(tx: Connection, receipt_id: int, account_id: AccountId, now: datetime) -> None:
    """The receipt has become an account; what it knew of the person is the account's now."""
    await tx.execute(
        """
        UPDATE receipt
           SET state = 2, entered_at = $3, account_id = $2, handle = NULL, email = NULL, email_hash = NULL
         WHERE id = $1
        """,
        receipt_id,
        account_id,
        now,
    )


async def email_corrected(tx: Connection, receipt_id: int, email: str, email_hash: bytes) -> None:
    await tx.execute(
        """
        UPDATE receipt r
           SET email = $2, email_hash = $3,
               twin = EXISTS (SELECT FROM receipt o WHERE o.email_hash = $3 AND o.state < 2 AND o.id <> r.id)
         WHERE id = $1
        """,
        receipt_id,
        email,
        email_hash,
    )


async def handle_chosen(tx: Connection, receipt_id: int, handle: str) -> None:
    await tx.execute("UPDATE receipt SET handle = $2 WHERE id = $1", receipt_id, handle)


async def receipt_by_handle(db: Connection, handle: str) -> int | None:
    """The receipt that waits or may enter under that handle."""
    return await db.fetchval(
        """
        SELECT r.id
          FROM account_handle h
          JOIN receipt r ON r.id = h.account_id
         WHERE h.handle = $1
           AND h.domain = ''
        """,
        handle,
    )


async def returned(tx: Connection, receipt_id: int) -> None:
    """A lapsed receipt waits again, beside the line."""
    await tx.execute(
        "UPDATE receipt SET state = 0, lane = 3, lapses_at = NULL, ended_at = NULL WHERE id = $1", receipt_id
    )


async def told(tx: Connection, receipt_id: int, now: datetime) -> None:
    """The letter about its admission has gone out."""
    await tx.execute("UPDATE receipt SET told_at = $2 WHERE id = $1", receipt_id, now)


async def letter_wanted(tx: Connection, receipt_id: int, wanted: bool) -> None:
    await tx.execute("UPDATE receipt SET letter = $2 WHERE id = $1", receipt_id, wanted)


async def old_keys_forgotten(tx: Connection, before: datetime) -> None:
    await tx.execute(
        "UPDATE receipt SET request_key = NULL, request_hash = NULL WHERE request_key IS NOT NULL AND received_at < $1",
        before,
    )


async def expired_forgotten(tx: Connection, before: datetime, most: int) -> list[Row]:
    """id and handle of lapsed receipts that have been kept long enough; their personal data are gone."""
    return await tx.fetch(
        """
        WITH old AS (
            SELECT id, handle
              FROM receipt
             WHERE state = 4
               AND handle IS NOT NULL
               AND ended_at < $1
             ORDER BY ended_at
             LIMIT $2
               FOR UPDATE
        )
        UPDATE receipt r
           SET handle = NULL, email = NULL, email_hash = NULL
          FROM old
         WHERE r.id = old.id
        RETURNING old.id, old.handle
        """,
        before,
        most,
    )


# ── invitations ──


async def new_invitation(
    tx: Connection,
    invitation_id: int,
    code_hash: bytes,
    inviter: AccountId,
    uses: int,
    now: datetime,
    expires_at: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO invitation (id, code_hash, inviter_id, uses_left, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        invitation_id,
        code_hash,
        inviter,
        uses,
        now,
        expires_at,
    )


async def invitation_used(tx: Connection, code_hash: bytes, now: datetime) -> int | None:
    """The invitation, one use poorer; None when it has none left or has run out, or whoever made it was shut out."""
    return await tx.fetchval(
        """
        UPDATE invitation i
           SET uses_left = uses_left - 1
         WHERE i.code_hash = $1
           AND i.uses_left > 0
           AND i.expires_at > $2
           AND NOT EXISTS (SELECT FROM account a WHERE a.id = i.inviter_id AND a.state >= 2)   -- suspended, deleted
        RETURNING i.id
        """,
        code_hash,
        now,
    )


async def invitation_given_back(tx: Connection, invitation_id: int) -> None:
    await tx.execute("UPDATE invitation SET uses_left = uses_left + 1 WHERE id = $1", invitation_id)


async def invitations_made_since(db: Connection, inviter: AccountId, since: datetime) -> int:
    return await db.fetchval(
        "SELECT count(*) FROM invitation WHERE inviter_id = $1 AND created_at > $2", inviter, since
    )


async def invited_by(db: Connection, inviters: Sequence[AccountId]) -> list[Row]:
    """inviter_id and account_id of everybody whom one of them has brought in, by the time of entry."""
    return await db.fetch(
        """
        SELECT i.inviter_id, r.account_id
          FROM invitation i
          JOIN receipt r ON r.invitation_id = i.id
         WHERE i.inviter_id = ANY ($1::bigint[])
           AND r.account_id IS NOT NULL
         ORDER BY r.entered_at, r.id
        """,
        inviters,
    )


async def inviter_of(db: Connection, account_id: AccountId) -> AccountId | None:
    return await db.fetchval(
        """
        SELECT i.inviter_id
          FROM receipt r
          JOIN invitation i ON i.id = r.invitation_id
         WHERE r.account_id = $1
        """,
        account_id,
    )


# ── proofs of work ──


async def proof_spent(tx: Connection, proof_hash: bytes, expires_at: datetime) -> bool:
    """Whether this is its first use."""
    return (
        await tx.fetchval(
            """
            INSERT INTO spent_proof (hash, expires_at)
            VALUES ($1, $2)
                ON CONFLICT DO NOTHING
            RETURNING true
            """,
            proof_hash,
            expires_at,
        )
        is not None
    )


async def old_proofs_forgotten(tx: Connection, now: datetime) -> None:
    await tx.execute("DELETE FROM spent_proof WHERE expires_at < $1", now)
