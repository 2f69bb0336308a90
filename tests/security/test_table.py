"""The table of security cases says what is so: each case has tests of its name where the table says."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = [
    f"{group}{n}"
    for group, most in {"A": 10, "B": 8, "C": 12, "D": 5, "E": 9, "F": 9, "I": 9}.items()
    for n in range(1, most + 1)
]


def table() -> dict[str, tuple[set[str], str]]:
    """Case → files with tests of it, and what the table adds."""
    rows = re.findall(
        r"^\| ([A-Z]\d+) \| [^|]+ \| ([^|]*) \| ?([^|]*)\|$",
        (ROOT / "docs/security-cases.md").read_text(),
        re.MULTILINE,
    )
    return {case: (set(re.findall(r"`([^`]+)`", files)), reason.strip()) for case, files, reason in rows}


def named() -> dict[str, set[str]]:
    """Case → files in which a test is called after it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for group, number in re.findall(r"def test_(?:case_)?([a-z])(\d+)_", path.read_text()):
            found.setdefault(f"{group.upper()}{number}", set()).add(str(path.relative_to(ROOT)))
    return found


def test_every_case_is_in_the_table() -> None:
    assert list(table()) == CASES


def test_every_case_has_tests_of_its_name_where_the_table_says_or_a_reason() -> None:
    tests = named()
    for case, (files, reason) in table().items():
        assert files or reason, f"{case} has neither test nor reason"
        missing = files - tests.get(case, set())
        assert not missing, f"{case}: no test of this name in {sorted(missing)}"
    print(
        f"\nsecurity: {len(CASES)} cases, {sum(bool(files) for files, _ in table().values())} with tests of their name"
    )
