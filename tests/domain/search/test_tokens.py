"""Words of every script, cut alike when they are stored and when they are looked for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.domain.search import ask, tokens
from parvis.infra.postgres import Connection, Database


def cut(text: str) -> list[str]:
    return [word.text for word in tokens.words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fresh BREAD, today!", ["fresh", "bread", "today"]),
        ("Café à l’École", ["cafe", "a", "l", "ecole"]),
        ("Straße", ["strasse"]),
        ("ＦＵＬＬ width", ["full", "width"]),
        ("東京都", ["東京", "京都", "都"]),
        ("猫", ["猫"]),
        ("我爱北京", ["我爱", "爱北", "北京", "京"]),
        ("コーヒー", ["コー", "ーヒ", "ヒー", "ー"]),
        ("가방", ["가방", "방"]),
        ("学校school", ["学校", "校", "school"]),
        ("الكتاب", ["كتاب"]),
        ("كِتَابٌ", ["كتاب"]),
        ("والمدرسة", ["مدرس"]),
        ("مدرسة", ["مدرس"]),
        ("ёлка", ["елка"]),
        ("が", ["が"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_these_words(text: str, words: list[str]) -> None:
    assert cut(text) == words


@pytest.mark.parametrize(
    ("said", "asked", "found"),
    [
        ("We bake fresh bread", "bread", True),
        ("We bake fresh bread", "bred", False),
        ("He was gardening", "garden", True),
        ("He was gardening", '"garden"', False),
        ("a cat", "ca", False),
        ("fresh white bread", '"fresh bread"', False),
        ("fresh white bread", "fresh bread", True),
        ("fresh white bread", "bread -white", False),
        ("我爱北京天安门", "北京", True),
        ("我爱北京天安门", "天", True),
        ("我爱北京天安门", "门", True),
        ("我爱北京天安门", "北安", False),
        ("東京に行きました", "東京", True),
        ("東京に行きました", "京東", False),
        ("京都と東京", "東京都", False),
        ("コーヒーを飲む", "コーヒー", True),
        ("コーヒーを飲む", "ｺｰﾋｰ", True),
        ("학교에서 공부했다", "학교", True),
        ("학교에서 공부했다", "공부", True),
        ("학교에서 공부했다", "교학", False),
        ("قرأت الكتاب في المدرسة", "كتاب", True),
        ("قرأت الكتاب في المدرسة", "مدرسة", True),
        ("قرأت كِتَاباً", "كتابا", True),
        ("قرأت الكتاب", "مدرسة", False),
        ("#Bread for all", "#bread", True),
        ("bread for all", "#bread", False),
        ("ภาษาไทยง่าย", "ไทย", True),
        ("l’école d’été", "ECOLE", True),
        ("say 'it''s' \\ <->", "its", False),
    ],
)
async def test_what_was_said_is_found_by_what_is_asked(tx: Connection, said: str, asked: str, found: bool) -> None:
    marks = [f"#{tokens.fold(word[1:])}" for word in said.split() if word.startswith("#")]
    wanted = ask.understood(asked)
    question = " & ".join([*wanted.needs, *(f"!{one}" for one in wanted.refuses)])
    assert await _matches(tx, tokens.document([said], marks), question) is found


async def _matches(tx: Connection, document: str, question: str) -> bool:
    return await tx.fetchval("SELECT $1::text::tsvector @@ $2::text::tsquery", document, question)


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=3))
async def test_no_text_and_no_question_makes_it_fall_over(db: Database, asked: str, said: list[str]) -> None:
    wanted = ask.understood(asked.replace("\0", " ").encode("utf-8", "replace").decode())
    document = tokens.document([one.encode("utf-8", "replace").decode() for one in said], ["=v0"])
    question = " & ".join(["'=v0'", *wanted.needs, *(f"!{one}" for one in wanted.refuses)])
    async with db.connection() as connection:
        assert await _matches(connection, document.replace("\0", ""), question) in (True, False)


@given(st.text(alphabet=st.characters(categories=["L", "Nd", "Mn", "Zs"]), max_size=40))
async def test_every_text_is_found_by_itself(db: Database, text: str) -> None:
    wanted = ask.understood(text)
    async with db.connection() as connection:
        for need in wanted.needs:
            assert await _matches(connection, tokens.document([text], []), need)


def test_case_i9_the_work_grows_in_step_with_the_text() -> None:
    for piece in ("a", "東", "ـ", "é\u0301", '"-from:', "#"):
        small, large = piece * 50_000, piece * 100_000
        for work in (lambda text: tokens.document([text], []), ask.understood):
            times = []
            for text in (small, large):
                began = time.perf_counter()
                work(text)
                times.append(time.perf_counter() - began)
            assert times[1] < 5 * times[0] + 0.05, (piece, times)


def test_operators_are_understood() -> None:
    asked = ask.understood(
        'from:Alice -from:bob@Elsewhere.example has:images -has:poll is:reply language:FR "a b" word'
    )
    assert (asked.authors, asked.not_authors) == (("alice",), ("bob@elsewhere.example",))
    assert asked.needs == ("'=himage'", "'=ireply'", "'=lfr'", "('a' <-> 'b')", "'word':*")
    assert asked.refuses == ("'=hpoll'",)
    assert asked.words == "a b word"


def test_days_bound_the_time() -> None:
    asked = ask.understood("after:2026-01-01 before:2026-01-03")
    during = ask.understood("during:2026-01-02")
    assert (asked.above, asked.below) == (during.above, during.below)
    assert ask.understood("before:2026-13-45").words == "before:2026-13-45"


def test_what_is_no_operator_is_a_word() -> None:
    asked = ask.understood("has:unicorn note:this https://a.example")
    assert len(asked.needs) == 3
    assert asked.words == "has:unicorn note:this https://a.example"
