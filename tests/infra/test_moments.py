"""One asks for all who come within a moment; a failure is told to those who waited and to nobody after them."""

from __future__ import annotations

import asyncio

import pytest

from parvis.infra.moments import Moment


class Asked:
    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.times = 0

    async def __call__(self) -> int:
        self.times += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_one_asks_for_all() -> None:
    moment, ask = Moment[int](60.0), Asked(1, 2)
    assert await asyncio.gather(*(moment.get(ask) for _ in range(50))) == [1] * 50
    assert await moment.get(ask) == 1
    assert ask.times == 1


async def test_without_a_moment_each_asks() -> None:
    moment, ask = Moment[int](0.0), Asked(1, 2)
    assert [await moment.get(ask), await moment.get(ask)] == [1, 2]


async def test_an_old_answer_is_asked_for_again() -> None:
    moment, ask = Moment[int](0.05), Asked(1, 2)
    assert await moment.get(ask) == 1
    await asyncio.sleep(0.06)
    assert await moment.get(ask) == 2


async def test_a_failure_is_not_kept_and_who_leaves_takes_nothing_from_the_others() -> None:
    moment, ask = Moment[int](60.0), Asked(OSError("gone"), 2)
    with pytest.raises(OSError, match="gone"):
        await moment.get(ask)
    leaving, staying = asyncio.create_task(moment.get(ask)), asyncio.create_task(moment.get(ask))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    assert leaving.cancelled()
