"""Receipts that an outage left behind on the disk: how many wait there, which could not be stored, and trying those again."""

from __future__ import annotations

import msgspec

from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.admission.late import aside_of, read, spool_of
from parvis.domain.admission.queries import NewReceipt


def kept_back(settings: Settings) -> health.Check:
    """Whether receipts lie on the disk of this machine whose owners have tickets for them."""
    aside = aside_of(settings)
    if count := len(aside.records()):
        said = f"{count} could not be stored, though their owners hold tickets: they lie in {aside.path}."
        return health.Check("receipts", "failed", f"{said} `parvis admission aside` shows them.")
    if count := len(spool_of(settings).records()):
        return health.Check("receipts", "warning", f"{count} wait on the disk until the database takes them.")
    return health.Check("receipts", "ok", "None is kept back.")


def set_aside(settings: Settings) -> list[NewReceipt | bytes]:
    """What could not be stored: receipts, and records that this release cannot read."""
    found: list[NewReceipt | bytes] = []
    for one in aside_of(settings).records():
        try:
            found.append(read(one))
        except msgspec.DecodeError:
            found.append(one)
    return found


def try_again(settings: Settings) -> int:
    """What lay aside is kept like new, to be stored soon where the server runs; how many that are.

    Raises: BlockingIOError while others write there. To wait would be dangerous: who stores what was kept holds the one
    file and waits for the other.
    """
    aside = aside_of(settings)
    if not aside.has_records():
        return 0
    with aside.emptied() as records:
        spool_of(settings).append(records, wait=False)
    return len(records)
