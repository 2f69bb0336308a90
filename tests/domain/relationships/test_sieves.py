"""What a keyword finds: pieces of text without case and width, and whole words wherever words have edges."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.base.clock import utc_now
from parvis.base.ids import FilterId, PostId
from parvis.domain.relationships.filters import Filter, FilteredPost, Keyword, Place
from parvis.domain.relationships.sieves import Sieve, Words

NOW = utc_now()
WHOLE, PIECE = True, False


def sieve(*keywords: tuple[str, bool]) -> Sieve:
    known = [Keyword(number, keyword, whole) for number, (keyword, whole) in enumerate(keywords)]
    return Sieve(
        1, [Filter(id=FilterId(1), title="t", places=["home"], action="warn", expires_at=None, keywords=known)]
    )


def found(one: Sieve, *parts: str, ids: tuple[int, ...] = (7,), place: Place | None = None) -> list[str]:
    matches = one.matches(Words(parts), [PostId(i) for i in ids], place=place, now=NOW)
    return [keyword for match in matches for keyword in match.keywords]


@pytest.mark.parametrize(
    ("keyword", "whole", "text", "is_found"),
    [
        ("cat", WHOLE, "a cat, asleep", True),
        ("cat", WHOLE, "concatenate", False),
        ("cat", PIECE, "concatenate", True),
        ("cat", WHOLE, "Cat's", True),
        ("cat", WHOLE, "cat_food", False),
        ("cat", WHOLE, "#cat", True),
        ("#cat", WHOLE, "see #cats", False),
        ("#cat", WHOLE, "see #Cat!", True),
        ("c++", WHOLE, "I write C++.", True),
        ("c++", WHOLE, "abc++", False),
        ("big cat", WHOLE, "a big\n cat", True),
        ("big cat", WHOLE, "a big catalogue", False),
        ("straße", WHOLE, "STRASSE", True),
        ("été", WHOLE, "L'E\u0301TE\u0301 !", True),
        ("été", WHOLE, "étésien", False),
        ("кот", WHOLE, "рыжий КОТ", True),
        ("кот", WHOLE, "который", False),
        ("猫", WHOLE, "私の猫です", True),
        ("हिन्दी", WHOLE, "मेरी हिन्दी", True),
        ("हिन्द", WHOLE, "मेरी हिन्दी", False),
        ("spoiler", WHOLE, "spo\u200biler", True),
        ("ｆｕｌｌ", WHOLE, "full", True),
        (".*", PIECE, "anything", False),
        ("a.b", PIECE, "axb", False),
        ("👍", WHOLE, "ok👍ok", True),
    ],
)
def test_a_keyword_finds(keyword: str, whole: bool, text: str, is_found: bool) -> None:
    assert (found(sieve((keyword, whole)), text) == [keyword]) == is_found


def test_every_part_of_a_post_is_looked_at_and_no_keyword_reaches_over_two() -> None:
    parts = ("warning", "the text", "an option", "what the picture shows")
    for keyword in ("warning", "text", "option", "shows"):
        assert found(sieve((keyword, WHOLE)), *parts) == [keyword]
    assert found(sieve(("warning the", PIECE)), *parts) == []


def test_all_keywords_that_are_there_are_told_as_they_stand_in_the_filter() -> None:
    assert found(sieve(("Cat", WHOLE), ("dog", WHOLE), ("A", PIECE)), "a CAT") == ["Cat", "A"]


def test_only_filters_of_the_place_that_have_not_run_out_count() -> None:
    def with_cat(title: str, places: list[Place], expires_at: datetime | None) -> Filter:
        keywords = [Keyword(1, "cat", whole_word=True)]
        unique = FilterId(len(title))
        return Filter(id=unique, title=title, places=places, action="warn", expires_at=expires_at, keywords=keywords)

    soon, lately = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)
    filters = [with_cat("h", ["home"], None), with_cat("pt", ["public", "thread"], soon)]
    one = Sieve(1, [*filters, with_cat("over", ["home", "public"], lately)])
    expected: dict[Place | None, list[str]] = {
        "home": ["h"],
        "public": ["pt"],
        "thread": ["pt"],
        "account": [],
        None: ["h", "pt"],
    }
    for place, titles in expected.items():
        matches = one.matches(Words(["cat"]), [PostId(7)], place=place, now=NOW)
        assert [match.filter.title for match in matches] == titles


def test_a_single_post_is_found_by_its_own_id_and_by_that_of_its_repost() -> None:
    entry = FilteredPost(1, PostId(7))
    one = Sieve(1, [Filter(id=FilterId(1), title="t", places=["home"], action="warn", expires_at=None, posts=[entry])])
    for ids, expected in (([7], [7]), ([8, 7], [7]), ([8], [])):
        matches = one.matches(Words(["words"]), [PostId(i) for i in ids], place=None, now=NOW)
        assert [i for match in matches for i in match.post_ids] == expected


WORDS = st.text(alphabet="ab ß#É猫.", min_size=1, max_size=6).filter(lambda t: t.strip())


@given(keyword=WORDS, before=WORDS, after=WORDS)
def test_a_piece_is_found_wherever_it_is(keyword: str, before: str, after: str) -> None:
    assert found(sieve((keyword.strip(), PIECE)), before + keyword.strip() + after)


@given(keyword=WORDS, before=WORDS, after=WORDS)
def test_a_whole_word_is_found_between_spaces_and_never_where_the_piece_is_not(
    keyword: str, before: str, after: str
) -> None:
    one = keyword.strip()
    assert found(sieve((one, WHOLE)), f"{before} {one} {after}")
    text = before + after
    assert not found(sieve((one, WHOLE)), text) or found(sieve((one, PIECE)), text)


def test_no_filter_makes_a_post_expensive() -> None:
    nasty = sieve(*(("a" * n + "b", WHOLE) for n in range(12, 512)))
    text = "a" * 5_000
    began = time.perf_counter()
    assert found(nasty, text) == []
    assert time.perf_counter() - began < 1.0
