"""The tables that servers exchange, as they are written and read."""

from __future__ import annotations

import pytest

from parvis.base.errors import Invalid
from parvis.domain.belongings import tables


def test_what_mastodon_writes_is_read() -> None:
    text = (
        b"Account address,Show boosts,Notify on new posts,Languages\n"
        b'remi@elsewhere.example,false,true,"fr, en"\nbob@here.example,true,false,\n'
    )
    assert tables.read("follows", text) == [
        ["remi@elsewhere.example", "false", "true", "fr, en"],
        ["bob@here.example", "true", "false", ""],
    ]
    assert tables.read("blocks", b"bob@here.example\r\n\r\neve@here.example\r\n") == [
        ["bob@here.example"],
        ["eve@here.example"],
    ]
    assert tables.read("mutes", b"Account address,Hide notifications\nbob@here.example,false\n") == [
        ["bob@here.example", "false"]
    ]
    assert tables.read("lists", b"Friends,bob@here.example\n") == [["Friends", "bob@here.example"]]
    assert tables.read("bookmarks", "\ufeffhttps://here.example/@bob/1\n".encode()) == [["https://here.example/@bob/1"]]


def test_what_is_written_is_read_again() -> None:
    rows = [['Friends, "old" ones', "bob@here.example"], ["Zwei\nZeilen", "eve@here.example"]]
    assert tables.read("lists", tables.written("lists", rows).encode()) == rows
    assert tables.written("follows", []).startswith("Account address,Show boosts,")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"Account address\n",
        b"\xff\xfe",
        b'"open',
        b"a\0b\n",
        b"x" * 3000,
        b"y@x\n" * 20_001,
        b"\x89PNG\r\n\x1a\n\x00",
    ],
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        tables.read("follows", data)


def test_a_row_of_a_list_names_list_and_member() -> None:
    with pytest.raises(Invalid):
        tables.read("lists", b"Friends\n")
