"""The tables that servers of this kind exchange, as comma-separated values: how each is written, and what is read of it."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from parvis.base.errors import Invalid

Kind = Literal["follows", "blocks", "mutes", "lists", "bookmarks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_ROWS = 20_000
LONGEST_CELL = 2_000

# Mastodon writes a first line into two of the five; it and others have read files with and without ever since.
HEADINGS: dict[Kind, tuple[str, ...]] = {
    "follows": ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    "blocks": (),
    "mutes": ("Account address", "Hide notifications"),
    "lists": (),
    "bookmarks": (),
}
_WIDTH: dict[Kind, int] = {"follows": 4, "blocks": 1, "mutes": 2, "lists": 2, "bookmarks": 1}
_HEADING = re.compile(r"#?(account address|list name|list title|uri|url|address)", re.IGNORECASE)


def written(kind: Kind, rows: Iterable[Sequence[str]]) -> str:
    """The table as text, with its heading where there is one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if HEADINGS[kind]:
        writer.writerow(HEADINGS[kind])
    writer.writerows(rows)
    return out.getvalue()


def read(kind: Kind, data: bytes) -> list[list[str]]:
    """The rows of a file, each as wide as rows of that kind are; headings and empty lines are left out.

    Raises: Invalid for `file`, when it is no such table, empty, or too long.
    """
    try:
        text = data.decode("utf-8-sig")
        lines = ([cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True))
        # One more than may be, and the heading: a file of millions of rows is not kept to its end.
        rows = list(itertools.islice((row for row in lines if any(row)), MOST_ROWS + 2))
    except (UnicodeDecodeError, csv.Error):
        raise _unreadable() from None
    if rows and _HEADING.fullmatch(rows[0][0]):
        rows = rows[1:]
    if not rows:
        raise _unreadable()
    if len(rows) > MOST_ROWS:
        raise Invalid("file", f"The file has more than {MOST_ROWS} rows", "too_many")
    if any(len(cell) > LONGEST_CELL or "\0" in cell for row in rows for cell in row):
        raise _unreadable()
    if kind == "lists" and any(len(row) < 2 or not row[1] for row in rows):
        raise _unreadable()
    width = _WIDTH[kind]
    return [[*row[:width], *[""] * (width - len(row))] for row in rows]


def yes(cell: str, *, otherwise: bool) -> bool:
    """What a cell of true and false says; `otherwise` where it says nothing."""
    return cell.lower() in ("true", "1", "yes") if cell else otherwise


def _unreadable() -> Invalid:
    return Invalid("file", "This file is not a table of that kind", "invalid")
