"""People whom somebody shows on their profile; only those one follows."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, IdSource
from parvis.base.pages import Page, PageRequest
from parvis.domain import accounts
from parvis.domain.relationships import queries
from parvis.domain.relationships import showing_queries as showing
from parvis.infra.postgres import Connection

MOST_ENDORSED = 100


async def endorse(tx: Connection, ids: IdSource, account_id: AccountId, target_id: AccountId, *, now: datetime) -> None:
    """The account shows the target on its profile.

    Raises: NotFound; Invalid for somebody whom it does not follow, or for one too many.
    """
    if not await queries.account_exists(tx, target_id):
        raise NotFound
    made = await showing.new_endorsement(tx, account_id, target_id, ids.next(), now)
    if made is None:
        raise Invalid("base", "Validation failed: You must be already following the person you want to endorse")
    if made and await showing.endorsement_count(tx, account_id) > MOST_ENDORSED:
        raise Invalid("base", f"Validation failed: You can show at most {MOST_ENDORSED} people", "too_many")


async def unendorse(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    """The account does not show the target. Raises: NotFound."""
    if not await queries.account_exists(tx, target_id):
        raise NotFound
    await showing.endorsement_deleted(tx, account_id, target_id)


async def endorsed(
    db: Connection, account_id: AccountId, *, viewer_id: AccountId | None, page: PageRequest
) -> Page[AccountId]:
    """Whom the account shows, as far as the viewer may know; for others nothing when it hides that, or blocks them.

    Raises: NotFound for an account that does not exist.
    """
    rows = await showing.endorsement_rows(db, account_id, viewer_id, page)
    if not rows:
        await accounts.by_id(db, account_id)
        return Page([])
    found = [AccountId(row["id"]) for row in rows]
    return Page(found, rows[0]["cursor"], rows[-1]["cursor"], more=len(rows) >= page.limit, prev_name="since_id")
