"""Countries, by a file in the format of MaxMind that is made here."""

from __future__ import annotations

from pathlib import Path

import msgspec

from parvis.base.settings import Settings
from parvis.domain import insights


def text(word: str) -> bytes:
    return bytes([0x40 | len(word)]) + word.encode()


def number(kind: int, value: int, size: int) -> bytes:
    """Types above 7 are written with a byte of their own."""
    return (bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])) + value.to_bytes(size, "big")


def table(*pairs: tuple[str, bytes]) -> bytes:
    return bytes([0xE0 | len(pairs)]) + b"".join(text(name) + value for name, value in pairs)


def file_of(first_byte: int, country: str) -> bytes:
    """All addresses that begin with that byte lie in that country; of others nothing is known."""
    nodes, found = b"", (8 + 16).to_bytes(3, "big")  # the first record of the data
    for bit in range(8):
        onward = found if bit == 7 else (bit + 1).to_bytes(3, "big")
        nothing = (8).to_bytes(3, "big")
        nodes += nothing + onward if first_byte >> (7 - bit) & 1 else onward + nothing
    about = table(
        ("node_count", number(6, 8, 1)), ("record_size", number(5, 24, 1)), ("ip_version", number(5, 4, 1)),
        ("database_type", text("Countries")), ("languages", b"\x00\x04"), ("description", table()),
        ("binary_format_major_version", number(5, 2, 1)), ("binary_format_minor_version", number(5, 0, 1)),
        ("build_epoch", number(9, 1_700_000_000, 4)),
    )  # fmt: skip
    return (
        nodes + b"\0" * 16 + table(("country", table(("iso_code", text(country))))) + b"\xab\xcd\xefMaxMind.com" + about
    )


def test_an_address_lies_where_the_operators_file_says(tmp_path: Path) -> None:
    file = tmp_path / "countries.mmdb"
    file.write_bytes(file_of(81, "FR"))
    country_of = insights.countries(msgspec.structs.replace(Settings(), countries_file=str(file)))
    assert country_of is not None
    assert [country_of(one) for one in ("81.2.3.4", "82.2.3.4", "2001:db8::", "nowhere")] == [
        "FR",
        "other",
        "other",
        "other",
    ]


def test_without_a_file_or_with_a_broken_one_countries_are_not_counted(tmp_path: Path) -> None:
    assert insights.countries(Settings()) is None
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"nothing")
    for path in (broken, tmp_path / "missing.mmdb"):
        assert insights.countries(msgspec.structs.replace(Settings(), countries_file=str(path))) is None
