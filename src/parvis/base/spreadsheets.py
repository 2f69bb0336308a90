"""Cells of files that people open in spreadsheets."""

from __future__ import annotations

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """The cell as text: what a spreadsheet would take for a formula has an apostrophe before it (case D4)."""
    return f"'{cell}" if cell.startswith(_BEGINS_FORMULA) else cell
